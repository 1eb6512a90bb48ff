-- What portfolios and prices were at each minute of the last days, for charts of the day.

create table intraday_values (
    user_id uuid not null references users on delete cascade,
    trading_day date not null,
    at timestamptz not null,
    total_value numeric(20, 2) not null,
    primary key (user_id, trading_day, at)
);
comment on table intraday_values is 'Total value of a portfolio, user''s currency; a minute in which it was not known has no row.';
create index intraday_values_by_day on intraday_values using brin (trading_day);

create table intraday_prices (
    instrument_id uuid not null references instruments on delete cascade,
    trading_day date not null,
    at timestamptz not null,
    price numeric not null,
    primary key (instrument_id, trading_day, at)
);
comment on table intraday_prices is 'A row for each minute in which an instrument''s mark moved; in its own currency.';
create index intraday_prices_by_day on intraday_prices using brin (trading_day);

alter table intraday_values enable row level security;
create policy own_rows on intraday_values to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select on intraday_values, intraday_prices to navstream_user;
