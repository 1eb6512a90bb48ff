"""`navstream watch` against a broadcaster."""

import asyncio
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from navstream.client import Refused
from realtime.bus.client import Bus
from realtime.store.pool import Pool
from realtime.watch import draw, watch
from tests.support.broadcasting import (
    Publisher,
    add_account,
    add_user,
    broadcaster_at,
    figures_of,
    new_instrument,
    position_of,
    token_for,
)
from tests.support.waiting import wait_until


async def test_every_message_as_a_line(
    postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --json each message of the server is one line of JSON, as it came."""
    user = await add_user(pool)
    account = await add_account(pool, user)
    row = position_of(instrument := new_instrument(), "7.50", account)
    await Publisher(bus, user).publish(figures_of("7.50", 1), {instrument: row}, account_id=account)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        url = f"ws://127.0.0.1:{broadcaster.port}/v1"
        seen: list[str] = []

        def has_snapshots() -> bool:
            seen.append(capsys.readouterr().out)
            return "".join(seen).count("snapshot") == 3

        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(watch(url, token_for(user), account, as_json=True))
            await wait_until(has_snapshots, 5, "three snapshots")
            task.cancel()
    text = "".join(seen)
    messages = [msgspec.json.decode(line) for line in text.splitlines()]
    assert [message["type"] for message in messages[:2]] == ["welcome", "subscribed"]
    assert messages[1]["channels"] == [f"account:{account}", f"positions:{account}", "market"]
    assert any(message.get("data", {}).get("total_value") == 7.5 for message in messages)


async def test_drawing(postgres_dsn: str, redis_url: str, pool: Pool, bus: Bus) -> None:
    """Without --json the portfolio is drawn, and drawn again when it changes."""
    user, instrument = await add_user(pool), new_instrument()
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1234.50", 1), {instrument: position_of(instrument, "1234.50")})
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, asyncio.TaskGroup() as tasks:
        url = f"ws://127.0.0.1:{broadcaster.port}/v1"
        task = tasks.create_task(draw(url, token_for(user), ["portfolio", "positions", "market"], console))
        await wait_until(lambda: "1,234.50" in screen.getvalue() and "BRK.B" in screen.getvalue(), 5, "the portfolio")
        await publisher.publish(figures_of("99.25", 1), {instrument: position_of(instrument, "99.25")})
        await wait_until(lambda: "99.25" in screen.getvalue(), 5, "the change")
        task.cancel()


async def test_a_wrong_token_ends_it(postgres_dsn: str, redis_url: str) -> None:
    """With the server's words."""
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        with pytest.raises(Refused, match="token is not valid"):
            await watch(f"ws://127.0.0.1:{broadcaster.port}/v1", "nonsense", None, as_json=True)
