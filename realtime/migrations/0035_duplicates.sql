-- One real account that is reached through two providers counts once.

alter table accounts add column duplicate_of uuid references accounts on delete set null;
comment on column accounts.duplicate_of is
    'The account that counts in its place; null for one that counts. Its holdings stay, its own value is shown.';
create index on accounts (duplicate_of) where duplicate_of is not null;

create table account_pairs (
    user_id uuid not null references users on delete cascade,
    one uuid not null references accounts on delete cascade,
    other uuid not null references accounts on delete cascade,
    found boolean not null default false,
    is_same boolean,
    primary key (one, other),
    check (one < other)
);
comment on column account_pairs.found is 'They look like one account. Once found stays found: holdings drift apart.';
comment on column account_pairs.is_same is 'What the user says; null while he has not.';
create index on account_pairs (user_id);
create index on account_pairs (other);
alter table account_pairs enable row level security;
create policy own_rows on account_pairs to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select, insert, update on account_pairs to navstream_user;

create or replace view user_aggregated_holdings with (security_invoker = true) as
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
join accounts a on a.id = h.account_id and a.is_active and a.duplicate_of is null
join instruments i on i.id = h.instrument_id
join connections c on c.id = a.connection_id
left join institutions n on n.id = c.institution_id
group by h.user_id, i.symbol, i.currency, i.asset_class;
