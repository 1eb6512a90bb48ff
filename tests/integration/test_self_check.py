"""Client and server agree by hash, or the client asks for a snapshot."""

import asyncio
from contextlib import aclosing
from decimal import Decimal
from typing import Any, cast

import pytest

from navstream.client import Stream
from realtime.bus.client import Bus
from realtime.store.pool import Pool
from tests.support.broadcasting import (
    Publisher,
    add_user,
    broadcaster_at,
    figures_of,
    new_instrument,
    peer_of,
    position_of,
    token_for,
)
from tests.support.waiting import wait_until

CHANNELS = ("portfolio", "positions", "market")


@pytest.mark.parametrize("packed", [False, True])
async def test_a_corrupted_client_heals(
    postgres_dsn: str,
    redis_url: str,
    pool: Pool,
    bus: Bus,
    packed: bool,
) -> None:
    """A client that holds something else than it was sent notices, starts over, and agrees from then on."""
    user, instrument = await add_user(pool), new_instrument()
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("105.10", 1), {instrument: position_of(instrument, "105.10")})
    async with broadcaster_at(postgres_dsn, redis_url, self_check_s=0.05) as broadcaster:
        url = f"ws://127.0.0.1:{broadcaster.port}/v1"
        stream = Stream(url, token_for(user), CHANNELS, packed=packed)
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(_read(stream))
            await wait_until(lambda: stream.agreed_count >= 6, 5, "agreement on all channels, twice")
            assert stream.drifted_count == 0
            row = cast("dict[str, Any]", stream.replicas.by_channel["positions"].state[instrument])
            row["market_value"] = 999.99
            await wait_until(lambda: stream.drifted_count == 1, 5, "the drift to be noticed")
            await wait_until(lambda: _value(stream, instrument) == 105.1, 5, "the right value")
            agreed = stream.agreed_count
            await publisher.publish(
                figures_of("106.20", 1), {instrument: position_of(instrument, "106.20")}, full=False
            )
            await wait_until(lambda: _value(stream, instrument) == 106.2, 5, "the next delta")
            await wait_until(lambda: stream.agreed_count >= agreed + 6, 5, "agreement again")
            assert stream.drifted_count == 1
            reader.cancel()


async def test_only_who_asks_is_checked(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """A client of version 1 that knows no checks gets none."""
    user = await add_user(pool)
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("105.25"))
    async with (
        broadcaster_at(postgres_dsn, redis_url, self_check_s=0.02) as broadcaster,
        peer_of(broadcaster) as quiet,
        peer_of(broadcaster) as checked,
    ):
        for peer, fields in ((quiet, {}), (checked, {"self_check": True})):
            await peer.sign_in(user)
            await peer.subscribe("portfolio", **fields)
            await peer.receive_kind("snapshot")
        for _ in range(3):
            assert (await checked.receive())["type"] == "check"
        await publisher.publish(figures_of("106.25"))
        assert (await quiet.receive())["type"] == "delta"


async def _read(stream: Stream) -> None:
    async with aclosing(stream.updates()) as updates:
        async for _ in updates:
            pass


def _value(stream: Stream, instrument: str) -> float | Decimal | None:
    positions = stream.replicas.by_channel.get("positions")
    return None if positions is None else positions.state[instrument]["market_value"]
