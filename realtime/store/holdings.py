"""Holdings: replaced an account at a time, with a version and a NOTIFY; read by the live stages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.account import AccountId, UserId
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import InstrumentId
from realtime.domain.transaction import DayTrades
from realtime.store.pool import Connection, Pool
from realtime.store.reconciliations import RECONCILIATION, reconciliation_of

_RAISE_VERSION = """
update accounts set holdings_version = holdings_version + 1, holdings_as_of = $2, last_synced_at = now()
where id = $1 returning holdings_version, user_id, public_id
"""
_BEFORE_A_SPLIT = """
select a.holdings_as_of from accounts a
where a.id = $1 and exists (
    select from unnest($2::uuid[], $3::numeric[]) as told (instrument_id, quantity)
    join holdings h on h.account_id = a.id and h.instrument_id = told.instrument_id and h.quantity = told.quantity
    join corporate_actions s on s.instrument_id = h.instrument_id and s.kind = 'split'
    where h.quantity <> 0
        and (s.ex_date + time '04:00') at time zone 'America/New_York' > a.holdings_as_of
        and (s.ex_date + time '04:00') at time zone 'America/New_York'
            between coalesce($4::timestamptz, now()) - interval '7 days' and coalesce($4, now())
)
"""
_DELETE = "delete from holdings where account_id = $1"
_INSERT = """
insert into holdings (account_id, user_id, instrument_id, quantity, cost_basis, provider_value, provider_price)
select $1, $2, * from unnest($3::uuid[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[])
"""
_NOTIFY = "select pg_notify($1, $2)"
_USERS = "select id, currency from users where id = any($1::uuid[])"
_ACCOUNTS = f"""
select a.id, a.public_id, a.user_id, a.currency, a.holdings_version, a.holdings_as_of,
    coalesce(n.name, a.provider) as institution, w.public_id as duplicate_of, {RECONCILIATION}
from accounts a
join connections c on c.id = a.connection_id
left join institutions n on n.id = c.institution_id
left join accounts w on w.id = a.duplicate_of
left join reconciliations r on r.account_id = a.id
where a.is_active and a.holdings_version > 0 and a.user_id = any($1::uuid[])
order by a.public_id
"""  # noqa: S608  # nothing of a caller's is in it
_HOLDINGS = """
select h.account_id, h.instrument_id, h.quantity, h.cost_basis
from holdings h join accounts a on a.id = h.account_id
where a.is_active and h.user_id = any($1::uuid[])
order by h.account_id, h.instrument_id
"""


class ReportedHolding(msgspec.Struct, frozen=True):
    """A holding as a sync found it; the provider's own value of it and price per unit are in instrument currency."""

    instrument_id: InstrumentId
    quantity: Decimal
    cost_basis: Decimal | None
    provider_value: Decimal | None
    provider_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class UserHoldings:
    """All active accounts of one user, and the currency he wants totals in.

    Attributes:
        trades: Of the current trading day, by account; empty unless somebody has read them too.
    """

    user_id: UserId
    currency: str
    accounts: tuple[AccountHoldings, ...]
    trades: Mapping[AccountId, DayTrades] = field(default_factory=dict)

    @property
    def counted(self) -> tuple[AccountHoldings, ...]:
        """The accounts that count in totals: one of those that are the same."""
        return tuple(account for account in self.accounts if account.duplicate_of is None)


async def replace_holdings(
    connection: Connection, account: UUID, holdings: Iterable[ReportedHolding], as_of: datetime | None
) -> int:
    """Replace all holdings of an account, raise its version and tell the live stages on commit.

    An answer that has the very quantity of before a split, within a week of it, is taken as from before it.

    Call it within a transaction: nothing of it shows before the commit.

    Returns:
        The new version.
    """
    rows = list(holdings)
    ids, quantities = [row.instrument_id for row in rows], [row.quantity for row in rows]
    before = await connection.fetchval(_BEFORE_A_SPLIT, account, ids, quantities, as_of)
    changed = await connection.fetchrow(_RAISE_VERSION, account, as_of if before is None else before)
    if changed is None:
        raise LookupError(f"no account {account}")
    await connection.execute(_DELETE, account)
    await connection.execute(
        _INSERT,
        account,
        changed["user_id"],
        ids,
        quantities,
        [row.cost_basis for row in rows],
        [row.provider_value for row in rows],
        [row.provider_price for row in rows],
    )
    version: int = changed["holdings_version"]
    await connection.execute(_NOTIFY, HOLDINGS_CHANGED, f"{changed['user_id']} {changed['public_id']} {version}")
    return version


async def holdings_of(pool: Pool, user_ids: Iterable[UserId]) -> list[UserHoldings]:
    """Return the holdings of these users' active accounts, all as of one moment; unknown users are missing."""
    ids = list(user_ids)
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        users = await connection.fetch(_USERS, ids)
        accounts = await connection.fetch(_ACCOUNTS, ids)
        rows = await connection.fetch(_HOLDINGS, ids)
    holdings: dict[UUID, list[Holding]] = {}
    for row in rows:
        holdings.setdefault(row["account_id"], []).append(
            Holding(InstrumentId(str(row["instrument_id"])), row["quantity"], row["cost_basis"])
        )
    by_user: dict[UserId, list[AccountHoldings]] = {}
    for row in accounts:
        user_id = UserId(str(row["user_id"]))
        by_user.setdefault(user_id, []).append(_account_holdings(row, user_id, tuple(holdings.get(row["id"], ()))))
    ids_and_currencies = [(UserId(str(row["id"])), row["currency"]) for row in users]
    return [
        UserHoldings(user_id, currency, tuple(by_user.get(user_id, ()))) for user_id, currency in ids_and_currencies
    ]


def _account_holdings(row: Any, user_id: UserId, holdings: tuple[Holding, ...]) -> AccountHoldings:
    return AccountHoldings(
        account_id=AccountId(row["public_id"]),
        user_id=user_id,
        institution=row["institution"],
        currency=row["currency"],
        version=row["holdings_version"],
        as_of=row["holdings_as_of"],
        holdings=holdings,
        reconciliation=reconciliation_of(row),
        duplicate_of=row["duplicate_of"],
    )
