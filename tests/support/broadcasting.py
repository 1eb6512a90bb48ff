"""A broadcaster in the test's own process, and what it needs around it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from broadcaster.stage import Running, running
from realtime.auth import Tokens
from realtime.bus.client import Bus
from realtime.bus.direct import Directs
from realtime.bus.values import next_generation, publish
from realtime.clock import WallClock
from realtime.contract import names
from realtime.contract.messages import Revision, ValueBatch, ValueUpdate
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import block_of, partition_of
from realtime.domain.price import PriceSource
from realtime.domain.value import Figures, Position, Repriced
from realtime.log import Log
from realtime.process import Health
from realtime.settings import Settings
from realtime.store.pool import Pool
from tests.support.leaks import LEAKS

SECRET = "a secret of the tests, long enough"
TOKENS = Tokens(SECRET, "navstream", "navstream")
AS_OF = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
RECEIVE_WITHIN_S = 5.0


def token_for(user_id: UserId, lifetime_s: float = 600) -> str:
    return TOKENS.issue(user_id, WallClock().now(), lifetime_s)


@asynccontextmanager
async def broadcaster_at(postgres_dsn: str, redis_url: str, **settings: Any) -> AsyncIterator[Running]:
    chosen: dict[str, Any] = {"broadcaster_port": 0, "auth_timeout_s": 0.5, **settings}
    configured = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it, its types do not say so
        database_url=postgres_dsn,
        redis_url=redis_url,
        jwt_secret=SecretStr(SECRET),
        **chosen,
    )
    async with running(configured, Health(), Log()) as broadcaster:
        yield broadcaster


class Peer:
    """A bare WebSocket client: what it sends and receives is exactly what a test says."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **op: Any) -> None:
        await self.connection.send(msgspec.json.encode(op).decode())

    async def receive(self, within_s: float = RECEIVE_WITHIN_S) -> dict[str, Any]:
        async with asyncio.timeout(within_s):
            data = await self.connection.recv()
        message: dict[str, Any]
        message = msgspec.msgpack.decode(data) if isinstance(data, bytes) else msgspec.json.decode(data)
        LEAKS.hear("WebSocket", repr(message))
        return message

    async def receive_kind(self, kind: str, channel: str | None = None) -> dict[str, Any]:
        """Return the next message of a type, and channel; what comes before it is skipped."""
        while True:
            message = await self.receive()
            if message["type"] == kind and channel in {None, message.get("channel")}:
                return message

    async def sign_in(self, user_id: UserId) -> dict[str, Any]:
        await self.send(op="auth", token=token_for(user_id))
        message = await self.receive()
        assert message["type"] == "welcome", message
        return message

    async def subscribe(self, *channels: str, **fields: Any) -> dict[str, Any]:
        await self.send(op="subscribe", id=1, channels=list(channels), **fields)
        return await self.receive_kind("subscribed")

    async def close_code(self) -> int | None:
        """Read on until the server closes; return its code."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(RECEIVE_WITHIN_S):
                while True:
                    await self.connection.recv()
        return self.connection.close_code


@asynccontextmanager
async def peer_of(broadcaster: Running, path: str = "/v1", **options: Any) -> AsyncIterator[Peer]:
    connection = await connect_to(broadcaster.port, path, **options)
    yield Peer(connection)
    await connection.close()


async def connect_to(port: int, path: str = "/v1", **options: Any) -> ClientConnection:
    return await connect(f"ws://127.0.0.1:{port}{path}", compression=None, proxy=None, **options)


class Publisher:
    """Publishes values as the calculator that holds a user's partition does."""

    def __init__(self, bus: Bus, user_id: UserId) -> None:
        self._bus = bus
        self._directs = Directs(bus)
        self.user_id = user_id
        self.generation = 0
        self.number = 0

    async def claim(self) -> None:
        """Start a new generation, alive until Redis is emptied."""
        await self._bus.set(names.lease(names.calculator_block(block_of(partition_of(self.user_id)))), "publisher")
        self.generation = await next_generation(self._bus, partition_of(self.user_id))
        self.number = 0

    def skip_batches(self, count: int) -> None:
        """As if that many batches had been published and lost."""
        self.number += count

    async def publish(
        self,
        figures: Figures,
        positions: dict[InstrumentId, Position] | None = None,
        *,
        account_id: AccountId | None = None,
        full: bool = True,
        as_of: datetime = AS_OF,
    ) -> None:
        if not self.generation:
            await self.claim()
        self.number += 1
        update = ValueUpdate(self.user_id, account_id, figures, full, positions or {})
        batch = ValueBatch(Revision(self.generation, self.number), as_of, None, (update,))
        await publish(self._directs, partition_of(self.user_id), batch)


def figures_of(total: str, positions_count: int = 0) -> Figures:
    return Figures(
        market_value=Decimal(total),
        cash=Decimal("0.00"),
        total_value=Decimal(total),
        cost_basis=Decimal("100.00"),
        unrealized_gain=Decimal(total) - 100,
        unrealized_gain_pct=Decimal("5.2500"),
        day_change=None,
        day_change_pct=None,
        live_coverage=Decimal("0.9300"),
        stale_since=None,
        stale_count=0,
        unpriced_count=0,
        uncosted_count=0,
        estimated_value=Decimal("0.00"),
        positions_count=positions_count,
        currency="USD",
        session="regular",
        holdings_as_of=AS_OF,
    )


def position_of(instrument: InstrumentId, value: str, account_id: AccountId | None = None) -> Position:
    return Position(
        instrument=instrument,
        symbol="BRK.B",
        name="Berkshire Hathaway",
        asset_class=AssetClass.EQUITY,
        quantity=Decimal(2),
        multiplier=Decimal(1),
        price=Decimal(value) / 2,
        price_time=AS_OF,
        price_source=PriceSource.TRADE,
        stale=False,
        previous_close=Decimal("480.10"),
        previous_close_date=date(2026, 11, 19),
        currency="USD",
        fx_rate=Decimal(1),
        market_value=Decimal(value),
        cost_basis=None,
        average_cost=None,
        unrealized_gain=None,
        unrealized_gain_pct=None,
        day_change=None,
        day_change_pct=None,
        unpriced_reason=None,
        institution="First Bank" if account_id else None,
        account=account_id,
    )


def repriced_to(value: str, *contributed: str) -> Repriced:
    """Return what `position_of` becomes at another value."""
    return Repriced(
        price=Decimal(value) / 2,
        price_time=AS_OF,
        price_source=PriceSource.QUOTE,
        market_value=Decimal(value),
        unrealized_gain=None,
        unrealized_gain_pct=None,
        day_change=None,
        day_change_pct=None,
        regular=Decimal(1),
        extended=None,
        overnight=None,
        round_the_clock=None,
        contributed=tuple(map(Decimal, contributed)),
    )


def new_instrument() -> InstrumentId:
    return InstrumentId(str(uuid4()))


async def add_user(pool: Pool) -> UserId:
    user = uuid4()
    await pool.execute("insert into users (id, name) values ($1, 'Ada')", user)
    return UserId(str(user))


async def add_account(pool: Pool, user_id: UserId) -> AccountId:
    connection, account = uuid4(), uuid4()
    await pool.execute(
        "insert into connections (id, user_id, provider, provider_connection_id) values ($1, $2, 'plaid', $3)",
        connection,
        user_id,
        str(connection),
    )
    await pool.execute(
        """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type,
           name, currency) values ($1, $2, $3, $4, 'plaid', 'p', 'investment', 'IRA', 'USD')""",
        account,
        f"plaid_{account.hex}",
        user_id,
        connection,
    )
    return AccountId(f"plaid_{account.hex}")
