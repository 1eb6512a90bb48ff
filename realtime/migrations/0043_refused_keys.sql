-- The monitor asks every few seconds whether a provider refuses our keys.

create index sync_runs_keys_refused on sync_runs (finished_at) where error_code = 'keys_refused';
