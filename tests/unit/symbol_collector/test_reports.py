"""What a collector says of each stream."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from realtime.domain.asset_class import AssetClass, MarketStream
from realtime.domain.instrument import Instrument, InstrumentId
from symbol_collector.feed_state import StreamFacts
from symbol_collector.reports import Reports
from tests.support.hand_clock import HandClock

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
FACTS = StreamFacts(
    started=True,
    connected=True,
    acknowledged_count=1,
    missing_count=0,
    refusal=None,
    silent_s=1.0,
    silent_after_s=30.0,
    quiet_s=90.04,
)


def instrument(symbol: str, asset_class: AssetClass) -> Instrument:
    return Instrument(InstrumentId(symbol), symbol, asset_class, "USD", Decimal(1), symbol, listed=True)


HELD = {
    each.id: each for each in (instrument("AAPL", AssetClass.EQUITY), instrument("BTC/USD", AssetClass.CRYPTO))
}  # fmt: skip


def test_each_stream_has_the_time_of_its_own_newest_price() -> None:
    """Ensure a coin's price says nothing of stocks, and silence counts over all reconnects."""
    times = {"AAPL": NOON, "BTC/USD": None}
    reports = Reports(lambda ids: max((t for each in ids if (t := times[each])), default=None), HandClock())
    facts = {MarketStream.STOCK: FACTS, MarketStream.CRYPTO: FACTS}
    stock, crypto = reports.of(facts, HELD, {}, lambda _stream: 30)
    assert (stock.price_time, crypto.price_time) == (NOON, None)
    assert stock.silent_s == 90.0
    assert (stock.symbols_max, stock.polled_count) == (30, 0)


def test_prices_are_searched_every_five_seconds_alone() -> None:
    """Ensure a report twice a second does not walk ten thousand prices each time."""
    looks: list[float] = []
    clock = HandClock()

    def newest(_ids: Iterable[InstrumentId]) -> datetime:
        looks.append(clock.monotonic())
        return NOON

    reports = Reports(newest, clock)
    for _ in range(20):
        assert reports.of({MarketStream.STOCK: FACTS}, HELD, {}, lambda _stream: None)[0].price_time == NOON
        clock.move(0.5)
    assert looks == [0.0, 5.0]
