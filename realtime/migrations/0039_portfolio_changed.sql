-- Whoever keeps what a user's portfolio is made of hears when it changes: payload `user_id`, or `*` when many do at once.

create function tell_portfolio_changed() returns trigger language plpgsql as $$
begin
    if (select count(*) from (select distinct user_id from changed limit 101) users) > 100 then
        perform pg_notify('navstream_portfolio_changed', '*');
    else
        perform pg_notify('navstream_portfolio_changed', user_id::text) from (select distinct user_id from changed) users;
    end if;
    return null;
end $$;

do $$
declare
    t text;
begin
    foreach t in array array['accounts', 'connections', 'reconciliations', 'sync_runs'] loop
        execute format('create trigger portfolio_changed_new after insert on %I referencing new table as changed
            for each statement execute function tell_portfolio_changed()', t);
        execute format('create trigger portfolio_changed after update on %I referencing new table as changed
            for each statement execute function tell_portfolio_changed()', t);
        execute format('create trigger portfolio_changed_gone after delete on %I referencing old table as changed
            for each statement execute function tell_portfolio_changed()', t);
    end loop;
end $$;
