"""Carry out what stored webhooks mean (loop): each at least once, and doing it twice changes nothing."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

from pydantic import SecretStr

from providers.linking import connect_plaid, connect_snaptrade, snaptrade_user
from providers.plaid.provider import PlaidProvider
from providers.snaptrade.provider import SnapTradeProvider
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.errors import BadRequest
from realtime.metrics import SYNC_WEBHOOK_PROCESSED
from realtime.store.audit import Act, audit
from realtime.store.connections import connection_by_id, mark_failed, mark_removed, mark_repaired
from realtime.store.duplicates import decide_duplicates, hold_accounts
from realtime.store.jobs import OUTAGE, Trigger, enqueue_refresh
from realtime.store.link_sessions import link_session_user
from realtime.store.webhooks import (
    WebhookEvent,
    claim_event,
    connection_of_event,
    end_event,
    prune_events,
    retry_event,
)
from sync.parts import Parts
from sync.verdicts import verdict
from sync.webhook_meaning import Meaning, meaning_of

_LOOK_EVERY_S = 1.0
_AFTER_OUTAGE_S = 0.5
_ATTEMPTS_MAX = 8
_ACTOR = "webhook"
_UNKNOWN_CONNECTION = "unknown_connection: we have no such connection"


@dataclass
class WebhookWorker:
    """Processes events.

    Attributes:
        wake: Set by whoever hears that an event was stored.
    """

    parts: Parts
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Process what is due, for ever."""
        while True:
            self.wake.clear()
            try:
                if await self.process_next():
                    continue
                await prune_events(self.parts.pool)
            except OUTAGE as error:
                self.parts.log.warning("database_unreachable", reason=type(error).__name__)
                await self.parts.clock.sleep(_AFTER_OUTAGE_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self.wake.wait()

    async def process_next(self) -> bool:
        """Process the next event that is due; return whether there was one."""
        event = await claim_event(self.parts.pool)
        if event is None:
            return False
        began_s = self.parts.clock.monotonic()
        problem, after_s = await self._outcome(event)
        duration_ms = round((self.parts.clock.monotonic() - began_s) * 1000)
        if after_s is not None:
            await retry_event(self.parts.pool, event, after_s, problem or "")
            outcome = "retried"
        else:
            await end_event(self.parts.pool, event, duration_ms, problem)
            outcome = "done" if problem is None else "dead"
        SYNC_WEBHOOK_PROCESSED.labels(event.provider.value, outcome).inc()
        log = self.parts.log.bind(provider=event.provider.value, type=event.type, code=event.code)
        if problem is not None:
            log.warning("webhook_failed", reason=problem, attempts=event.attempts, outcome=outcome)
        else:
            log.info("webhook_processed", duration_ms=duration_ms)
        return True

    async def _outcome(self, event: WebhookEvent) -> tuple[str | None, float | None]:
        """Carry an event out; return what went wrong, and when to try again, seconds."""
        try:
            return await self._carry_out(event), None
        except OUTAGE:
            raise
        except BadRequest as error:
            return str(error), None
        except Exception as error:  # the border: one event's trouble stops no other event
            found = verdict(error, event.attempts, random.random())  # noqa: S311  # spreads retries
            if found.bug:
                self.parts.log.error("webhook_failed", exc_info=error, code=event.code)  # noqa: TRY400  # our own logger
            is_last = event.attempts >= _ATTEMPTS_MAX or found.retry_after_s is None
            return found.message, None if is_last else found.retry_after_s

    async def _carry_out(self, event: WebhookEvent) -> str | None:
        meaning = meaning_of(event.provider, event.type, event.code, event.body)
        if meaning.links:
            return await self._link(event)
        if meaning == Meaning():
            return None
        found = await connection_of_event(self.parts.pool, event)
        if found is None:
            return _UNKNOWN_CONNECTION
        connection_id, user_id = found
        if meaning.check_removed:
            await self._check_removed(connection_id, user_id)
        async with self.parts.pool.acquire() as database, database.transaction():
            await hold_accounts(database, user_id)
            if meaning.repaired:
                await mark_repaired(database, connection_id)
            if meaning.status is not None:
                await mark_failed(database, connection_id, meaning.status, meaning.code, meaning.message)
            await decide_duplicates(database, user_id)
            for kind in meaning.refresh:
                await enqueue_refresh(
                    database, connection_id=connection_id, user_id=user_id, trigger=Trigger.WEBHOOK, kind=kind
                )
        return None

    async def _link(self, event: WebhookEvent) -> str | None:
        """Keep what a session ended with, if the user's browser has not come back to do it."""
        parts = self.parts
        if event.provider is ProviderName.SNAPTRADE:
            if event.user_id is None:
                return "unknown_user: the event is about nobody we know"
            snaptrade = cast("SnapTradeProvider", parts.providers[event.provider])
            await connect_snaptrade(
                parts.pool,
                parts.cipher,
                snaptrade,
                user_id=event.user_id,
                authorization_id=event.provider_connection_id,
                actor=_ACTOR,
            )
            return None
        user_id = await link_session_user(parts.pool, str(event.body.get("link_token")))
        if user_id is None:
            return "unknown_link_token: the session is nobody's"
        plaid = cast("PlaidProvider", parts.providers[event.provider])
        for public_token in event.body.get("public_tokens") or ():
            with suppress(BadRequest):  # used: the browser was first
                await connect_plaid(
                    parts.pool,
                    parts.cipher,
                    plaid,
                    user_id=user_id,
                    public_token=str(public_token),
                    actor=_ACTOR,
                )
        return None

    async def _check_removed(self, connection_id: ConnectionId, user_id: UserId) -> None:
        """End a connection here that SnapTrade itself knows no longer."""
        parts = self.parts
        stored = await connection_by_id(parts.pool, connection_id)
        if stored is None or stored.credential is None:
            return
        snaptrade = cast("SnapTradeProvider", parts.providers[ProviderName.SNAPTRADE])
        secret = SecretStr(parts.cipher.decrypt(stored.credential))
        known = await snaptrade.portal.connections(snaptrade_user(user_id), secret)
        if any(one.id == stored.provider_connection_id for one in known):
            return
        async with parts.pool.acquire() as database, database.transaction():
            await mark_removed(database, connection_id)
            facts = {"provider": ProviderName.SNAPTRADE.value}
            await audit(database, Act.UNLINK, user_id=user_id, subject=connection_id, actor=_ACTOR, facts=facts)
