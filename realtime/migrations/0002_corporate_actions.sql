-- What companies do to their shares, as the market-data provider announces it. Of the market: no user's rows.

create table corporate_actions (
    instrument_id uuid not null references instruments on delete cascade,
    kind text not null check (kind in ('split', 'cash_dividend')),
    ex_date date not null,
    ratio numeric check (ratio > 0),
    amount numeric,
    primary key (instrument_id, kind, ex_date),
    check ((kind = 'split') = (ratio is not null)),
    check ((kind = 'cash_dividend') = (amount is not null))
);
comment on column corporate_actions.ratio is 'New shares for each old one: 4 for a 4:1 split, 0.1 for a 1:10 reverse.';
comment on column corporate_actions.amount is 'Paid on each share, in the instrument''s currency.';

grant select on corporate_actions to navstream_user;
