"""The whole service as `make demo` runs it: simulated providers, every stage a process, a WebSocket client."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from realtime.store.jobs import Trigger, enqueue_refresh

from realtime.up import STAGES
from tests.e2e.conftest import Service
from tests.support.waiting import wait_until


async def test_values_equal_exact_arithmetic_whenever_the_market_pauses(service: Service) -> None:
    """Ensure that when trading stops, every client is right to the cent within a second or so."""
    clients = await service.every_user()
    assert len(clients) >= 2
    for _ in range(3):
        seen = [client.state("portfolio").get("total_value") for client in clients]
        await wait_until(
            lambda seen=seen: [client.state("portfolio").get("total_value") for client in clients] != seen,
            what="values to move",
        )
        await service.market.control("pause")
        try:
            await service.oracle_holds(clients)
        finally:
            await service.market.control("resume")


async def test_a_purchase_reaches_the_client_within_three_seconds_of_the_commit(service: Service) -> None:
    """Ensure a new holding is subscribed, priced and shown, and that its last sale unsubscribes it."""
    user_id = await service.user()
    [client] = [await service.watch(user_id)]
    symbol, account = "KO", "ada-brokerage"
    assert symbol not in _symbols(client.state("positions"))
    await _trade_at_plaid(service, account, symbol, "25")
    committed_at = await _refreshed(service, account)
    row = await wait_until(
        lambda: next((r for r in client.state("positions").values() if r["symbol"] == symbol and r["price"]), None),
        what="the purchase at the client",
    )
    assert (datetime.now(UTC) - committed_at).total_seconds() < 3
    assert Decimal(str(row["quantity"])) == 25
    await wait_until(lambda: _is_subscribed(service, symbol, expected=True), what="subscription")

    await _trade_at_plaid(service, account, symbol, "0")
    await _refreshed(service, account)
    await wait_until(lambda: symbol not in _symbols(client.state("positions")), what="the sale at the client")
    await wait_until(lambda: _is_subscribed(service, symbol, expected=False), what="the end of the subscription")


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
    await asyncio.sleep(0)
    await service.market.control("pause")
    try:
        await service.oracle_holds([client], deadline_s=5)
    finally:
        await service.market.control("resume")
    before = client.state("portfolio")
    await wait_until(lambda: client.state("portfolio") != before, what="values to go on")


async def test_accounts_of_somebody_else_are_forbidden(service: Service) -> None:
    """Ensure a subscription to another user's account is rejected by name, whatever it is called."""
    ada, other = await service.user(), await service.user("grace")
    theirs = await service.accounts(other)
    client = await service.watch(ada)
    client.stream.channels.append(f"account:{theirs[0]}")
    await wait_until(lambda: client.state("portfolio"), what="first values")
    assert client.state(f"account:{theirs[0]}") == {}


def _symbols(positions: object) -> set[str]:
    assert isinstance(positions, dict)
    return {row["symbol"] for row in positions.values()}


async def _trade_at_plaid(service: Service, account: str, symbol: str, quantity: str) -> None:
    assert service.demo.settings.plaid_url is not None
    body = {"account": account, "symbol": symbol, "quantity": quantity, "webhook": False}
    async with service.http.post(f"{service.demo.settings.plaid_url}/control/holdings", json=body) as answer:
        assert answer.status == 200, await answer.text()


async def _refreshed(service: Service, account: str) -> datetime:
    """Refresh the connection of an account; return when its holdings were committed."""
    del account
    row = await service.pool.fetchrow(
        """select c.id, c.user_id from connections c join accounts a on a.connection_id = c.id
           where a.name like 'Platypus%' or a.name like 'Self-Directed%' limit 1"""
    )
    assert row is not None
    before = await service.pool.fetchval("select max(finished_at) from sync_runs where connection_id = $1", row["id"])
    await enqueue_refresh(service.pool, connection_id=row["id"], user_id=row["user_id"], trigger=Trigger.REQUEST)
    finished: datetime = await wait_until(
        lambda: service.pool.fetchval(
            """select max(finished_at) from sync_runs where connection_id = $1 and outcome = 'complete'
               and finished_at > $2""",
            row["id"],
            before,
        ),
        what="the refresh",
    )
    return finished


async def _is_subscribed(service: Service, symbol: str, *, expected: bool) -> bool:
    streams = (await service.market.status())["streams"]
    return any(symbol in stream["channels"].get("trades", []) for stream in streams) is expected
