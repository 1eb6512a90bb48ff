"""When the price behind a batch was made."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from calculator.publisher import traded_us_of
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource

TIME = datetime(2026, 11, 20, 15, 30, 0, 250, tzinfo=UTC)


def price(source: PriceSource, time: datetime | None = TIME) -> Price:
    return Price(InstrumentId("1"), Decimal(1), time, source, 0, None, None, 0)


@pytest.mark.parametrize("source", PriceSource)
def test_only_what_a_stream_sends_has_a_time_from_which_we_are_measured(source: PriceSource) -> None:
    """Ensure an hour-old price from a poll is no latency of ours."""
    streamed = source in {PriceSource.TRADE, PriceSource.QUOTE, PriceSource.BAR}
    assert traded_us_of(price(source)) == (round(TIME.timestamp() * 1e6) if streamed else None)
    assert traded_us_of(price(source, None)) is None
