"""What portfolios were worth at the close of each trading day: a row a user and day, written once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import orjson

from realtime.domain.account import UserId
from realtime.store.pool import Pool

_MISSING = """
select distinct a.user_id from accounts a
where a.is_active and a.duplicate_of is null and a.holdings_version > 0
    and not exists (select from user_portfolio_snapshots s where s.user_id = a.user_id and s.snapshot_date = $1)
"""
_WRITE = """
insert into user_portfolio_snapshots (user_id, snapshot_date, currency, total_value, total_cost_basis,
    unrealized_gain_loss, unrealized_gain_loss_percent, account_count, unpriced_count, provider_breakdown, valued_at)
select u.id, $1, s.currency, s.total_value, s.cost_basis, s.gain, s.gain_pct, s.account_count, s.unpriced_count,
    s.breakdown::jsonb, $2
from unnest($3::uuid[], $4::text[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::integer[],
    $10::integer[], $11::text[]) as s (user_id, currency, total_value, cost_basis, gain, gain_pct, account_count,
    unpriced_count, breakdown)
join users u on u.id = s.user_id
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class ProviderShare:
    """What the accounts through one provider are worth together; amounts in the user's currency."""

    value: Decimal
    account_count: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A portfolio at a close; amounts in `currency`, as in `realtime.domain.value.Figures`."""

    user_id: UserId
    currency: str
    total_value: Decimal
    cost_basis: Decimal | None
    gain: Decimal | None
    gain_pct: Decimal | None
    account_count: int
    unpriced_count: int
    by_provider: Mapping[str, ProviderShare]


async def users_without_snapshot(pool: Pool, day: date) -> list[UserId]:
    """Return whoever has holdings and no snapshot of a trading day."""
    return [UserId(str(row["user_id"])) for row in await pool.fetch(_MISSING, day)]


async def write_snapshots(pool: Pool, day: date, valued_at: datetime, snapshots: Sequence[Snapshot]) -> None:
    """Store snapshots of a day; one that there is already stays."""
    await pool.execute(
        _WRITE,
        day,
        valued_at,
        [UUID(each.user_id) for each in snapshots],
        [each.currency for each in snapshots],
        [each.total_value for each in snapshots],
        [each.cost_basis for each in snapshots],
        [each.gain for each in snapshots],
        [each.gain_pct for each in snapshots],
        [each.account_count for each in snapshots],
        [each.unpriced_count for each in snapshots],
        [_breakdown(each.by_provider) for each in snapshots],
    )


def _breakdown(by_provider: Mapping[str, ProviderShare]) -> str:
    told = {name: {"value": str(one.value), "account_count": one.account_count} for name, one in by_provider.items()}
    return orjson.dumps(told).decode()
