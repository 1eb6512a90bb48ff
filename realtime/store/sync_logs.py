"""What a user sees of the refreshes of his connections. Read as that user."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.store.pool import Pool
from realtime.store.portfolio import open_as

_NEWEST = """
select r.id, r.connection_id, r.product, r.trigger, r.started_at, r.finished_at, r.duration_ms, r.outcome,
    r.accounts_count, r.holdings_count, r.quarantined, r.error_code, r.error_message
from sync_runs r join connections c on c.id = r.connection_id
where ($1::text is null or c.provider = $1) and ($2::uuid is null or c.id = $2)
    and ($4::timestamptz is null or (r.started_at, r.id) < ($4, $5::uuid))
order by r.started_at desc, r.id desc
limit $3
"""


_BY_WEBHOOK = """
select exists (select from sync_runs r join connections c on c.id = r.connection_id
    where c.user_id = $1 and r.trigger = 'webhook' and r.started_at > now() - make_interval(secs => $2))
"""


class SyncLogPlace(NamedTuple):
    """Where in the list a refresh stands."""

    started_at: datetime
    id: UUID

    @classmethod
    def read(cls, started_at: str, key: str) -> "SyncLogPlace":
        """Return a place from its texts.

        Raises:
            ValueError, OverflowError: The time has no zone, or one of them is none.
        """
        at = datetime.fromisoformat(started_at)
        if at.tzinfo is None:
            raise ValueError("no time zone")
        return cls(at.astimezone(UTC), UUID(key))


@dataclass(frozen=True, slots=True)
class SyncLog:
    """One refresh; `quarantined` is what was set aside, each with its reason."""

    id: UUID
    connection_id: ConnectionId
    product: str
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    outcome: str | None
    accounts_count: int | None
    holdings_count: int | None
    quarantined: list[dict[str, str | None]]
    error_code: str | None
    error_message: str | None


async def sync_logs(
    pool: Pool,
    user_id: UserId,
    limit: int,
    *,
    provider: ProviderName | None = None,
    connection_id: ConnectionId | None = None,
    after: SyncLogPlace | None = None,
) -> list[SyncLog]:
    """Return refreshes, newest first, of one provider's connections or of one; those after a place in the list."""
    place = after or (None, None)
    async with open_as(pool, user_id) as connection:
        rows = await connection.fetch(_NEWEST, provider and provider.value, connection_id, limit, *place)
    return [
        SyncLog(
            **{
                **row,
                "connection_id": ConnectionId(str(row["connection_id"])),
                "quarantined": orjson.loads(row["quarantined"]),
            }
        )
        for row in rows
    ]


async def was_told_by_webhook(pool: Pool, user_id: UserId, within_s: float) -> bool:
    """Return whether a webhook has had something of the user's refreshed so recently."""
    async with open_as(pool, user_id) as connection:
        told: bool = await connection.fetchval(_BY_WEBHOOK, user_id, within_s)
    return told
