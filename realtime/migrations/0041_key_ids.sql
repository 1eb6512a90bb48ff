-- The name of the key beside what it encrypted, readable without the credential. Null: no credential, or one from before
-- keys had names.

alter table connections add column credential_key text generated always as (
    case when substring(credential from 9 for 1) = ':' then encode(substring(credential from 1 for 8), 'escape') end
) stored;
alter table users add column snaptrade_user_secret_key text generated always as (
    case when substring(snaptrade_user_secret from 9 for 1) = ':'
        then encode(substring(snaptrade_user_secret from 1 for 8), 'escape') end
) stored;

-- By which `navstream rotate-keys` finds what is under other keys.
create index connections_credential_key on connections (credential_key, id) where credential is not null;
create index users_snaptrade_user_secret_key on users (snaptrade_user_secret_key, id)
    where snaptrade_user_secret is not null;
