"""Holdings and the day's trades, as lines."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from calculator.fx import Rates
from calculator.lines import Line, account_lines
from calculator.marks import Marks
from calculator.moment import Moment
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.transaction import DayTrade, DayTrades
from tests.unit.calculator.worlds import instrument, told

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
TODAY = date(2026, 11, 20)
STOCK, OPTION = instrument(1, AssetClass.EQUITY), instrument(2, AssetClass.OPTION)
DOLLARS = instrument(3, AssetClass.CASH)
CANADIAN = instrument(4, AssetClass.EQUITY, "CAD")


def table(now: datetime = NOON) -> Marks:
    marks = Marks(Rates(), Moment.at(now))
    marks.add([STOCK, OPTION, DOLLARS, CANADIAN])
    return marks


def account(*holdings: Holding, as_of: datetime | None = NOON) -> AccountHoldings:
    return AccountHoldings(AccountId("a"), UserId("ada"), "Tartan", "USD", 1, as_of, holdings)


def trade(row: object, quantity: str, price: str | None, amount: str = "0", currency: str = "USD") -> DayTrade:
    key = getattr(row, "id", STOCK.id)
    return DayTrade(key, Decimal(quantity), None if price is None else Decimal(price), Decimal(amount), currency)


def trades(*rows: DayTrade, day: date = TODAY, known: bool = True) -> DayTrades:
    return DayTrades(day, known, rows)


TEN = Holding(STOCK.id, Decimal(10), Decimal(900))


def opening(line: Line) -> tuple[object, ...]:
    return told(line.units, line.opening_units, line.paid, line.trades_known)


def test_trades_of_the_day_are_taken_from_what_was_held_before() -> None:
    """Ensure purchases and sales add up, at their own prices, with an option's multiplier."""
    held = account(TEN, Holding(OPTION.id, Decimal(-1), None))
    day = trades(trade(STOCK, "4", "100"), trade(STOCK, "-1", "103"), trade(OPTION, "-3", "2.5"))
    lines = account_lines(held, day, table())
    assert opening(lines[0]) == (10, 7, 297, True)
    assert opening(lines[1]) == (-100, 200, -750, True)


def test_amount_counts_where_no_price_is_known() -> None:
    """Ensure the cash that moved is used, but never another currency's; then the trade is unknown."""
    assert opening(account_lines(account(TEN), trades(trade(STOCK, "4", None, "-401")), table())[0]) == (
        10, 6, 401, True,
    )  # fmt: skip
    for unknown in (trade(STOCK, "4", None), trade(STOCK, "4", None, "-401", "CAD")):
        assert opening(account_lines(account(TEN), trades(unknown), table())[0]) == (10, 10, 0, False)


def test_holdings_from_before_the_day_have_none_of_its_trades() -> None:
    """Ensure a purchase that the provider's holdings do not show yet is not taken off them."""
    day = trades(trade(STOCK, "4", "100"), known=False)
    early = account_lines(account(TEN, as_of=NOON - timedelta(hours=9)), day, table())
    assert opening(early[0]) == (10, 10, 0, True)
    assert opening(account_lines(account(TEN, as_of=None), day, table())[0]) == (10, 6, 400, False)


def test_yesterdays_trades_are_forgotten_at_the_roll() -> None:
    """Ensure trades read before midnight are not taken off today's holdings; today's are not known yet."""
    day = trades(trade(STOCK, "4", "100"), day=date(2026, 11, 19))
    assert opening(account_lines(account(TEN), day, table())[0]) == (10, 10, 0, False)
    assert opening(account_lines(account(TEN), None, table())[0]) == (10, 10, 0, True)


def test_sold_out_today_is_a_line_without_units() -> None:
    """Ensure the last sale of a position leaves what its day was."""
    [(column, line)] = account_lines(account(), trades(trade(STOCK, "-3", "105")), table()).items()
    assert told(column, *opening(line), line.is_sold_out) == (0, 0, 3, -315, True, True)


def test_cash_is_not_traded() -> None:
    """Ensure a sweep of cash is neither a purchase nor a line of its own."""
    sweep = trades(trade(DOLLARS, "50", "1"))
    lines = account_lines(account(Holding(DOLLARS.id, Decimal(50), Decimal(50))), sweep, table())
    assert told(*opening(lines[2]), lines[2].cost, lines[2].is_cash) == (50, 50, 0, True, None, True)
    assert account_lines(account(), sweep, table()) == {}


def test_holdings_from_before_a_split_are_restated_until_the_sync() -> None:
    """Ensure old quantities are multiplied and say so, and quantities read after it are not."""
    marks = table()
    marks.set_actions({STOCK.id: (Split(STOCK.id, TODAY, Decimal(4)),)})
    old = account_lines(account(TEN, as_of=NOON - timedelta(days=1)), None, marks)[0]
    assert told(old.quantity, old.units, old.cost, old.split_pending) == (40, 40, 900, 4)
    new = account_lines(account(Holding(STOCK.id, Decimal(40), Decimal(900))), None, marks)[0]
    assert told(new.quantity, new.split_pending) == (40, None)
