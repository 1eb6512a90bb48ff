-- What each portfolio was worth at the close of each trading day.

create table user_portfolio_snapshots (
    user_id uuid not null references users on delete cascade,
    snapshot_date date not null,
    currency text not null,
    total_value numeric(20, 2) not null,
    total_cost_basis numeric(20, 2),
    unrealized_gain_loss numeric(20, 2),
    unrealized_gain_loss_percent numeric,
    account_count integer not null,
    unpriced_count integer not null,
    provider_breakdown jsonb not null,
    valued_at timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (user_id, snapshot_date)
);
comment on table user_portfolio_snapshots is
    'Written once a trading day, after New York''s close; amounts in `currency`, the user''s.';
comment on column user_portfolio_snapshots.unpriced_count is 'Positions that are left out of the value.';
comment on column user_portfolio_snapshots.valued_at is 'Market time of the marks.';
alter table user_portfolio_snapshots enable row level security;
create policy own_rows on user_portfolio_snapshots to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select on user_portfolio_snapshots to navstream_user;
