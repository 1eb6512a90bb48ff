-- The monitor's alerts, and indexes for what it asks every few seconds.

create table alerts (
    id uuid primary key,
    name text not null,
    subject text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    message text not null,
    fired_at timestamptz not null,
    cleared_at timestamptz,
    fired_told_at timestamptz,
    cleared_told_at timestamptz
);
comment on table alerts is 'Of the whole service, no user''s: invisible to navstream_user.';
comment on column alerts.fired_told_at is 'When the operator''s webhook took the news; null while it has not.';
create unique index alerts_one_firing on alerts (name, subject) where cleared_at is null;
create index alerts_untold on alerts (fired_at) where fired_told_at is null or cleared_told_at is null;

create index accounts_freshness on accounts ((coalesce(last_synced_at, created_at))) where is_active;
create index connections_broken on connections (status) where status = 'reconnect_needed';
create index jobs_dead on jobs (finished_at) where state = 'dead';
create index sync_runs_complete on sync_runs (product, finished_at desc) where outcome = 'complete';
create index sync_runs_failing on sync_runs (product, finished_at) where outcome in ('retry_later', 'failed');
