-- Lines of bank, card and loan accounts, and how far each connection was read.

create table bank_transactions (
    connection_id uuid not null references connections on delete cascade,
    provider_transaction_id text not null,
    user_id uuid not null references users on delete cascade,
    provider_account_id text not null,
    account_id uuid references accounts on delete cascade,
    amount numeric not null,
    currency text not null,
    posted_date date not null,
    name text not null,
    merchant text,
    category text,
    category_detail text,
    is_pending boolean not null,
    primary key (connection_id, provider_transaction_id)
);
comment on column bank_transactions.amount is
    'Change of what is in the account: negative for money spent, the opposite of Plaid''s sign.';
comment on column bank_transactions.account_id is 'Null until the account is stored; such a line is shown to nobody.';
comment on column bank_transactions.connection_id is 'Whose ids these are: a login linked again has other ones.';
create index on bank_transactions (user_id, posted_date desc, provider_transaction_id);
create index on bank_transactions (account_id, posted_date desc);

create table bank_cursors (
    connection_id uuid primary key references connections on delete cascade,
    user_id uuid not null references users on delete cascade,
    cursor text not null,
    is_complete boolean not null,
    read_at timestamptz not null default now()
);
comment on column bank_cursors.is_complete is 'The provider has read the whole history; until then more is to come.';
create index on bank_cursors (user_id);

do $$
declare t text;
begin
    foreach t in array array['bank_transactions', 'bank_cursors'] loop
        execute format('alter table %I enable row level security', t);
        execute format($policy$create policy own_rows on %I to navstream_user
            using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid)$policy$, t);
    end loop;
end $$;
grant select on bank_transactions, bank_cursors to navstream_user;

alter table sync_runs add column changes_count integer;
comment on column sync_runs.changes_count is 'Stored rows that are other than before; null where they are not counted.';
