"""The whole service as `make demo` runs it: simulated providers, every stage a process, a WebSocket client."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import connect

from realtime.bus.heartbeats import read_heartbeats
from realtime.store.jobs import Trigger, enqueue_refresh
from realtime.up import STAGES
from tests.e2e.conftest import Service
from tests.support.waiting import wait_until
from tests.support.watching import Watched

_ACCOUNT = "Self-Directed Brokerage"
"""Its name at the provider; the simulator calls it ada-brokerage."""


async def test_values_equal_exact_arithmetic_whenever_the_market_pauses(service: Service) -> None:
    """Ensure that when trading stops, every client is right to the cent within a second or so."""
    clients = await service.every_user()
    assert len(clients) >= 2
    for _ in range(3):
        await _values_move(clients)
        await service.market.control("pause")
        try:
            await service.oracle_holds(clients)
        finally:
            await service.market.control("resume")


async def test_a_purchase_reaches_the_client_within_three_seconds_of_the_commit(service: Service) -> None:
    """Ensure the last sale of a symbol unsubscribes it, and a new holding is subscribed, priced and shown."""
    client = await service.watch(await service.user())
    symbol = await _held_once(service, _ACCOUNT)
    await wait_until(lambda: symbol in _symbols(client), what="the holding at the client")

    await _hold_at_plaid(service, symbol, "0")
    await _refreshed(service)
    await wait_until(lambda: symbol not in _symbols(client), what="the sale at the client")
    await wait_until(lambda: _is_subscribed(service, symbol, expected=False), what="the end of the subscription")

    await _hold_at_plaid(service, symbol, "25")
    committed_at = await _refreshed(service)
    row = await wait_until(lambda: _live_row(client, symbol), what="the purchase at the client, priced")
    assert (datetime.now(UTC) - committed_at).total_seconds() < 3
    assert row["quantity"] == 25
    await wait_until(lambda: _is_subscribed(service, symbol, expected=True), what="the subscription")


@pytest.mark.parametrize("stage", STAGES)
async def test_killing_a_stage_heals_within_five_seconds(service: Service, stage: str) -> None:
    """Ensure that after kill -9 and a restart of any stage the oracle holds again within five seconds."""
    [client] = [await service.watch(await service.user())]
    await wait_until(lambda: client.state("portfolio").get("total_value"), what="first values")
    killed = service.demo.kill_stage(stage)
    await wait_until(
        lambda: (process := service.demo.stage_process(stage)) is not None and process.pid != killed,
        what=f"a new {stage}",
    )
    await service.market.control("pause")
    try:
        await service.oracle_holds([client], deadline_s=5)
    finally:
        await service.market.control("resume")
    before = client.state("portfolio")
    await wait_until(lambda: client.state("portfolio") != before, what="values to go on")
    await wait_until(lambda: _is_well(service, stage, killed), what=f"the new {stage} to do its work")


async def test_accounts_of_somebody_else_are_forbidden_by_name(service: Service) -> None:
    """Ensure another user's account is rejected exactly as one that does not exist, and one's own is not."""
    ada, grace = await service.user(), await service.user("grace")
    theirs, ours = (await service.accounts(grace))[0], (await service.accounts(ada))[0]
    wanted = [f"account:{theirs}", "account:plaid_00000000000000000000000000000000", f"account:{ours}"]
    async with connect(service.demo.settings.public_websocket_url) as connection:
        await connection.send(json.dumps({"op": "auth", "token": service.demo.token(ada)}))
        await connection.send(json.dumps({"op": "subscribe", "id": 1, "channels": wanted}))
        async for text in connection:
            answer = json.loads(text)
            if answer["type"] == "subscribed":
                break
    assert answer["channels"] == wanted[2:]
    assert answer["rejected"] == [{"channel": channel, "code": "forbidden"} for channel in wanted[:2]]


async def _is_well(service: Service, stage: str, killed: int) -> bool:
    beats = await read_heartbeats(service.bus)
    return any(beat.stage == stage and beat.pid != killed and beat.healthy for beat in beats)


async def _values_move(clients: list[Watched]) -> None:
    def totals() -> list[object]:
        return [client.state("portfolio").get("total_value") for client in clients]

    before = totals()
    await wait_until(lambda: totals() != before, what="values to move")


def _symbols(client: Watched) -> set[str]:
    return {row["symbol"] for row in client.state("positions").values()}


def _live_row(client: Watched, symbol: str) -> dict[str, Any] | None:
    rows = (row for row in client.state("positions").values() if row["symbol"] == symbol)
    return next((row for row in rows if row["price_source"] == "trade"), None)


async def _held_once(service: Service, account: str) -> str:
    """Return a listed stock that nobody but this account holds."""
    symbol: str = await service.pool.fetchval(
        """select min(i.symbol) from holdings h join instruments i on i.id = h.instrument_id
           join accounts a on a.id = h.account_id
           where i.asset_class = 'equity' and i.listed
             and (select count(*) from holdings o where o.instrument_id = i.id) = 1 and a.name = $1""",
        account,
    )
    assert symbol, "every symbol is held twice"
    return symbol


async def _hold_at_plaid(service: Service, symbol: str, quantity: str) -> None:
    body = {"account": "ada-brokerage", "symbol": symbol, "quantity": quantity, "webhook": False}
    async with service.http.post(f"{service.demo.settings.plaid_address}/control/holdings", json=body) as answer:
        assert answer.status == 200, await answer.text()


async def _refreshed(service: Service) -> datetime:
    """Refresh the account's connection; return when its holdings were committed."""
    row = await service.pool.fetchrow(
        "select connection_id, user_id, last_synced_at from accounts where name = $1", _ACCOUNT
    )
    assert row is not None
    await enqueue_refresh(
        service.pool, connection_id=row["connection_id"], user_id=row["user_id"], trigger=Trigger.REQUEST
    )
    committed: datetime = await wait_until(
        lambda: service.pool.fetchval(
            "select last_synced_at from accounts where name = $1 and last_synced_at > $2",
            _ACCOUNT,
            row["last_synced_at"],
        ),
        what="the refresh",
    )
    return committed


async def _is_subscribed(service: Service, symbol: str, *, expected: bool) -> bool:
    streams = (await service.market.status())["streams"]
    return any(symbol in stream["channels"].get("trades", []) for stream in streams) is expected
