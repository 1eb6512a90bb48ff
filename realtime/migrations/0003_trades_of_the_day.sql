-- The calculator asks for the trades of one day of an account, again and again.

create index on investment_transactions (account_id, trade_date);
