"""Sync runs: the record of each refresh, whatever became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import orjson

from realtime.domain.account import ConnectionId, UserId
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

_START = """
insert into sync_runs (id, connection_id, user_id, product, trigger, started_at)
values ($1, $2, $3, $4, $5, $6)
"""
_FINISH = """
update sync_runs
set finished_at = $2, duration_ms = $3, outcome = $4, accounts_count = $5, holdings_count = $6,
    quarantined = $7::text::jsonb, error_code = $8, error_message = $9, changes_count = $10
where id = $1
"""
_ABANDONED = """
update sync_runs set finished_at = $2, outcome = 'failed', error_code = 'abandoned'
where connection_id = $1 and finished_at is null
"""
KEYS_REFUSED = "keys_refused"
"""Error code of runs that failed because a provider refuses our own keys."""


class Outcome(StrEnum):
    COMPLETE = "complete"
    RETRY_LATER = "retry_later"
    RECONNECT_NEEDED = "reconnect_needed"
    UNSUPPORTED = "unsupported"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        quarantined: What was set aside, each with its reason.
        changes_count: Stored rows that are other than before; None where they are not counted.
    """

    outcome: Outcome
    duration_ms: int
    accounts_count: int | None = None
    holdings_count: int | None = None
    quarantined: Sequence[dict[str, str | None]] = ()
    error_code: str | None = None
    error_message: str | None = None
    changes_count: int | None = None


async def start_run(
    pool: Pool, connection_id: ConnectionId, user_id: UserId, product: str, trigger: str, started_at: datetime
) -> UUID:
    """Record that a run begins; an unfinished one of the same connection was abandoned by its worker."""
    key = new_key()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(_ABANDONED, connection_id, started_at)
        await connection.execute(_START, key, connection_id, user_id, product, trigger, started_at)
    return key


async def finish_run(connection: Connection | Pool, run: UUID, finished_at: datetime, result: RunResult) -> None:
    """Record how a run ended."""
    await connection.execute(
        _FINISH,
        run,
        finished_at,
        result.duration_ms,
        result.outcome.value,
        result.accounts_count,
        result.holdings_count,
        orjson.dumps(list(result.quarantined)).decode(),
        result.error_code,
        result.error_message,
        result.changes_count,
    )
