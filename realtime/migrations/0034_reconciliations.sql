-- Our total of each account at its provider's own prices, beside the provider's.

alter table holdings add column provider_price numeric;
comment on column holdings.provider_price is
    'As the provider gave it with this holding, instrument currency; null when it gave none.';

create table reconciliations (
    account_id uuid primary key references accounts on delete cascade,
    user_id uuid not null references users on delete cascade,
    currency text not null,
    our_total numeric,
    provider_total numeric not null,
    drift numeric,
    cause text,
    marked boolean not null,
    since timestamptz not null,
    check ((our_total is null) = (drift is null))
);
comment on table reconciliations is 'The newest comparison; amounts in `currency`, the account''s.';
create index on reconciliations (user_id);
alter table reconciliations enable row level security;
create policy own_rows on reconciliations to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select on reconciliations to navstream_user;
