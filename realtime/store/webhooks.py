"""Webhook events: stored before they are answered, processed after, each once.

Queue card. Bounded to: what is not processed yet; providers retry less than is processed. Order: by due time, so
events may overtake each other, and each means no more than "read this again". Writers: the API. Readers: sync's
workers, SKIP LOCKED. Lost when: never; an event of a killed worker is claimed again when its claim expires.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from realtime.contract.names import WEBHOOK_STORED
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.store.keys import new_key
from realtime.store.pool import Connection, Pool

CLAIM_S = 30.0
_CONNECTION = """
select c.id, c.user_id from connections c
where c.provider = $1 and c.provider_connection_id = $2 and c.status <> 'removed'
"""
_ADD = """
with event as (
    insert into webhook_events (id, provider, event_key, signature_digest, type, code, provider_connection_id, user_id,
        body, due_at)
    values ($1, $2, $3, $4, $5, $6, $7,
        coalesce(
            (select u.id from users u where u.id = $8),
            (select c.user_id from connections c where c.provider = $2 and c.provider_connection_id = $7)),
        $9::text::jsonb, now() + $10)
    on conflict (provider, event_key) do nothing
    returning id
)
select event.id, pg_notify($11, '') from event
"""
_CLAIM = """
with event as (
    select id from webhook_events
    where (state = 'queued' and due_at <= now()) or (state = 'running' and claimed_until < now())
    order by due_at limit 1 for update skip locked
)
update webhook_events w set state = 'running', attempts = attempts + 1,
    claimed_until = now() + make_interval(secs => $1)
from event where w.id = event.id
returning w.id, w.provider, w.type, w.code, w.provider_connection_id, w.user_id, w.body, w.attempts
"""
_END = """
update webhook_events set state = $2, error = $3, processed_at = now(), duration_ms = $4, claimed_until = null,
    body = body - 'public_tokens'
where id = $1 and state = 'running'
"""
_AGAIN = """
update webhook_events set state = 'queued', due_at = now() + make_interval(secs => $2), error = $3, claimed_until = null
where id = $1 and state = 'running'
"""
_PRUNE = "delete from webhook_events where state in ('done', 'dead') and received_at < now() - interval '30 days'"
_HEALTH = """
select type, code, count(*) as events_count, count(*) filter (where state = 'done' and error is null) as done_count,
    count(*) filter (where error is not null) as failed_count,
    count(*) filter (where state in ('queued', 'running')) as waiting_count,
    avg(duration_ms)::float8 as duration_ms, max(received_at) as newest_at
from webhook_events
where provider = $1 and received_at > now() - interval '24 hours'
group by type, code order by type, code
"""
_COUNT = """
select provider, count(*) as received, count(*) filter (where state = 'dead') as failed,
    count(*) filter (where state in ('queued', 'running')) as waiting
from webhook_events where received_at > now() - interval '24 hours' group by provider order by provider
"""


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    """A provider's events of the last 24 hours; failed are those that will not be tried again."""

    provider: str
    received: int
    failed: int
    waiting: int


class Stored(StrEnum):
    """Whether an event was unknown."""

    NEW = "new"
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A claimed event; `attempts` with this one."""

    id: UUID
    provider: ProviderName
    type: str
    code: str
    provider_connection_id: str | None
    user_id: UserId | None
    body: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """What came of one type of event in the last 24 hours; `duration_ms` is the mean of processing."""

    type: str
    code: str
    events_count: int
    done_count: int
    failed_count: int
    waiting_count: int
    duration_ms: float | None
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A verified event as it came.

    Attributes:
        key: Unlike that of any other event of its provider.
        user_id: Where the event itself says it.
        delay: How long to wait before it is processed.
    """

    provider: ProviderName
    key: str
    signature_digest: str
    type: str
    code: str
    provider_connection_id: str | None
    user_id: UserId | None
    body: Mapping[str, Any]
    delay: timedelta = timedelta(0)


async def store_event(pool: Pool, event: NewEvent) -> Stored:
    """Store an event; one that is known by its key changes nothing."""
    added = await pool.fetchval(
        _ADD,
        new_key(),
        event.provider.value,
        event.key,
        event.signature_digest,
        event.type,
        event.code,
        event.provider_connection_id,
        event.user_id,
        orjson.dumps(event.body).decode(),
        event.delay,
        WEBHOOK_STORED,
    )
    return Stored.KNOWN if added is None else Stored.NEW


async def claim_event(pool: Pool) -> WebhookEvent | None:
    """Claim the next event that is due; None when there is none."""
    row = await pool.fetchrow(_CLAIM, CLAIM_S)
    if row is None:
        return None
    return WebhookEvent(
        id=row["id"],
        provider=ProviderName(row["provider"]),
        type=row["type"],
        code=row["code"],
        provider_connection_id=row["provider_connection_id"],
        user_id=None if row["user_id"] is None else UserId(str(row["user_id"])),
        body=orjson.loads(row["body"]),
        attempts=row["attempts"],
    )


async def end_event(pool: Connection | Pool, event: WebhookEvent, duration_ms: int, error: str | None = None) -> None:
    """Record that an event is processed; with an error, that it could not be and will not be tried again."""
    await pool.execute(_END, event.id, "done" if error is None else "dead", error, duration_ms)


async def retry_event(pool: Pool, event: WebhookEvent, after_s: float, error: str) -> None:
    """Have an event processed again later."""
    await pool.execute(_AGAIN, event.id, after_s, error)


async def connection_of_event(pool: Pool, event: WebhookEvent) -> tuple[ConnectionId, UserId] | None:
    """Return the connection that an event is about, and whose it is; None when we have no such."""
    row = await pool.fetchrow(_CONNECTION, event.provider.value, event.provider_connection_id)
    return None if row is None else (ConnectionId(str(row["id"])), UserId(str(row["user_id"])))


async def webhook_health(pool: Pool, provider: ProviderName) -> list[WebhookHealth]:
    """Return what came of a provider's events in the last 24 hours, by type."""
    return [WebhookHealth(**row) for row in await pool.fetch(_HEALTH, provider.value)]


async def count_events(database: Connection | Pool) -> tuple[WebhookCounts, ...]:
    """Return what came of each provider's events in the last 24 hours."""
    return tuple(WebhookCounts(**row) for row in await database.fetch(_COUNT))


async def prune_events(pool: Pool) -> None:
    """Forget events of a month ago."""
    await pool.execute(_PRUNE)
