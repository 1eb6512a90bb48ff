"""Providers' webhooks: verified, stored, answered; what they mean is done afterwards, by the sync stage."""

from datetime import timedelta
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from api.parts import PartsOf
from providers.plaid.provider import PlaidProvider
from providers.snaptrade.provider import SnapTradeProvider
from realtime.auth import Unauthenticated
from realtime.domain.account import ProviderName, UserId
from realtime.errors import BadRequest, NavstreamError, RetryLater
from realtime.metrics import API_WEBHOOK_RECEIVED
from realtime.store.jobs import OUTAGE
from realtime.store.webhooks import NewEvent, Stored, WebhookHealth, store_event, webhook_health

router = APIRouter(tags=["webhooks"])
_SESSION_FINISHED = ("LINK", "SESSION_FINISHED")
_AFTER_THE_BROWSER = timedelta(seconds=60)
"""The user's own browser finishes its session first, if it comes back."""


class Received(BaseModel):
    received: bool = True


class PlaidHealth(BaseModel):
    status: str = Field(examples=["ok"])
    last_24_hours: list[WebhookHealth]


@router.post("/webhook/plaid")
async def plaid(request: Request, parts: PartsOf) -> Received:
    """Take in a webhook of Plaid's; 401 for one that is forged, stale or replayed."""
    body = await request.body()
    signature = request.headers.get("plaid-verification")
    try:
        await cast("PlaidProvider", parts.providers[ProviderName.PLAID]).webhooks.verify(signature, body)
        stored = await store_event(parts.everybody, _plaid_event(body, _digest(signature)))
        if stored is Stored.KNOWN:
            raise Unauthenticated("the webhook was received before")
    except NavstreamError as error:
        raise _counted(ProviderName.PLAID, error) from None
    except OUTAGE as error:
        raise RetryLater(f"database unreachable: {type(error).__name__}") from error
    API_WEBHOOK_RECEIVED.labels("plaid", stored.value).inc()
    return Received()


@router.get("/webhook/plaid/health")
async def plaid_health(parts: PartsOf) -> PlaidHealth:
    """Return what came of Plaid's webhooks in the last 24 hours, by type."""
    found = await webhook_health(parts.everybody, ProviderName.PLAID)
    return PlaidHealth(status="failing" if any(one.failed_count for one in found) else "ok", last_24_hours=found)


@router.post("/api/snaptrade/webhook")
async def snaptrade(request: Request, parts: PartsOf) -> Received:
    """Take in a webhook of SnapTrade's; 401 for one that is forged or stale. One that is known changes nothing."""
    body = await request.body()
    signature = request.headers.get("signature")
    provider = cast("SnapTradeProvider", parts.providers[ProviderName.SNAPTRADE])
    try:
        event = provider.webhooks.verify(signature, body)
        stored = await store_event(parts.everybody, _snaptrade_event(event, _digest(signature)))
    except NavstreamError as error:
        raise _counted(ProviderName.SNAPTRADE, error) from None
    except OUTAGE as error:
        raise RetryLater(f"database unreachable: {type(error).__name__}") from error
    API_WEBHOOK_RECEIVED.labels("snaptrade", stored.value).inc()
    return Received()


def _plaid_event(body: bytes, digest: str) -> NewEvent:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("malformed", "the body is not JSON") from error
    if not isinstance(event, dict):
        raise BadRequest("malformed", "the body is not a JSON object")
    kind = str(event.get("webhook_type", "")), str(event.get("webhook_code", ""))
    item = event.get("item_id")
    return NewEvent(
        provider=ProviderName.PLAID,
        key=digest,
        signature_digest=digest,
        type=kind[0],
        code=kind[1],
        provider_connection_id=item if isinstance(item, str) else None,
        user_id=None,
        body=event,
        delay=_AFTER_THE_BROWSER if kind == _SESSION_FINISHED else timedelta(0),
    )


def _snaptrade_event(event: dict[str, Any], digest: str) -> NewEvent:
    key, authorization = event.get("webhookId"), event.get("brokerageAuthorizationId")
    if not isinstance(key, str):
        raise BadRequest("malformed", "the event has no webhookId")
    return NewEvent(
        provider=ProviderName.SNAPTRADE,
        key=key,
        signature_digest=digest,
        type="SNAPTRADE",
        code=str(event.get("eventType", "")),
        provider_connection_id=authorization if isinstance(authorization, str) else None,
        user_id=_user(event.get("userId")),
        body=event,
    )


def _user(user: object) -> UserId | None:
    """Return our user of SnapTrade's id for him, which is ours in hex."""
    try:
        return UserId(str(UUID(hex=str(user))))
    except ValueError:
        return None


def _digest(signature: str | None) -> str:
    return sha256((signature or "").encode()).hexdigest()


def _counted(provider: ProviderName, error: NavstreamError) -> NavstreamError:
    API_WEBHOOK_RECEIVED.labels(provider.value, "refused").inc()
    return error
