-- Views and functions with the names and columns of the documents that navstream was asked for with
-- (docs/decisions/0162). All look with the eyes of who asks: row-level security shows him his own rows alone. Amounts of
-- different currencies are never added up; what is not known is null.

create view connection_sync_status with (security_invoker = true) as
select
    c.id as connection_id, c.user_id, c.provider, c.provider_connection_id, c.institution_id,
    coalesce(n.name, initcap(c.provider)) as institution_name,
    case
        when c.status <> 'active' then c.status
        when exists (select from jobs j where j.connection_id = c.id and (j.state = 'running'
            or (j.state = 'queued' and j.due_at <= now()))) then 'syncing'
        when c.last_synced_at is null then 'pending'
        else 'synced'
    end as sync_status,
    c.error_code, c.error_message, c.last_synced_at as last_synced,
    (select count(*) from accounts a where a.connection_id = c.id and a.is_active) as account_count,
    (select count(*) from sync_runs r where r.connection_id = c.id and r.started_at > now() - interval '24 hours'
        and r.outcome in ('retry_later', 'reconnect_needed', 'failed')) as error_count_24h
from connections c
left join institutions n on n.id = c.institution_id;
comment on view connection_sync_status is
    'sync_status: pending, syncing, synced, reconnect_needed, error, removed.';

create view user_investment_accounts with (security_invoker = true) as
select distinct on (a.user_id, a.provider, a.provider_account_id)
    a.public_id as id, a.user_id, a.provider, a.provider_account_id, s.connection_id,
    s.provider_connection_id as item_id, s.institution_id, s.institution_name, a.account_type,
    coalesce(a.subtype, a.account_type) as account_subtype, a.name as account_name, a.mask, a.currency,
    a.provider_total as balance, c.access as connection_type, a.product, a.is_active, s.sync_status,
    a.last_synced_at as last_synced, s.error_count_24h, a.created_at
from accounts a
join connections c on c.id = a.connection_id
join connection_sync_status s on s.connection_id = a.connection_id
order by a.user_id, a.provider, a.provider_account_id, a.is_active desc, a.created_at desc;
comment on view user_investment_accounts is
    'One row per user, provider and provider account. The access token is not in it: only sync and linking read it.';

drop view user_aggregated_holdings;
create view user_aggregated_holdings with (security_invoker = true) as
select
    *,
    total_cost_basis / nullif(total_quantity, 0) as average_cost_basis,
    total_market_value - total_cost_basis as unrealized_gain_loss,
    (total_market_value - total_cost_basis) / nullif(abs(total_cost_basis), 0) * 100 as unrealized_gain_loss_percent
from (
    select
        h.user_id, i.symbol, i.currency, i.asset_class as security_type,
        sum(h.quantity)::numeric(38, 8) as total_quantity,
        case when count(*) = count(h.provider_value) then sum(h.provider_value) end as total_market_value,
        case when count(*) = count(h.cost_basis) then sum(h.cost_basis) end as total_cost_basis,
        jsonb_agg(jsonb_build_object('account_id', a.public_id, 'quantity', h.quantity,
            'market_value', h.provider_value, 'cost_basis', h.cost_basis,
            'institution', coalesce(n.name, initcap(c.provider))) order by a.public_id) as account_contributions,
        array_agg(distinct coalesce(n.name, initcap(c.provider))) as institutions,
        max(a.last_synced_at) as last_updated
    from holdings h
    join accounts a on a.id = h.account_id and a.is_active and a.duplicate_of is null
    join instruments i on i.id = h.instrument_id
    join connections c on c.id = a.connection_id
    left join institutions n on n.id = c.institution_id
    group by h.user_id, i.symbol, i.currency, i.asset_class
) held;
comment on view user_aggregated_holdings is
    'As the providers reported it, in the instrument''s currency; null where one account''s part is not known. Live '
    'values are in the API.';

create view sync_logs with (security_invoker = true) as
select
    r.id, r.user_id, r.connection_id, c.provider, r.product, r.trigger, r.outcome as status, r.started_at,
    r.finished_at as completed_at, r.duration_ms, r.accounts_count, r.holdings_count as records_count,
    r.changes_count, jsonb_array_length(r.quarantined) as quarantined_count, r.quarantined, r.error_code,
    r.error_message
from sync_runs r join connections c on c.id = r.connection_id;

create view plaid_transactions with (security_invoker = true) as
select
    b.provider_transaction_id as transaction_id, b.user_id, a.public_id as account_id,
    c.provider_connection_id as item_id, b.amount, b.currency as iso_currency_code, b.posted_date as date, b.name,
    b.merchant as merchant_name, array_remove(array[b.category, b.category_detail], null) as category,
    b.is_pending as pending
from bank_transactions b
join accounts a on a.id = b.account_id and a.is_active
join connections c on c.id = b.connection_id
where a.provider = 'plaid';
comment on view plaid_transactions is 'amount is negative for money spent: the opposite of Plaid''s sign.';

create view stale_accounts with (security_invoker = true) as
select id, user_id, provider, institution_name, account_name, sync_status, last_synced, error_count_24h
from user_investment_accounts
where is_active and (last_synced is null or last_synced < now() - interval '6 hours');

create view bank_flows with (security_invoker = true) as
select
    b.user_id, a.public_id as account_id, b.posted_date, b.currency, b.amount,
    coalesce(b.category, 'UNCATEGORIZED') as category, b.is_pending,
    case
        when a.account_type = 'loan' or b.category in ('TRANSFER_IN', 'TRANSFER_OUT')
            or b.category_detail like 'LOAN\_PAYMENTS\_CREDIT\_CARD%' then 'transfer'
        when b.category = 'INCOME' or (b.category is null and b.amount > 0) then 'income'
        else 'spending'
    end as flow
from bank_transactions b
join accounts a on a.id = b.account_id and a.is_active and a.duplicate_of is null;
comment on view bank_flows is
    'flow: income, spending (refunds are negative spending), transfer (between own accounts, to a card or a loan).';

create function get_user_total_balance(p_user_id uuid)
returns table (currency text, balance numeric, owed numeric, account_count bigint, unknown_count bigint)
language sql stable as $$
    select
        a.currency,
        case when bool_and(a.provider_total is not null) filter (where a.product = 'transactions')
            then sum(a.provider_total) filter (where a.product = 'transactions') end,
        case when bool_and(a.provider_total is not null) filter (where a.product = 'liabilities')
            then -sum(a.provider_total) filter (where a.product = 'liabilities') end,
        count(*), count(*) filter (where a.provider_total is null)
    from accounts a
    where a.user_id = p_user_id and a.is_active and a.duplicate_of is null
        and a.product in ('transactions', 'liabilities')
    group by a.currency order by a.currency
$$;
comment on function get_user_total_balance is
    'Of bank accounts, and what is owed on cards and loans; null when there is none, or the balance of one is unknown.';

create function get_user_transaction_count(p_user_id uuid, p_start_date date, p_end_date date)
returns bigint language sql stable as $$
    select (select count(*) from bank_flows f where f.user_id = u.id and f.posted_date between p_start_date and p_end_date)
    from users u where u.id = p_user_id
$$;
comment on function get_user_transaction_count is 'Bank, card and loan lines of both days and between; null: no such user.';

create function get_user_income(p_user_id uuid, p_start_date date, p_end_date date)
returns table (currency text, amount numeric) language sql stable as $$
    select f.currency, sum(f.amount) from bank_flows f
    where f.user_id = p_user_id and f.flow = 'income' and f.posted_date between p_start_date and p_end_date
    group by f.currency order by f.currency
$$;

create function get_user_spending(p_user_id uuid, p_start_date date, p_end_date date)
returns table (currency text, amount numeric) language sql stable as $$
    select f.currency, -sum(f.amount) from bank_flows f
    where f.user_id = p_user_id and f.flow = 'spending' and f.posted_date between p_start_date and p_end_date
    group by f.currency order by f.currency
$$;
comment on function get_user_spending is 'Positive: money that went out, refunds taken off.';

create function get_user_spending_by_category(p_user_id uuid, p_start_date date, p_end_date date)
returns table (category text, currency text, amount numeric, transaction_count bigint) language sql stable as $$
    select f.category, f.currency, -sum(f.amount), count(*) from bank_flows f
    where f.user_id = p_user_id and f.flow = 'spending' and f.posted_date between p_start_date and p_end_date
    group by f.category, f.currency order by 3 desc, 1, 2
$$;

create function get_connection_sync_status(p_connection_id uuid)
returns setof connection_sync_status language sql stable as $$
    select * from connection_sync_status s where s.connection_id = p_connection_id
$$;

create function get_user_portfolio_mode(
    p_user_id uuid, p_brokerage boolean default true, p_aggregation boolean default true
)
returns text language sql stable as $$
    with held as (
        select
            p_brokerage and coalesce(bool_or(a.provider = 'alpaca'), false) as is_brokerage,
            p_aggregation and coalesce(bool_or(a.provider <> 'alpaca'), false) as is_aggregation
        from accounts a where a.user_id = p_user_id and a.is_active and a.product = 'investments'
    )
    select case
        when is_brokerage and is_aggregation then 'hybrid'
        when is_brokerage then 'brokerage'
        when is_aggregation then 'aggregation'
        else 'none'
    end
    from held, users u where u.id = p_user_id
$$;
comment on function get_user_portfolio_mode is
    'brokerage (Alpaca), aggregation, hybrid, none: what is connected, narrowed by the flags; null: no such user.';

create function get_user_aggregation_provider(p_user_id uuid)
returns text language sql stable as $$
    select c.provider from accounts a join connections c on c.id = a.connection_id
    where a.user_id = p_user_id and a.is_active and a.product = 'investments' and c.provider in ('snaptrade', 'plaid')
    order by c.status = 'active' desc, c.provider = 'snaptrade' desc limit 1
$$;
comment on function get_user_aggregation_provider is
    'SnapTrade; Plaid when SnapTrade is broken or missing; null without either.';

grant select on connection_sync_status, user_investment_accounts, user_aggregated_holdings, sync_logs,
    plaid_transactions, stale_accounts, bank_flows to navstream_user;
