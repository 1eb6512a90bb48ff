"""From which day transactions are asked for, and that each is stored once."""

from datetime import date
from decimal import Decimal

from providers.base import ProviderTransaction
from realtime.domain.transaction import TransactionKind
from sync.products.transactions import distinct, first_day

TODAY = date(2026, 11, 20)


def deposit(key: str, amount: str) -> ProviderTransaction:
    return ProviderTransaction(
        "a", key, None, TransactionKind.DEPOSIT, None, None, Decimal(amount), None, "USD", TODAY, None, "deposit"
    )


def test_days_overlap() -> None:
    """Ensure that late postings are found, and that a first fetch takes all that providers keep."""
    assert first_day(None, TODAY) == date(2024, 11, 20)
    assert first_day(date(2026, 11, 19), TODAY) == date(2026, 11, 12)


def test_line_of_two_pages_is_one() -> None:
    """Ensure that a list which moves between pages gives no transaction twice."""
    lines = distinct([deposit("1", "5"), deposit("2", "6"), deposit("1", "5")], {})
    assert [(line.id, line.amount) for line in lines] == [("1", Decimal(5)), ("2", Decimal(6))]
