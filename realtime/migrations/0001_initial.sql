-- The first schema. Keys are UUIDs (v7, made by us); money and quantities are numeric; times are timestamptz.
-- Every table with a user_id has row-level security: as role navstream_user a session sees the rows of the user named
-- by the setting navstream.user_id, and none when it is unset.

do $$ begin
    if not exists (select from pg_roles where rolname = 'navstream_user') then
        create role navstream_user nologin;
    end if;
    execute format('grant navstream_user to %I', current_user);
end $$;

create table users (
    id uuid primary key,
    name text not null,
    currency text not null default 'USD',
    snaptrade_user_secret bytea,
    created_at timestamptz not null default now()
);

create table institutions (
    id text primary key,
    name text not null
);

create table connections (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    provider text not null check (provider in ('plaid', 'snaptrade', 'alpaca')),
    provider_connection_id text not null,
    institution_id text references institutions,
    credential bytea,
    access text not null default 'read' check (access in ('read', 'trade')),
    status text not null default 'active' check (status in ('active', 'reconnect_needed', 'error', 'removed')),
    error_code text,
    error_message text,
    last_synced_at timestamptz,
    created_at timestamptz not null default now(),
    unique (provider, provider_connection_id)
);
comment on column connections.credential is 'Encrypted: access token, user secret or key pair.';
create index on connections (user_id);

create table accounts (
    id uuid primary key,
    public_id text not null unique,
    user_id uuid not null references users on delete cascade,
    connection_id uuid not null references connections on delete cascade,
    provider text not null check (provider in ('plaid', 'snaptrade', 'alpaca')),
    provider_account_id text not null,
    product text not null default 'investments' check (product in ('transactions', 'investments', 'liabilities')),
    account_type text not null,
    subtype text,
    name text not null,
    mask text,
    currency text not null,
    provider_total numeric,
    is_active boolean not null default true,
    holdings_version bigint not null default 0,
    holdings_as_of timestamptz,
    last_synced_at timestamptz,
    created_at timestamptz not null default now(),
    unique (connection_id, provider_account_id)
);
create index on accounts (user_id);

create table instruments (
    id uuid primary key,
    symbol text not null,
    asset_class text not null check (asset_class in
        ('equity', 'etf', 'mutual_fund', 'option', 'crypto', 'bond', 'cash', 'other')),
    currency text not null,
    multiplier numeric not null default 1 check (multiplier > 0),
    name text not null,
    listed boolean not null,
    figi text,
    isin text,
    cusip text,
    created_at timestamptz not null default now(),
    unique (symbol, currency)
);
create index on instruments (figi) where figi is not null;

create table instrument_aliases (
    provider text not null,
    alias text not null,
    instrument_id uuid not null references instruments on delete cascade,
    primary key (provider, alias)
);
comment on table instrument_aliases is 'alias: the provider''s own security id, stable where its ticker is not.';

create table instrument_prices (
    instrument_id uuid primary key references instruments on delete cascade,
    price numeric not null,
    price_time timestamptz not null,
    provider text not null
);
comment on table instrument_prices is 'The newest price that any provider gave; used where no market price exists.';

create table holdings (
    account_id uuid not null references accounts on delete cascade,
    user_id uuid not null references users on delete cascade,
    instrument_id uuid not null references instruments,
    quantity numeric not null,
    cost_basis numeric,
    provider_value numeric,
    primary key (account_id, instrument_id)
);
create index on holdings (instrument_id);
create index on holdings (user_id);

create table investment_transactions (
    account_id uuid not null references accounts on delete cascade,
    user_id uuid not null references users on delete cascade,
    provider_transaction_id text not null,
    instrument_id uuid references instruments,
    kind text not null,
    quantity numeric,
    price numeric,
    amount numeric not null,
    fees numeric,
    currency text not null,
    trade_date date not null,
    settlement_date date,
    description text not null,
    primary key (account_id, provider_transaction_id)
);
create index on investment_transactions (user_id, trade_date desc);
comment on column investment_transactions.amount is 'Change of the account''s cash: negative for a purchase.';

create table sync_runs (
    id uuid primary key,
    connection_id uuid not null references connections on delete cascade,
    user_id uuid not null references users on delete cascade,
    product text not null,
    trigger text not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    duration_ms integer,
    outcome text check (outcome in ('complete', 'retry_later', 'reconnect_needed', 'unsupported', 'failed')),
    accounts_count integer,
    holdings_count integer,
    quarantined jsonb not null default '[]',
    error_code text,
    error_message text
);
create index on sync_runs (connection_id, started_at desc);

create table jobs (
    id uuid primary key,
    kind text not null,
    connection_id uuid not null references connections on delete cascade,
    user_id uuid not null references users on delete cascade,
    trigger text not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead')),
    due_at timestamptz not null default now(),
    attempts integer not null default 0,
    claimed_by text,
    claimed_until timestamptz,
    last_error text,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);
create unique index jobs_coalesce on jobs (connection_id, kind) where state = 'queued';
create unique index jobs_one_running on jobs (connection_id) where state = 'running';
create index jobs_due on jobs (due_at) where state = 'queued';

create table audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    user_id uuid,
    actor text not null,
    act text not null,
    subject text,
    facts jsonb not null default '{}'
);

create view user_aggregated_holdings with (security_invoker = true) as
select
    h.user_id,
    i.symbol,
    i.currency,
    i.asset_class as security_type,
    sum(h.quantity)::numeric(38, 8) as total_quantity,
    sum(h.cost_basis) as total_cost_basis,
    sum(h.cost_basis) / nullif(sum(h.quantity) filter (where h.cost_basis is not null), 0) as average_cost_basis,
    sum(h.provider_value) as total_market_value,
    jsonb_agg(jsonb_build_object('account_id', a.public_id, 'quantity', h.quantity,
        'market_value', h.provider_value, 'institution', n.name) order by a.public_id) as account_contributions,
    array_agg(distinct n.name) as institutions,
    max(a.last_synced_at) as last_updated
from holdings h
join accounts a on a.id = h.account_id and a.is_active
join instruments i on i.id = h.instrument_id
join connections c on c.id = a.connection_id
left join institutions n on n.id = c.institution_id
group by h.user_id, i.symbol, i.currency, i.asset_class;

do $$
declare t text;
begin
    foreach t in array array['connections', 'accounts', 'holdings', 'investment_transactions', 'sync_runs', 'jobs',
        'audit_log'] loop
        execute format('alter table %I enable row level security', t);
        execute format($policy$create policy own_rows on %I to navstream_user
            using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid)$policy$, t);
    end loop;
end $$;
alter table users enable row level security;
create policy own_row on users to navstream_user
    using (id = nullif(current_setting('navstream.user_id', true), '')::uuid);

grant select on institutions, instruments, instrument_aliases, instrument_prices, user_aggregated_holdings
    to navstream_user;
grant select, insert, update, delete on connections, accounts, holdings, investment_transactions, sync_runs, jobs
    to navstream_user;
grant select (id, name, currency) on users to navstream_user;
grant insert on audit_log to navstream_user;
