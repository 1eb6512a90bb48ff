-- What differs for a user from the environment's flags. He sees it; the operator sets it.

create table user_flags (
    user_id uuid not null references users on delete cascade,
    flag text not null,
    enabled boolean not null,
    set_at timestamptz not null default now(),
    primary key (user_id, flag)
);
alter table user_flags enable row level security;
create policy own_rows on user_flags to navstream_user
    using (user_id = nullif(current_setting('navstream.user_id', true), '')::uuid);
grant select on user_flags to navstream_user;
