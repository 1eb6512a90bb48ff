"""Small worlds for the broadcaster's unit tests."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from broadcaster.channels import Channel, State, parse_channel
from broadcaster.client import Client
from broadcaster.encoding import JSON, Encoding
from broadcaster.protocol import Limits
from realtime.domain.account import UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import PriceSource
from realtime.domain.value import Contribution, Figures, Position

ADA = UserId("00000000-0000-0000-0000-000000000001")
BOB = UserId("00000000-0000-0000-0000-000000000002")
AS_OF = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


class Page:
    """A writer that keeps what is written; `has_room` is the test's to say."""

    def __init__(self) -> None:
        self.has_room = True
        self.frames: list[bytes] = []
        self.write = self.frames.append


def channel_named(text: str = "portfolio", user_id: UserId = ADA) -> Channel:
    name = parse_channel(text)
    assert name is not None
    return Channel(user_id, name)


def state_of(data: Mapping[str, Any], as_of: str = "2026-11-20T15:30:00.000000Z") -> State:
    return State(as_of, data)


def client_of(page: Page | None = None, encoding: Encoding = JSON, epoch: str = "e1", rate: float = math.inf) -> Client:
    return Client("c1", epoch, ADA, encoding, page or Page(), Limits(10, 1000, rate))


def figures_of(total: str, positions_count: int = 0) -> Figures:
    amount = Decimal(total)
    return Figures(
        market_value=amount,
        cash=Decimal("0.00"),
        total_value=amount,
        cost_basis=None,
        unrealized_gain=None,
        unrealized_gain_pct=None,
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


def position_of(instrument: str, value: str, *contributions: Contribution) -> Position:
    return Position(
        instrument=InstrumentId(instrument),
        symbol="BRK.B",
        name="Berkshire Hathaway",
        asset_class=AssetClass.EQUITY,
        quantity=Decimal(-2),
        multiplier=Decimal(1),
        price=Decimal(value),
        price_time=AS_OF,
        price_source=PriceSource.TRADE,
        stale=False,
        previous_close=None,
        previous_close_date=None,
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
        contributions=contributions,
    )
