-- Who may do what, brought up to date after every run of the migrations, so that a new table is covered by existing
-- (docs/security.md, docs/decisions/0190). Each role is bound by row-level security; none can log in.
--
--   navstream_nobody  sees nothing; what the API's connections are until they are bound to a user
--   navstream_user    the rows of the user named by the setting navstream.user_id, without credentials
--   navstream_linker  the same with his credentials, for linking and ending connections
--   navstream_stage   everybody's rows, without credentials; writes nothing of what people hold
--   navstream_sync    everybody's rows with credentials, and writes them

do $$
declare
    role text;
begin
    foreach role in array array['navstream_nobody', 'navstream_user', 'navstream_linker', 'navstream_stage',
        'navstream_sync'] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I nologin', role);
        end if;
        execute format('grant %I to %I', role, current_user);
    end loop;
    grant navstream_user to navstream_linker;
    grant navstream_stage to navstream_sync;
end $$;

do $$
declare
    mine constant text := $q$%I = nullif(current_setting('navstream.user_id', true), '')::uuid$q$;
    found record;
begin
    for found in
        select c.oid, c.relname, c.relrowsecurity, k.attname as owner
        from pg_class c
        left join pg_attribute k on k.attrelid = c.oid and not k.attisdropped
            and k.attname = case c.relname when 'users' then 'id' else 'user_id' end
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and (k.attname is not null or c.relrowsecurity)
    loop
        if not found.relrowsecurity then
            execute format('alter table %I enable row level security', found.relname);
        end if;
        if found.owner is not null and not exists (select from pg_policy where polrelid = found.oid
                and 'navstream_user'::regrole = any(polroles)) then
            execute format('create policy own_rows on %I to navstream_user using (' || mine || ')', found.relname,
                found.owner);
        end if;
        if not exists (select from pg_policy where polrelid = found.oid and polname = 'every_row') then
            execute format('create policy every_row on %I to navstream_stage using (true)', found.relname);
        end if;
    end loop;
end $$;

grant select, insert, update, delete on all tables in schema public to navstream_stage, navstream_sync;
revoke insert, update, delete on accounts, connections, holdings, investment_transactions, link_sessions, users
    from navstream_stage;
revoke insert, update, delete on schema_migrations from navstream_stage, navstream_sync;
revoke update, delete on audit_log from navstream_stage, navstream_sync;

grant insert, update on institutions to navstream_user;
grant select on audit_log to navstream_user;
grant select, insert, delete on link_sessions to navstream_user;
grant select, insert, update, delete on connections to navstream_linker;
grant select, update on users to navstream_linker;

do $$
declare
    secret record;
    others text;
begin
    for secret in values ('connections', 'credential'), ('users', 'snaptrade_user_secret') loop
        select string_agg(quote_ident(attname), ', ') into others from pg_attribute
        where attrelid = secret.column1::regclass and attnum > 0 and not attisdropped and attname <> secret.column2;
        execute format('revoke select, insert, update on %I from navstream_user, navstream_stage', secret.column1);
        execute format('grant select (%s) on %I to navstream_user, navstream_stage', others, secret.column1);
    end loop;
end $$;
