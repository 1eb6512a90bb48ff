-- A provider is added in code alone: the registry knows which there are.

alter table connections drop constraint connections_provider_check;
alter table connections add constraint connections_provider_check check (provider ~ '^[a-z]+$');
alter table accounts drop constraint accounts_provider_check;
alter table accounts add constraint accounts_provider_check check (provider ~ '^[a-z]+$');
