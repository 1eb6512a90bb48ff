"""Why is it this number: the explanation is what clients see at the same moment, from calculator to answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import msgspec
import pytest

from api.app import Parts, create_app
from api.serving import serving
from navstream.client import Stream
from realtime.auth import Tokens
from realtime.bus.client import Bus
from realtime.bus.interest import read_interest
from realtime.bus.values import read_generation
from realtime.clock import WallClock
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import partition_of
from realtime.errors import BadRequest, RetryLater
from realtime.explain_now import explain_now
from realtime.settings import Settings
from realtime.store.pool import Pool
from tests.integration.test_calculator import NOON, Desk, price
from tests.support.books import add_account, add_instrument, add_user, hold
from tests.support.broadcasting import SECRET, broadcaster_at
from tests.support.waiting import wait_until


@pytest.fixture
def desk(bus: Bus, pool: Pool, postgres_dsn: str, redis_url: str) -> Desk:
    settings = Settings(
        database_url=postgres_dsn, redis_url=redis_url, market_origin=NOON, wall_origin=WallClock().now()
    )
    return Desk(bus, pool, settings, redis_url)


class Book:
    """A user with two accounts in two currencies and something of everything."""

    user_id: UserId
    first: AccountId
    second: AccountId
    moving: list[InstrumentId]

    async def write(self, pool: Pool) -> None:
        self.user_id = await add_user(pool)
        first, second = await add_account(pool, self.user_id), await add_account(pool, self.user_id, "CAD")
        self.first, self.second = first.id, second.id
        stock, coin = await add_instrument(pool, "AAPL"), await add_instrument(pool, "BTC/USD", AssetClass.CRYPTO)
        option = await add_instrument(pool, "AAPL280121C00250000", AssetClass.OPTION, multiplier=100)
        fund = await add_instrument(pool, "FUND", AssetClass.MUTUAL_FUND, provider_price="12.345")
        canadian = await add_instrument(pool, "CUR:CAD", AssetClass.CASH, currency="CAD")
        dollars = await add_instrument(pool, "CUR:USD", AssetClass.CASH)
        unpriced = await add_instrument(pool, "NONE")
        quantities = {stock: "10.333", option: "-2", coin: "0.12345678", dollars: "-250.55", unpriced: "3"}
        await hold(pool, first, quantities, {stock: "900.15"})
        await hold(pool, second, {stock: "-3.7", fund: "100.001", canadian: "1000.07"}, {fund: "1000"})
        self.moving = [stock, option, coin, canadian]


class Recorder:
    """A client that remembers what each channel held at each moment."""

    def __init__(self, url: str, token: str, accounts: tuple[AccountId, ...]) -> None:
        channels = ["portfolio", "positions"]
        channels += [f"{kind}:{account}" for account in accounts for kind in ("account", "positions")]
        self.stream = Stream(url, token, channels)
        self.seen: dict[tuple[str, str], Mapping[str, Any]] = {}

    async def run(self) -> None:
        async with aclosing(self.stream.updates()) as updates:
            async for update in updates:
                if update.channel is not None and update.state is not None:
                    self.seen[update.channel, update.message["as_of"]] = update.state


@asynccontextmanager
async def api_over(pool: Pool, bus: Bus, files: Path, user_id: UserId) -> AsyncIterator["Asker"]:
    settings = Settings(websocket_url="ws://127.0.0.1:9/v1", dashboard_dir=files)
    tokens = Tokens(SECRET, "navstream", "navstream")
    (files / "index.html").write_text("<!doctype html>")
    app = create_app(Parts(settings, pool, bus, tokens, WallClock()))
    async with serving(app, "127.0.0.1", 0) as server, aiohttp.ClientSession() as http:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Asker(f"http://127.0.0.1:{port}", http, tokens.issue(user_id, WallClock().now(), 60))


async def calculating(bus: Bus, user_id: UserId) -> None:
    """Wait until a calculator has claimed the user's partition; before that the answer is "try later"."""

    async def has_claimed() -> bool:
        return await read_generation(bus, partition_of(user_id)) is not None

    await wait_until(has_claimed, 20, "a calculator")


class Asker:
    """The user's REST client."""

    def __init__(self, url: str, http: aiohttp.ClientSession, token: str) -> None:
        self._url = url
        self._http = http
        self.token = token

    async def ask(self, path: str, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self._http.get(self._url + path, headers=headers) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json()


async def test_it_equals_what_a_client_sees_while_prices_move(
    desk: Desk, pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str, tmp_path: Path
) -> None:
    """Every figure and every line, at the same as_of, to the last digit; and the lines add up to the cent."""
    book = Book()
    await book.write(pool)
    chance = Random(7)

    async def move() -> None:
        seconds = 0
        while True:
            seconds += 1
            some = chance.sample(book.moving, chance.randint(1, 4))
            await desk.send(*(price(key, str(chance.randint(5_000, 15_000) / 100), seconds=seconds) for key in some))
            await asyncio.sleep(0.03)

    async with (
        desk.calculator(),
        broadcaster_at(postgres_dsn, redis_url, max_rate_hz=1000) as broadcaster,
        api_over(pool, bus, tmp_path, book.user_id) as api,
        asyncio.TaskGroup() as tasks,
    ):
        url = f"ws://127.0.0.1:{broadcaster.port}/v1"
        recorder = Recorder(url, api.token, (book.first, book.second))
        running = [tasks.create_task(recorder.run()), tasks.create_task(move())]
        await wait_until(lambda: len(recorder.seen) > 20, what="values to move")
        compared = dict.fromkeys((None, book.first, book.second), 0)

        async def compare(account: AccountId | None) -> None:
            path = "portfolio" if account is None else f"accounts/{account}"
            answer = await api.ask(f"/api/{path}/explain")
            names = ("portfolio", "positions") if account is None else (f"account:{account}", f"positions:{account}")
            moments = [(name, answer["as_of"]) for name in names]
            await asyncio.sleep(0.02)  # the client's message may be on its way
            if all(moment in recorder.seen for moment in moments):
                check(answer, *(recorder.seen[moment] for moment in moments))
                compared[account] += 1

        async def enough() -> bool:
            for account in compared:
                await compare(account)
            return min(compared.values()) >= 10

        await wait_until(enough, 20, "ten comparisons of each")
        for task in running:
            task.cancel()


def check(answer: dict[str, Any], figures: Mapping[str, Any], positions: Mapping[str, Any]) -> None:
    told, lines = answer["figures"], {line["position"]["instrument"]: line for line in answer["lines"]}
    assert told == figures
    assert {instrument: line["position"] for instrument, line in lines.items()} == positions
    for name in ("market_value", "cash", "total_value", "day_change"):
        parts = [answer[part][name] for part in ("sums", "not_in_lines", "rounding")]
        assert sum(map(exact, parts)) == exact(figures[name]), name
        assert answer["not_in_lines"][name] == 0


def exact(number: float) -> Decimal:
    return Decimal(str(number))


async def test_nobody_needs_to_watch(desk: Desk, pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """An account that no client looks at is valued for the question, with its sources in every line."""
    book = Book()
    await book.write(pool)
    await desk.send(price(book.moving[0], "101.37"), price(book.moving[1], "4.2"))
    async with desk.calculator(), api_over(pool, bus, tmp_path, book.user_id) as api:
        await calculating(bus, book.user_id)
        assert await read_interest(bus, [partition_of(book.user_id)]) == frozenset()
        answer = await api.ask(f"/api/accounts/{book.first}/explain")
    lines = {line["position"]["symbol"]: line for line in answer["lines"]}
    stock, option, unpriced = lines["AAPL"], lines["AAPL280121C00250000"], lines["NONE"]
    assert answer["live"]
    assert answer["accounts"][book.first]["holdings_as_of"] == "2026-11-20T07:00:00Z"
    assert answer["accounts"][book.first]["age_s"] >= 10 * 3600
    assert stock["product"] == 1047.45621
    assert stock["position"]["market_value"] == 1047.46
    assert (stock["price_session"], stock["position"]["price_source"]) == ("regular", "trade")
    assert stock["price_age_s"] >= 0
    assert (stock["position"]["previous_close"], stock["position"]["previous_close_date"]) == (100, "2026-11-19")
    assert (option["position"]["multiplier"], option["product"]) == (100, -840)
    assert unpriced["position"]["market_value"] is None
    assert {"total": "total_value", "reason": "no_price"} in unpriced["omissions"]
    assert answer["rounding"]["total_value"] == pytest.approx(0, abs=0.03)


async def test_a_foreign_account_is_not_found(desk: Desk, pool: Pool, bus: Bus, tmp_path: Path) -> None:
    """The answer is that of an account that does not exist, and nothing is computed for it."""
    ada, grace = Book(), Book()
    await ada.write(pool)
    grace.user_id = await add_user(pool)
    grace.first = (await add_account(pool, grace.user_id)).id
    async with desk.calculator(), api_over(pool, bus, tmp_path, ada.user_id) as api:
        for account in (grace.first, "plaid_none"):
            answer = await api.ask(f"/api/accounts/{account}/explain", status=404)
            assert answer["code"] == "unknown_account"
    assert await read_interest(bus, [partition_of(grace.user_id)]) == frozenset()


async def test_in_the_terminal(desk: Desk, pool: Pool, bus: Bus, capsys: pytest.CaptureFixture[str]) -> None:
    """`navstream explain` prints an account's lines, or a portfolio as JSON; a foreign account is refused."""
    book = Book()
    await book.write(pool)
    await desk.send(price(book.moving[0], "101.37"))
    async with desk.calculator():
        await calculating(bus, book.user_id)
        await explain_now(desk.settings, None, book.first, as_json=False)
        assert "AAPL" in capsys.readouterr().out
        await explain_now(desk.settings, book.user_id, None, as_json=True)
        [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]  # others log here too
        answer = msgspec.json.decode(line)
        assert set(answer["accounts"]) == {book.first, book.second}
        with pytest.raises(BadRequest, match="no account"):
            await explain_now(desk.settings, await add_user(pool), book.first, as_json=False)


async def test_without_a_calculator_it_says_so(desk: Desk, pool: Pool) -> None:
    """Nobody computes values: try later, never zeros."""
    book = Book()
    await book.write(pool)
    with pytest.raises(RetryLater):
        await explain_now(desk.settings, book.user_id, None, as_json=True)
