-- Webhooks as they came, and whose link sessions are under way.

create table webhook_events (
    id uuid primary key,
    provider text not null,
    event_key text not null,
    signature_digest text not null,
    type text not null,
    code text not null,
    provider_connection_id text,
    user_id uuid references users on delete cascade,
    body jsonb not null,
    received_at timestamptz not null default now(),
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'dead')),
    due_at timestamptz not null default now(),
    attempts integer not null default 0,
    claimed_until timestamptz,
    processed_at timestamptz,
    duration_ms integer,
    error text,
    unique (provider, event_key)
);
comment on column webhook_events.event_key is
    'The provider''s own id of the event; of Plaid, who has none, the digest of its signed token.';
comment on column webhook_events.signature_digest is 'SHA-256 of the signature; of Plaid each delivery has its own.';
create index on webhook_events (due_at) where state in ('queued', 'running');
create index on webhook_events (received_at);
create index on webhook_events (user_id);
alter table webhook_events enable row level security;
create policy own_rows on webhook_events to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select on webhook_events to navstream_user;

create view plaid_webhook_events with (security_invoker = true) as
select
    id, type as webhook_type, code as webhook_code, provider_connection_id as item_id, user_id, processed_at,
    duration_ms as processing_duration_ms, state = 'done' and error is null as success, error as error_message,
    body as raw_payload, received_at as created_at
from webhook_events
where provider = 'plaid';
grant select on plaid_webhook_events to navstream_user;

create table link_sessions (
    token_digest text primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamptz not null default now()
);
create index on link_sessions (user_id);
alter table link_sessions enable row level security;
create policy own_rows on link_sessions to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
