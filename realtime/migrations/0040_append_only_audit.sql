-- Nobody changes what the audit log says, not even the tables' owner by mistake.

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();

create index on audit_log (user_id, id desc);
