-- What was answered to writes that carried an Idempotency-Key, so that the same request again gets the same answer.

create table idempotency_keys (
    user_id uuid not null references users on delete cascade,
    key text not null,
    fingerprint bytea not null,
    created_at timestamptz not null default now(),
    status integer,
    content_type text,
    body bytea,
    primary key (user_id, key)
);
comment on column idempotency_keys.fingerprint is 'SHA-256 of the method, address and body: another request is refused.';
comment on column idempotency_keys.status is 'Null while the request is under way.';
comment on column idempotency_keys.body is 'Encrypted: an answer may hold a link token.';
create index on idempotency_keys (created_at);

alter table idempotency_keys enable row level security;
create policy own_rows on idempotency_keys to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select, insert, update, delete on idempotency_keys to navstream_user;
