"""Aggregates over every account, as floats."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from calculator.book import Base, Entries
from calculator.fx import Rates
from calculator.marks import Marks
from calculator.moment import Moment
from calculator.whole_book import Aggregates, Owners, WholeBook
from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.corporate_action import Split
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price, PriceSource
from realtime.store.book import StoredAccount
from realtime.store.holdings import UserHoldings
from tests.unit.calculator.worlds import instrument

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
ADA = UserId("ada")
OPTION, CANADIAN = instrument(1, AssetClass.OPTION), instrument(2, AssetClass.EQUITY, "CAD")
DOLLARS, RATE = instrument(3, AssetClass.CASH), instrument(4, AssetClass.CASH, "CAD")


def make() -> tuple[Marks, WholeBook]:
    marks = Marks(Rates(), Moment.at(NOON))
    marks.add([OPTION, CANADIAN, DOLLARS, RATE])
    marks.observe(
        Price(key, Decimal(amount), NOON, PriceSource.TRADE, 0, close, None if close is None else date(2026, 11, 19), 1)
        for key, amount, close in ((OPTION.id, "2", Decimal(1)), (RATE.id, "0.5", None))
    )
    return marks, WholeBook(marks)


def holdings(*accounts: tuple[str, dict[InstrumentId, tuple[int, int]]]) -> UserHoldings:
    return UserHoldings(
        ADA,
        "USD",
        tuple(
            AccountHoldings(
                AccountId(name), ADA, "Tartan", "USD", 1, NOON,
                tuple(Holding(key, Decimal(quantity), Decimal(cost)) for key, (quantity, cost) in held.items()),
            )
            for name, held in accounts
        ),
    )  # fmt: skip


def test_aggregates_follow_changes() -> None:
    """Ensure accounts come, change and go, with multipliers and rates applied and the unpriced left out."""
    _, book = make()
    book.put_user(holdings(("a", {OPTION.id: (3, 100), DOLLARS.id: (50, 50)}), ("b", {CANADIAN.id: (9, 8)})))
    assert (book.accounts_count, book.positions_count) == (2, 3)
    assert book.valuation().run() == Aggregates(650.0, 300.0, 104.0)
    book.put_user(holdings(("b", {DOLLARS.id: (1, 0)}), ("c", {DOLLARS.id: (2, 0)})))
    assert (book.accounts_count, book.positions_count) == (2, 2)
    assert book.valuation().run() == Aggregates(3.0, 0.0, 0.0)
    book.put_user(holdings())
    assert (book.accounts_count, book.positions_count) == (0, 0)


def test_loaded_accounts_are_replaced_in_place() -> None:
    """Ensure a change after loading replaces the loaded row instead of joining it."""
    _, book = make()
    base = Base.of_rows([Entries(_array("i4", 2), _array("f8", 7), _array("f8", 0))], 4)
    book.load(base, Owners.of([StoredAccount(uuid4(), AccountId("a"), ADA)]))
    assert book.valuation().run().total_value == 7
    book.put_user(holdings(("a", {DOLLARS.id: (1, 0)})))
    assert book.valuation().run().total_value == 1


def test_book_is_compacted_when_enough_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure replaced rows do not pile up, and that compacting changes no value."""
    monkeypatch.setattr("calculator.whole_book._COMPACT_FROM", 1)
    _, book = make()
    book.put_user(holdings(("a", {DOLLARS.id: (1, 0)})))
    assert book.compaction() is None
    book.put_user(holdings(("a", {DOLLARS.id: (1, 0)}), ("b", {DOLLARS.id: (2, 0)})))
    still = book.compaction()
    assert still is not None
    assert book.adopt(still.compacted(), still)
    assert book.compaction() is None
    assert book.valuation().run().total_value == 3


def _array(kind: str, value: float) -> Any:
    return np.array([value], kind)


def test_totals_are_by_user_and_know_what_they_do_not_know() -> None:
    """Ensure each user's accounts add up in dollars, and whoever holds something just split has no total."""
    marks, book = make()
    bob = UserId("bob")
    book.put_user(holdings(("a", {OPTION.id: (3, 100)}), ("b", {DOLLARS.id: (50, 50)})))
    book.put_user(replace(holdings(("c", {CANADIAN.id: (9, 8), DOLLARS.id: (7, 7)})), user_id=bob))
    assert book.totals().run() == {ADA: 650.0, bob: 7.0}
    assert book.totals().run({bob}) == {bob: 7.0}
    assert book.dollar_rates() == {"USD": 1.0, "CAD": 0.5}
    marks.set_actions({OPTION.id: (Split(OPTION.id, date(2026, 11, 19), Decimal(4)),)})
    assert book.totals().run() == {bob: 7.0}
    book.put_user(holdings())
    book.put_user(replace(holdings(), user_id=bob))
    assert book.totals().run() == {}


def test_totals_of_loaded_accounts() -> None:
    """Ensure rows that were loaded and rows that came later belong to their users."""
    marks, book = make()
    stored = [StoredAccount(uuid4(), AccountId("a"), ADA), StoredAccount(uuid4(), AccountId("b"), UserId("bob"))]
    column = marks.column_of[DOLLARS.id]
    rows = [Entries(np.array([column], np.int32), np.array([units]), np.array([0.0])) for units in (5.0, 7.0)]
    book.load(Base.of_rows(rows, len(marks.instruments)), Owners.of(stored))
    book.put_user(holdings(("a", {DOLLARS.id: (1, 0)}), ("d", {DOLLARS.id: (2, 0)})))
    assert book.totals().run() == {ADA: 3.0, UserId("bob"): 7.0}
