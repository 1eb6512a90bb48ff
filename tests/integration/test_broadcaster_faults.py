"""The broadcaster under stress: clients that do not read, Redis that goes away, its own restart."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from broadcaster.stage import Running
from broadcaster.wire import HIGH_WATER_BYTES, Wire
from navstream.client import Refused, Stream
from navstream.protocol.apply import Replicas
from realtime.bus.client import Bus, open_bus
from realtime.bus.interest import read_interest
from realtime.contract.names import value_feed
from realtime.domain.account import SubjectKey, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import partition_of
from realtime.domain.value import Position
from realtime.embedded import EmbeddedValkey
from realtime.store.pool import Pool
from tests.support.broadcasting import (
    Peer,
    Publisher,
    add_user,
    broadcaster_at,
    connect_to,
    figures_of,
    new_instrument,
    peer_of,
    position_of,
    token_for,
)
from tests.support.waiting import wait_until

ROWS = 200


@asynccontextmanager
async def stalling_peer(broadcaster: Running, user: UserId) -> AsyncIterator[Peer]:
    """A client with a small receive buffer that has stopped reading."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", broadcaster.port))
    connection = await connect_to(broadcaster.port, sock=raw, ping_interval=None)
    peer = Peer(connection)
    await peer.sign_in(user)
    await peer.send(op="subscribe", channels=["positions"])
    connection.transport.pause_reading()
    yield peer
    connection.transport.abort()


def rows_worth(value: int, instruments: list[InstrumentId]) -> dict[InstrumentId, Position]:
    return {instrument: position_of(instrument, f"{value}.{place:02}") for place, instrument in enumerate(instruments)}


async def fill_up(publisher: Publisher, broadcaster: Running, instruments: list[InstrumentId]) -> tuple[Wire, int]:
    """Publish until one client's socket is full; return it and the last value."""

    def full() -> Wire | None:
        return next((wire for wire in broadcaster.broadcaster.wires if wire.full_since is not None), None)

    for value in range(2, 500):
        await publisher.publish(figures_of("1.00", ROWS), rows_worth(value, instruments))
        await asyncio.sleep(0.03)
        wire = full()
        if wire is not None:
            return wire, value
    raise AssertionError("the stalled client's socket never filled up")


async def test_a_stalled_client_stays_small_and_alone(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A client that does not read costs a bounded buffer; others stay current; when it reads again, so is it."""
    user, instruments = await add_user(pool), [new_instrument() for _ in range(ROWS)]
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00", ROWS), rows_worth(1, instruments))
    async with (
        broadcaster_at(postgres_dsn, redis_url, max_rate_hz=1000) as broadcaster,
        stalling_peer(broadcaster, user) as stalled,
        peer_of(broadcaster) as healthy,
    ):
        await healthy.sign_in(user)
        await healthy.subscribe("positions")
        snapshot = await healthy.receive()
        largest = len(str(snapshot))
        known = Replicas()
        known.receive(snapshot)
        wire, value = await fill_up(publisher, broadcaster, instruments)
        for last in range(value + 1, value + 101):
            await publisher.publish(figures_of("1.00", ROWS), rows_worth(last, instruments))
        newest = rows_worth(value + 100, instruments)
        async with asyncio.timeout(5):
            await read_until(healthy, known, newest)
        assert wire.full_since is not None
        assert wire.transport.get_write_buffer_size() <= HIGH_WATER_BYTES + largest
        stalled.connection.transport.resume_reading()
        messages = await read_until(stalled, Replicas(), newest)
        assert messages < 100, "the client was sent what it missed instead of where things stand"


async def read_until(peer: Peer, replicas: Replicas, rows: dict[InstrumentId, Position]) -> int:
    """Apply messages until the channel shows these rows' values; return how many it took. A gap fails."""
    wanted = {instrument: float(row.market_value or 0) for instrument, row in rows.items()}
    state: dict[str, float] = {}
    count = 0
    while state != wanted:
        message = await peer.receive()
        if message["type"] in {"snapshot", "delta"}:
            count += 1
            replica = replicas.receive(message)
            assert replica is not None, "a message is missing"
            state = {key: row["market_value"] for key, row in replica.state.items()}
    return count


async def test_a_client_that_never_reads_again_is_closed(
    postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unread data for too long: the client is closed with 1013."""
    monkeypatch.setattr("broadcaster.watchdog.STALLED_AFTER_S", 0.5)
    user, instruments = await add_user(pool), [new_instrument() for _ in range(ROWS)]
    publisher = Publisher(bus, user)
    async with (
        broadcaster_at(postgres_dsn, redis_url, max_rate_hz=1000) as broadcaster,
        stalling_peer(broadcaster, user) as stalled,
    ):
        await fill_up(publisher, broadcaster, instruments)
        await wait_until(lambda: any(not wire.is_open for wire in broadcaster.broadcaster.wires), 5, "closing")
        stalled.connection.transport.resume_reading()
        assert await stalled.close_code() == 1013
        await wait_until(lambda: not broadcaster.broadcaster.clients, 5, "the client is forgotten")


async def test_a_silent_client_is_closed(
    postgres_dsn: str, redis_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that answers no pings is taken for gone; one that does stays."""
    user = await add_user(pool)
    async with (
        broadcaster_at(postgres_dsn, redis_url, heartbeat_s=1.0) as broadcaster,
        peer_of(broadcaster, ping_interval=None) as silent,
        peer_of(broadcaster, ping_interval=None) as alive,
    ):
        for peer in (silent, alive):
            await peer.sign_in(user)
        silent.connection.transport.pause_reading()
        await wait_until(lambda: len(broadcaster.broadcaster.clients) == 1, 15, "one client left")
        await alive.send(op="ping", id=1)
        assert await alive.receive() == {"type": "pong", "id": 1}
        silent.connection.transport.resume_reading()


async def test_redis_restarts(postgres_dsn: str, tmp_path: Path, pool: Pool) -> None:
    """Redis gone: clients keep what they have and are told; back, and empty: they go on with new values."""
    user = await add_user(pool)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    valkey = EmbeddedValkey(tmp_path / "valkey", port)
    valkey.start()
    try:
        async with open_bus(valkey.url) as bus:
            await Publisher(bus, user).publish(figures_of("1.00"))
        async with broadcaster_at(postgres_dsn, valkey.url) as broadcaster, peer_of(broadcaster) as peer:
            await peer.sign_in(user)
            await peer.subscribe("portfolio", "market")
            assert (await peer.receive_kind("snapshot", "portfolio"))["data"]["total_value"] == 1
            valkey.stop()
            market = await peer.receive_kind("delta", "market")
            while "feed" not in market["data"]:
                market = await peer.receive_kind("delta", "market")
            assert market["data"]["feed"] == "disconnected"
            async with peer_of(broadcaster) as late:
                await late.sign_in(user)
                assert (await late.subscribe("portfolio"))["channels"] == ["portfolio"]
                assert (await late.receive())["data"]["total_value"] == 1
            valkey.start()
            async with open_bus(valkey.url) as bus:
                await wait_for_subscriber(bus, user)
                await Publisher(bus, user).publish(figures_of("2.00"))
            delta = await peer.receive_kind("delta", "portfolio")
            while "total_value" not in delta["data"]:  # an empty Redis knows of no calculator, which may be told first
                delta = await peer.receive_kind("delta", "portfolio")
            assert delta["data"]["total_value"] == 2
    finally:
        valkey.stop()


async def wait_for_subscriber(bus: Bus, user: UserId) -> None:
    """Wait until the broadcaster has announced the user again, as calculators do, and listens."""
    partition = partition_of(user)

    async def is_ready() -> bool:
        watched = SubjectKey(user, None) in await read_interest(bus, [partition])
        answer = await bus.pubsub_shardnumsub(value_feed(partition))
        return watched and dict(answer).get(value_feed(partition).encode(), 0) > 0

    await wait_until(is_ready, 10, "the broadcaster is back")


async def test_the_stream_survives_a_restart_of_the_broadcaster(
    postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus
) -> None:
    """The client library reconnects, resumes or takes a snapshot, and its state is right."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        port = broadcaster.port
        stream = Stream(f"ws://127.0.0.1:{port}/v1", token_for(user), ["portfolio"])
        updates = stream.updates()
        while stream.replicas.by_channel.get("portfolio") is None:
            await anext(updates)
        before = stream.replicas.by_channel["portfolio"]
    async with broadcaster_at(postgres_dsn, redis_url, broadcaster_port=port):
        await publisher.publish(figures_of("2.00"))
        async with asyncio.timeout(10):
            while stream.replicas.by_channel["portfolio"].state["total_value"] != 2:
                await anext(updates)
    assert stream.replicas.by_channel["portfolio"].epoch != before.epoch
    await updates.aclose()


@pytest.mark.parametrize("packed", [False, True])
async def test_the_stream_resumes_after_a_cut(
    postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus, packed: bool
) -> None:
    """A cut connection is picked up with a delta; no snapshot is needed."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00"))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        reasons: list[str] = []
        url = f"ws://127.0.0.1:{broadcaster.port}/v1"
        stream = Stream(url, token_for(user), ["portfolio"], packed=packed, on_disconnect=reasons.append)
        updates = stream.updates()
        while (await anext(updates)).message["type"] != "snapshot":
            pass
        for wire in broadcaster.broadcaster.wires:
            wire.transport.abort()
        await publisher.publish(figures_of("2.00"))
        async with asyncio.timeout(10):
            kinds = []
            while stream.replicas.by_channel["portfolio"].state["total_value"] != 2:
                kinds.append((await anext(updates)).message["type"])
        assert "delta" in kinds
        assert "snapshot" not in kinds
        assert len(reasons) == 1
        await updates.aclose()


async def test_the_stream_gives_up_when_refused(postgres_dsn: str, redis_url: str) -> None:
    """A wrong token is an error, not a loop."""
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        with pytest.raises(Refused) as refused:
            async for _ in Stream(f"ws://127.0.0.1:{broadcaster.port}/v1", "nonsense", ["portfolio"]):
                pass
    assert refused.value.code == 4401
