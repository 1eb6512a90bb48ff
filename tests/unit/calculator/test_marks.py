"""The table of marks: what moves when prices, closes, corporate actions and time do."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from calculator.fx import Rates
from calculator.mark import ProviderMark
from calculator.marks import Marks, Moved
from calculator.moment import Moment
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.price import Price, PriceSource
from realtime.domain.value import StaleReason
from tests.unit.calculator.worlds import instrument

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
MOMENT = Moment.at(NOON)
YESTERDAY = date(2026, 11, 19)
BELL = datetime(2026, 11, 19, 21, tzinfo=UTC)
STOCK = instrument(1, AssetClass.EQUITY)
FUND = instrument(2, AssetClass.MUTUAL_FUND)
CANADIAN = instrument(3, AssetClass.CASH, "CAD")
PRICE = Price(STOCK.id, Decimal("10.5"), NOON, PriceSource.QUOTE, 0, Decimal(10), YESTERDAY, 1)


def price(**fields: object) -> Price:
    return Price(**{name: getattr(PRICE, name) for name in Price.__slots__} | fields)


def marks() -> Marks:
    made = Marks(Rates(), MOMENT)
    made.add([STOCK, FUND, CANADIAN])
    return made


def test_prices_move_forward_unless_the_market_takes_one_back() -> None:
    """Ensure an older price changes nothing, and a higher revision always does."""
    table = marks()
    assert table.observe([PRICE]).columns == {0}
    assert table.observe([price(price=Decimal(9), time=NOON - timedelta(seconds=1))]) == Moved()
    corrected = price(price=Decimal(8), time=NOON - timedelta(seconds=5), revision=1)
    assert table.observe([corrected]).columns == {0}
    assert table.marks[0].price == 8


def test_an_equal_mark_has_not_moved() -> None:
    """Ensure a price that changes nothing costs its holders nothing."""
    table = marks()
    table.observe([PRICE])
    assert table.observe([price(received_ns=2)]) == Moved()


def test_board_has_the_last_word() -> None:
    """Ensure what the board says counts even if it is older, and what it has lost is replaced by the next price."""
    table = marks()
    table.observe([price(revision=7)])
    table.take_board([])
    assert table.marks[0].price == Decimal("10.5")
    assert table.observe([price(price=Decimal(3), time=NOON - timedelta(hours=1))]).columns == {0}
    table.take_board([price(price=Decimal(2), time=NOON - timedelta(hours=2))])
    assert table.marks[0].price == 2


def test_price_known_before_its_instrument() -> None:
    """Ensure a price that came before anybody held the instrument marks it at once when somebody does."""
    table = Marks(Rates(), MOMENT)
    table.observe([PRICE, price(instrument_id=CANADIAN.id, price=Decimal("0.7"))])
    moved = table.add([STOCK, CANADIAN])
    assert table.marks[0].price == Decimal("10.5")
    assert moved.currencies == {"CAD"}
    assert table.rates.rate("CAD", "USD") == Decimal("0.7")


def test_currency_price_moves_its_currency() -> None:
    """Ensure an exchange rate on the board is news for its currency, not a mark."""
    moved = marks().observe([price(instrument_id=CANADIAN.id, price=Decimal("0.7"))])
    assert moved == Moved(set(), {"CAD"})


def test_provider_prices_move_their_column_once() -> None:
    """Ensure a provider's news marks a fund, and that the same again is none."""
    table = marks()
    news = {FUND.id: ProviderMark(Decimal("12.34"), NOON)}
    assert table.set_provider_prices(news).columns == {1}
    assert table.set_provider_prices(news).columns == set()


def test_marks_grow_stale_as_time_passes() -> None:
    """Ensure exactly the marks that pass their limit are told, once, and that a new price is fresh again."""
    table = marks()
    table.observe([PRICE])
    assert table.advance(Moment.at(NOON + timedelta(seconds=900))) == Moved()
    assert table.advance(Moment.at(NOON + timedelta(seconds=901))).columns == {0}
    assert table.marks[0].stale is StaleReason.OLD_PRICE
    assert table.advance(Moment.at(NOON + timedelta(seconds=902))) == Moved()
    assert table.observe([price(time=NOON + timedelta(seconds=902))]).columns == {0}
    assert not table.marks[0].stale


def test_trading_day_rolls_at_midnight() -> None:
    """Ensure yesterday's base counts no more on a new trading day."""
    table = marks()
    table.observe([PRICE])
    monday = Moment.at(datetime(2026, 11, 23, 5, 0, 1, tzinfo=UTC))
    assert table.advance(monday).columns == {0}
    assert table.marks[0].previous_close is None


def test_changed_instrument_is_marked_anew() -> None:
    """Ensure an instrument that loses its listing loses its age limit, and that an unchanged one has not moved."""
    table = marks()
    table.observe([price(time=NOON - timedelta(hours=2))])
    assert table.marks[0].stale is StaleReason.OLD_PRICE
    assert table.add([STOCK]) == Moved()
    assert table.add([instrument(1, AssetClass.EQUITY, listed=False)]).columns == {0}
    assert not table.marks[0].stale


def test_more_instruments_than_first_reserved() -> None:
    """Ensure the vectors grow with the instruments."""
    table = marks()
    many = [instrument(number, AssetClass.EQUITY) for number in range(10, 300)]
    table.add(many)
    table.observe([price(instrument_id=many[-1].id)])
    assert table.advance(Moment.at(NOON + timedelta(hours=1))).columns == {table.column_of[many[-1].id]}


def test_corporate_actions_restate_their_column_once() -> None:
    """Ensure a split that takes effect restates the price from before it, and that the same again is no news."""
    table = marks()
    table.observe([price(time=NOON - timedelta(days=1), previous_close=None, previous_close_date=None)])
    split = {STOCK.id: (Split(STOCK.id, NOON.date(), Decimal(4)),)}
    assert table.set_actions(split).columns == {0}
    assert table.marks[0].price == Decimal("2.625")
    assert table.set_actions(split).columns == set()
    assert table.split_since(0, NOON - timedelta(days=1)) == 4
    assert table.split_since(0, NOON) is None
    assert table.split_since(0, None) is None


def test_split_takes_effect_as_time_passes() -> None:
    """Ensure at four in the morning of the ex-date yesterday's price is in today's shares, with no message at all."""
    night, morning = (datetime(2026, 11, 20, hour, tzinfo=UTC) for hour in (8, 9))
    table = Marks(Rates(), Moment.at(night))
    table.add([STOCK])
    table.observe([price(time=BELL)])
    table.set_actions({STOCK.id: (Split(STOCK.id, NOON.date(), Decimal(4)),)})
    assert table.marks[0].price == Decimal("10.5")
    assert table.advance(Moment.at(morning)).columns == {0}
    assert (table.marks[0].price, table.marks[0].previous_close) == (Decimal("2.625"), Decimal("2.5"))


def test_rates_grow_old_with_the_marks() -> None:
    """Ensure the currencies whose rate has become stale are told."""
    table = marks()
    table.observe([price(instrument_id=CANADIAN.id, price=Decimal("0.7"))])
    assert table.advance(Moment.at(NOON + timedelta(minutes=61))).currencies == {"CAD"}


def test_a_split_that_comes_with_a_price_holds_against_an_older_reading() -> None:
    """Ensure a price in new shares is never multiplied with units of before, whatever Postgres said a moment ago."""
    table = marks()
    split = Split(STOCK.id, NOON.date(), Decimal(4))
    assert table.observe([price(split=split)]).restated == {0}
    assert table.split_since(0, NOON - timedelta(days=1)) == 4
    assert table.set_actions({STOCK.id: ()}) == Moved()
    assert table.set_actions({STOCK.id: (split,)}) == Moved()
    corrected = Split(STOCK.id, NOON.date(), Decimal(5))
    assert table.set_actions({STOCK.id: (corrected,)}).restated == {0}
    assert table.split_since(0, NOON - timedelta(days=1)) == 5
