"""Webhooks at the door: what Plaid and SnapTrade sign is taken in once; everything else changes nothing."""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from api.app import Parts
from providers.plaid.opening import open_plaid
from providers.registry import Providers
from providers.snaptrade.opening import open_snaptrade
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import ProviderName
from realtime.settings import Settings
from realtime.store.pool import Pool
from simulator.plaid_http import PlaidServer
from simulator.plaid_webhooks import WebhookKeys, body_bytes, payload
from tests.contract.served import served
from tests.support.api import TOKENS, Api, running_api

CONSUMER_KEY = "test-consumer-key"
PLAID, SNAPTRADE = "/webhook/plaid", "/api/snaptrade/webhook"
BODY = body_bytes(payload("HOLDINGS", "DEFAULT_UPDATE", "item-nobody-has"))


@dataclass(frozen=True)
class Door:
    """The API, and the keys with which the simulated Plaid signs."""

    api: Api
    keys: WebhookKeys
    pool: Pool

    async def send(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        async with self.api.http.post(self.api.url + path, data=body, headers=headers) as answer:
            return answer.status

    async def stored(self) -> int:
        count: int = await self.pool.fetchval("select count(*) from webhook_events")
        return count


@pytest.fixture
async def door(pool: Pool, api_pool: Pool, stage_pool: Pool, bus: Bus, tmp_path: Path) -> AsyncIterator[Door]:
    (tmp_path / "index.html").write_text("")
    with ExitStack() as servers:
        plaid_server = PlaidServer(7)
        settings = Settings(
            dashboard_dir=tmp_path,
            websocket_url="ws://127.0.0.1:9/v1",
            plaid_client_id="demo-client",
            plaid_secret=SecretStr("demo-secret"),
            plaid_url=servers.enter_context(served(plaid_server.app)),
            snaptrade_client_id="demo-client",
            snaptrade_consumer_key=SecretStr(CONSUMER_KEY),
        )
        plaid, snaptrade = open_plaid(settings, WallClock()), open_snaptrade(settings, WallClock())
        assert plaid is not None
        assert snaptrade is not None
        providers = Providers({ProviderName.PLAID: plaid, ProviderName.SNAPTRADE: snaptrade})
        async with running_api(Parts(settings, api_pool, bus, TOKENS, WallClock(), providers, stage_pool)) as api:
            yield Door(api, plaid_server.simulation.keys, pool)
        await plaid.close()
        await snaptrade.close()


def snaptrade_event(**changes: Any) -> dict[str, Any]:
    return {
        "webhookId": "dbaee13a-1184-4677-9741-b6845e60ee3a",
        "clientId": "CID",
        "eventTimestamp": datetime.now(UTC).isoformat(),
        "userId": "u1",
        "eventType": "ACCOUNT_HOLDINGS_UPDATED",
        "brokerageAuthorizationId": "dc90a844-367b-4120-8b56-21040bfa6525",
        "webhookSecret": "x",
    } | changes


def snaptrade_signature(event: dict[str, Any], key: str = CONSUMER_KEY) -> str:
    canonical = json.dumps(event, separators=(",", ":"), sort_keys=True).encode()
    return base64.b64encode(hmac.digest(key.encode(), canonical, hashlib.sha256)).decode()


async def test_what_plaid_signs_is_stored_once(door: Door) -> None:
    """Ensure a delivery is answered 200 and stored; the very same again is a replay, a new delivery is none."""
    headers = door.keys.signed_headers(BODY, time.time())
    assert await door.send(PLAID, BODY, headers) == 200
    assert await door.send(PLAID, BODY, headers) == 401
    assert await door.stored() == 1
    assert await door.send(PLAID, BODY, door.keys.signed_headers(BODY, time.time() - 1)) == 200
    row = await door.pool.fetchrow("select * from webhook_events order by received_at limit 1")
    assert row is not None
    assert (row["type"], row["code"], row["provider_connection_id"]) == (
        "HOLDINGS", "DEFAULT_UPDATE", "item-nobody-has",
    )  # fmt: skip


async def test_what_plaid_did_not_sign_changes_nothing(door: Door) -> None:
    """Ensure 401 for no signature, another key, another algorithm, another body, and one of long ago or the future."""
    now = time.time()
    signed = door.keys.signed_headers(BODY, now)
    claims = {"iat": int(now), "request_body_sha256": hashlib.sha256(BODY).hexdigest()}
    stranger = WebhookKeys()
    stranger.rotate(now, door.keys.current)
    unknown = WebhookKeys()
    unknown.rotate(now)
    shared = jwt.encode(claims, "x" * 40, algorithm="HS256", headers={"kid": door.keys.current})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": door.keys.current})
    for body, headers in (
        (BODY, {}),
        (BODY, {"Plaid-Verification": "nonsense"}),
        (BODY, {"Plaid-Verification": shared}),
        (BODY, {"Plaid-Verification": unsigned}),
        (BODY + b" ", signed),
        (BODY, stranger.signed_headers(BODY, now)),
        (BODY, unknown.signed_headers(BODY, now)),
        (BODY, door.keys.signed_headers(BODY, now - 301)),
        (BODY, door.keys.signed_headers(BODY, now + 120)),
    ):
        assert await door.send(PLAID, body, headers) == 401
    assert await door.stored() == 0


async def test_keys_rotate(door: Door) -> None:
    """Ensure a new key is asked for by its id, and what the old one signed just before still counts."""
    old = door.keys.signed_headers(BODY, time.time())
    assert await door.send(PLAID, BODY, door.keys.signed_headers(BODY, time.time() - 2)) == 200
    await asyncio.to_thread(time.sleep, 1.1)  # keys are asked for at most once a second
    door.keys.rotate(time.time())
    assert await door.send(PLAID, BODY, door.keys.signed_headers(BODY, time.time())) == 200
    assert await door.send(PLAID, BODY, old) == 200
    assert await door.stored() == 3


async def test_a_burst_is_answered_and_stored_once_each(door: Door) -> None:
    """Ensure many at once lose none and double none."""
    bodies = [body_bytes(payload("HOLDINGS", "DEFAULT_UPDATE", f"item-{number}")) for number in range(300)]
    assert await door.send(PLAID, BODY, door.keys.signed_headers(BODY, time.time())) == 200
    now = time.time()
    statuses = await asyncio.gather(*(door.send(PLAID, body, door.keys.signed_headers(body, now)) for body in bodies))
    assert set(statuses) == {200}
    assert await door.stored() == 301


@pytest.mark.slow
async def test_ten_thousand_at_once_are_stored_once_each(door: Door) -> None:
    """Ensure a burst with every tenth delivery repeated, in no order, is answered and kept whole."""
    assert await door.send(PLAID, BODY, door.keys.signed_headers(BODY, time.time())) == 200
    now = time.time()
    bodies = [body_bytes(payload("HOLDINGS", "DEFAULT_UPDATE", f"item-{number}")) for number in range(10_000)]
    requests = [(body, door.keys.signed_headers(body, now)) for body in bodies]
    again = requests[::10]
    mixed = requests + again
    random.Random(7).shuffle(mixed)
    waiting, statuses = iter(mixed), Counter[int]()

    async def deliver() -> None:
        for body, headers in waiting:
            statuses[await door.send(PLAID, body, headers)] += 1

    await asyncio.gather(*(deliver() for _ in range(16)))
    assert statuses == {200: len(requests), 401: len(again)}
    assert await door.stored() == len(requests) + 1


async def test_what_snaptrade_signs_is_stored_once(door: Door) -> None:
    """Ensure a retry of what is known is answered 200 and changes nothing, and the old secret is not kept."""
    event = snaptrade_event()
    body, headers = json.dumps(event, indent=1).encode(), {"Signature": snaptrade_signature(event)}
    assert await door.send(SNAPTRADE, body, headers) == 200
    assert await door.send(SNAPTRADE, body, headers) == 200
    assert await door.stored() == 1
    row = await door.pool.fetchrow("select code, body from webhook_events")
    assert row is not None
    assert row["code"] == "ACCOUNT_HOLDINGS_UPDATED"
    assert "webhookSecret" not in row["body"]


async def test_what_snaptrade_did_not_sign_changes_nothing(door: Door) -> None:
    """Ensure 401 for no signature, another key, another body and one of long ago; 400 for what is no event."""
    event = snaptrade_event()
    good = {"Signature": snaptrade_signature(event)}
    old = snaptrade_event(eventTimestamp=(datetime.now(UTC) - timedelta(hours=5)).isoformat())
    odd = snaptrade_event(eventTimestamp="yesterday")
    for body, headers in (
        (event, {}),
        (event, {"Signature": snaptrade_signature(event, "another key")}),
        ({**event, "userId": "u2"}, good),
        (old, {"Signature": snaptrade_signature(old)}),
        (odd, {"Signature": snaptrade_signature(odd)}),
    ):
        assert await door.send(SNAPTRADE, json.dumps(body).encode(), headers) == 401
    assert await door.send(SNAPTRADE, b"[]", good) == 400
    assert await door.send(SNAPTRADE, b"{", good) == 400
    assert await door.stored() == 0


def test_the_signature_is_that_of_the_providers_document() -> None:
    """Ensure that our own tests sign as SnapTrade's documented vector does."""
    event = snaptrade_event(eventTimestamp="2026-01-02T03:04:05.000006+00:00", eventType="CONNECTION_BROKEN")
    assert snaptrade_signature(event) == "IUb2RA2yGcVMNybasa0NMRZpN40zgVc94cGBd6FkTJI="
