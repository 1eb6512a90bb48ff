"""Subjects of a user: an account each, and the portfolio over all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from calculator.fx import Rates
from calculator.marks import Marks
from calculator.moment import Moment
from calculator.subjects import Subject, instrument_ids, subjects_of, user_lines
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.price import Price, PriceSource
from realtime.store.holdings import UserHoldings
from tests.unit.calculator.worlds import instrument, told

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
ADA = UserId("ada")
STOCK, OPTION = instrument(1, AssetClass.EQUITY), instrument(2, AssetClass.OPTION)
DOLLARS, CANADIAN = instrument(3, AssetClass.CASH), instrument(4, AssetClass.CASH, "CAD")


def marks() -> Marks:
    made = Marks(Rates(), Moment.at(NOON))
    made.add([STOCK, OPTION, DOLLARS, CANADIAN])
    made.observe(
        Price(key, Decimal(amount), NOON, PriceSource.TRADE, 0, None, None, 1)
        for key, amount in ((STOCK.id, "10"), (OPTION.id, "2"), (CANADIAN.id, "0.5"))
    )
    return made


def account(name: str, *holdings: Holding, currency: str = "USD", as_of: datetime | None = NOON) -> AccountHoldings:
    return AccountHoldings(AccountId(name), ADA, f"Bank of {name}", currency, 1, as_of, holdings)


def made(user: UserHoldings, table: Marks | None = None) -> list[Subject]:
    table = table or marks()
    everything = frozenset([None, *(row.account_id for row in user.accounts)])
    return subjects_of(user, user_lines(user, table), table, everything)


def test_portfolio_adds_the_accounts_up_in_the_users_currency() -> None:
    """Ensure accounts keep their own currency, and the portfolio joins what two of them hold."""
    user = UserHoldings(
        ADA,
        "USD",
        (
            account("b", Holding(STOCK.id, Decimal(3), None), Holding(DOLLARS.id, Decimal(7), Decimal(7))),
            account("a", Holding(STOCK.id, Decimal(2), Decimal(5)), Holding(OPTION.id, Decimal(1), None)),
            account("c", Holding(CANADIAN.id, Decimal(8), None), currency="CAD"),
        ),
    )
    first, second, third, portfolio = made(user)
    assert [subject.account_id for subject in (first, second, third, portfolio)] == ["a", "b", "c", None]
    assert told(first.figures().market_value, first.figures().positions_count) == (220, 2)
    assert told(second.figures().market_value, second.figures().cash) == (30, 7)
    assert told(third.figures().cash, third.figures().currency) == (8, "CAD")
    whole = portfolio.figures()
    assert told(whole.market_value, whole.cash, whole.currency, whole.positions_count) == (250, 11, "USD", 4)
    joined = portfolio.position(0)
    assert joined.quantity == 5
    assert [(part.account, part.institution) for part in joined.contributions] == [
        ("a", "Bank of a"),
        ("b", "Bank of b"),
    ]


def test_cash_has_no_cost_even_if_a_provider_says_so() -> None:
    """Ensure a cost basis on cash does not appear as cost or gain."""
    user = UserHoldings(ADA, "USD", (account("a", Holding(DOLLARS.id, Decimal(7), Decimal(7))),))
    figures = made(user)[0].figures()
    assert (figures.cost_basis, figures.unrealized_gain, figures.uncosted_count) == (None, None, 0)


def test_oldest_reading_of_the_holdings_is_told() -> None:
    """Ensure a portfolio says how old its oldest part is; unknown ages are left out."""
    old, unknown = account("a", as_of=NOON - timedelta(days=1)), account("b", as_of=None)
    subjects = made(UserHoldings(ADA, "USD", (account("c"), old, unknown)))
    assert [subject.figures().holdings_as_of for subject in subjects] == [
        NOON - timedelta(days=1), None, NOON, NOON - timedelta(days=1),
    ]  # fmt: skip


def test_revaluing_takes_the_newest_mark() -> None:
    """Ensure figures follow a column only once it is revalued, and then exactly."""
    table = marks()
    [subject, _] = made(UserHoldings(ADA, "USD", (account("a", Holding(STOCK.id, Decimal(3), None)),)), table)
    table.observe([Price(STOCK.id, Decimal("11.5"), NOON, PriceSource.TRADE, 0, None, None, 1)])
    assert subject.figures().market_value == 30
    subject.revalue(0)
    assert told(subject.figures().market_value, subject.position(0).market_value) == (
        Decimal("34.50"),
        Decimal("34.50"),
    )


def test_instruments_of_users() -> None:
    """Ensure every held instrument is named once."""
    accounts = (account("a", Holding(STOCK.id, Decimal(1), None)), account("b", Holding(STOCK.id, Decimal(2), None)))
    assert instrument_ids([UserHoldings(ADA, "USD", accounts)]) == {STOCK.id}
