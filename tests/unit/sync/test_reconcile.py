"""Which answers may replace what is stored, and what they change."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import (
    AccountReport,
    HoldingsReport,
    ProviderHolding,
    ReportedAccount,
    ReportedInstrument,
    SetAside,
)
from realtime.domain.account import AccountId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.store.accounts import Fingerprint, StoredAccount, StoredHolding
from sync.reconcile import Changes, changes_of, merge

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
KEY = UUID(int=1)


def instrument(symbol: str, currency: str = "USD", alias: str | None = None) -> ReportedInstrument:
    asset_class = AssetClass.CASH if symbol.startswith("CUR:") else AssetClass.EQUITY
    return ReportedInstrument(alias or symbol, symbol, asset_class, currency, Decimal(1), symbol, listed=True)


def key_of(reported: ReportedInstrument) -> InstrumentId:
    return InstrumentId(reported.symbol)


def line(symbol: str, quantity: str, value: str | None = None, cost: str | None = None) -> ProviderHolding:
    currency = symbol.removeprefix("CUR:") if symbol.startswith("CUR:") else "USD"
    return ProviderHolding(
        instrument(symbol, currency),
        Decimal(quantity),
        None if cost is None else Decimal(cost),
        None,
        None,
        Decimal(value or quantity),
    )


def owner(total: str | None = "1000", currency: str | None = "USD", key: str = "p1") -> ReportedAccount:
    return ReportedAccount(
        key, "IRA", "investments", "investment", None, None, currency, None if total is None else Decimal(total)
    )


def report(
    *lines: ProviderHolding, total: str | None = "1000", odd: tuple[SetAside, ...] = (), unusable: str | None = None
) -> HoldingsReport:
    return HoldingsReport(None, (AccountReport(owner(total), lines, NOW, odd, unusable),), NOW)


def stored(total: str | None = "1000", version: int = 1, key: UUID = KEY, name: str = "p1") -> StoredAccount:
    return StoredAccount(
        key,
        AccountId("a"),
        name,
        "USD",
        None if total is None else Decimal(total),
        active=True,
        holdings_version=version,
        fingerprint=Fingerprint(None, "IRA", None),
    )


def held(symbol: str, quantity: str, value: str | None = None, currency: str = "USD") -> StoredHolding:
    return StoredHolding(InstrumentId(symbol), Decimal(quantity), None, Decimal(value or quantity), currency)


BEFORE = (held("AAPL", "4", "400"), held("MSFT", "5", "500"), held("CUR:USD", "100"))


def change(answer: HoldingsReport, before: tuple[StoredHolding, ...] = BEFORE, total: str | None = "1000") -> Changes:
    return changes_of(answer, [stored(total)], {KEY: before}, key_of, {"AAPL": InstrumentId("AAPL")})


def replaced(changes: Changes) -> dict[str, Decimal] | None:
    [one] = changes.accounts
    return None if one.holdings is None else {row.instrument_id: row.quantity for row in one.holdings}


def test_complete_answer_replaces() -> None:
    """Ensure that new quantities, new holdings and sales are taken over."""
    changes = change(report(line("AAPL", "4", "400"), line("NVDA", "1", "50"), line("CUR:USD", "550")))
    assert replaced(changes) == {"AAPL": Decimal(4), "NVDA": Decimal(1), "CUR:USD": Decimal(550)}
    assert changes.incomplete == ()


def test_new_account_is_added() -> None:
    """Ensure that an account which is not stored gets what the answer says."""
    changes = changes_of(report(line("AAPL", "4")), [], {}, key_of, {})
    [one] = changes.accounts
    assert one.key is None
    assert one.facts.provider_account_id == "p1"
    assert replaced(changes) == {"AAPL": Decimal(4)}


def test_unusable_answer_keeps_the_holdings() -> None:
    """Ensure that an unfinished first sync is told as a reason to ask again."""
    changes = change(report(unusable="not finished"))
    assert replaced(changes) is None
    assert "not finished" in changes.incomplete[0]


def test_answer_without_accounts_changes_nothing() -> None:
    """Ensure that a list of accounts that is empty at once makes none vanish."""
    changes = change(HoldingsReport(None, (), NOW))
    assert (changes.accounts, changes.vanished) == ((), ())
    assert changes.incomplete


def test_vanished_account_is_named() -> None:
    """Ensure that an account missing beside others is to be hidden, unless some account could not be read."""
    other = stored(key=UUID(int=2), name="p2")
    answer = report(line("CUR:USD", "1000"))
    assert changes_of(answer, [stored(), other], {}, key_of, {}).vanished == (UUID(int=2),)
    odd = HoldingsReport(None, answer.accounts, NOW, (SetAside(None, "odd account"),))
    assert changes_of(odd, [stored(), other], {}, key_of, {}).vanished == ()


def test_account_of_unknown_currency_is_awaited() -> None:
    """Ensure that no currency is guessed for a new account, and that a stored one keeps its own."""
    answer = HoldingsReport(None, (AccountReport(owner(currency=None), (line("AAPL", "1"),), NOW),), NOW)
    assert changes_of(answer, [], {}, key_of, {}).accounts == ()
    assert len(change(answer).accounts) == 1


@pytest.mark.parametrize("total", ["1000", "1020", "990"])
def test_missing_half_is_not_believed(total: str) -> None:
    """Ensure that holdings which the provider's total still contains are not deleted."""
    changes = change(report(line("AAPL", "4", "400"), total=total))
    assert replaced(changes) is None
    assert changes.incomplete


def test_missing_foreign_half_is_not_believed() -> None:
    """Ensure the same where holdings and total are in different currencies."""
    before = (held("AAPL", "4", "400"), held("QQQ", "9", "5000"), held("CUR:CAD", "100", currency="CAD"))
    changes = change(report(line("AAPL", "4", "400"), line("CUR:CAD", "100"), total="7700"), before, "7700")
    assert replaced(changes) is None


def test_what_was_no_holding_may_vanish() -> None:
    """Ensure that an answer that adds up to its own total is whole, whatever line it lacks."""
    before = (*BEFORE, held("PENDING@ins_1", "2500"))
    lines = (line("AAPL", "4", "400"), line("MSFT", "5", "500"), line("CUR:USD", "100"))
    changes = changes_of(report(*lines), [stored()], {KEY: before}, key_of, {})
    assert changes.incomplete == ()
    assert changes.holdings_count == 3


def test_everything_moved_away_is_believed() -> None:
    """Ensure that an account which was emptied is empty: its total fell with it."""
    assert replaced(change(report(total="0"))) == {}


def test_sale_is_believed_also_in_a_falling_market() -> None:
    """Ensure that proceeds in cash, and a total that falls with the prices, explain what is missing."""
    assert replaced(change(report(line("AAPL", "4", "300"), line("CUR:USD", "550"), total="850"))) is not None


def test_empty_answer_without_totals_is_not_believed() -> None:
    """Ensure that where the provider has no totals, many holdings do not vanish at once."""
    assert replaced(change(report(total=None), total=None)) is None
    assert replaced(change(report(line("AAPL", "4"), total=None), total=None)) == {"AAPL": Decimal(4)}


def test_first_holdings_are_taken_as_they_are() -> None:
    """Ensure that the check against what is stored does not stop the first sync."""
    changes = changes_of(report(line("AAPL", "4", "400")), [stored(version=0)], {}, key_of, {})
    assert replaced(changes) == {"AAPL": Decimal(4)}


def test_odd_record_keeps_what_was_stored() -> None:
    """Ensure that a holding which cannot be read stays as it was, and its reason is recorded."""
    odd = SetAside("AAPL", "no quantity")
    changes = change(report(line("MSFT", "6", "600"), line("CUR:USD", "0"), odd=(odd,)))
    assert replaced(changes) == {"MSFT": Decimal(6), "AAPL": Decimal(4)}
    assert changes.quarantined == ({"account": "p1", "alias": "AAPL", "reason": "no quantity"},)
    assert changes.incomplete == ()


def test_missing_price_does_not_look_like_a_missing_holding() -> None:
    """Ensure that a sale is believed while another holding has no price today."""
    unpriced = ProviderHolding(instrument("AAPL"), Decimal(4), None, None, None, None)
    assert replaced(change(report(unpriced, line("CUR:USD", "600")))) == {"AAPL": Decimal(4), "CUR:USD": Decimal(600)}


@pytest.mark.parametrize("alias", [None, "an id that nobody knows"])
def test_unattributable_record_is_the_one_that_is_missing(alias: str | None) -> None:
    """Ensure that a record that cannot be named keeps what is missing, unless more is missing than there are such."""
    odd = SetAside(alias, "no id")
    one_missing = report(line("MSFT", "6", "600"), line("CUR:USD", "0"), odd=(odd,))
    assert replaced(change(one_missing, BEFORE[:2])) == {"MSFT": Decimal(6), "AAPL": Decimal(4)}
    assert replaced(change(report(line("MSFT", "6", "600"), odd=(odd,)))) is None


def test_harmless_oddity_keeps_nothing() -> None:
    """Ensure that a part that was left out is recorded, and that what was sold is gone all the same."""
    odd = SetAside("AAPL", "without its price", harmless=True)
    changes = change(report(line("MSFT", "5", "500"), line("CUR:USD", "500"), odd=(odd,)))
    assert replaced(changes) == {"MSFT": Decimal(5), "CUR:USD": Decimal(500)}
    assert changes.quarantined[0]["reason"] == "without its price"


def test_first_answer_with_an_unattributable_record_is_taken() -> None:
    """Ensure that an account which holds nothing yet gets what can be read."""
    odd = SetAside(None, "no id")
    first = changes_of(report(line("MSFT", "6"), odd=(odd,)), [], {}, key_of, {})
    assert replaced(first) == {"MSFT": Decimal(6)}


def test_total_alone_replaces_no_holdings() -> None:
    """Ensure that an account known by its total alone keeps the holdings that it had, and a new one gets the total."""
    whole = AccountReport(owner(), (line("TOTAL@p1", "1000"),), NOW, total_only=True)
    answer = HoldingsReport(None, (whole,), NOW)
    assert replaced(change(answer)) is None
    assert replaced(change(answer, (held("TOTAL@p1", "900"),))) == {"TOTAL@p1": Decimal(1000)}
    assert replaced(changes_of(answer, [], {}, key_of, {})) == {"TOTAL@p1": Decimal(1000)}


def test_debts_have_no_holdings() -> None:
    """Ensure that an account without holdings by nature is stored, and is no reason to ask again."""
    answer = HoldingsReport(None, (AccountReport(owner(), None, NOW),), NOW)
    changes = change(answer)
    assert replaced(changes) is None
    assert changes.incomplete == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(["AAPL", "MSFT"]), st.decimals("-9", "9", places=2), st.none() | st.just("1")),
        max_size=6,
    )
)
def test_lines_of_one_instrument_add_up(lines: list[tuple[str, Decimal, str | None]]) -> None:
    """Ensure that each instrument is there once, with the sum of quantities, its cost known only when all are."""
    merged = merge([line(symbol, str(quantity), cost=cost) for symbol, quantity, cost in lines], key_of)
    for symbol in ("AAPL", "MSFT"):
        mine = [(quantity, cost) for name, quantity, cost in lines if name == symbol]
        total = sum((quantity for quantity, _ in mine), Decimal(0))
        if not total:
            assert InstrumentId(symbol) not in merged
            continue
        row = merged[InstrumentId(symbol)]
        assert row.quantity == total
        known = all(cost is not None for _, cost in mine)
        assert row.cost_basis == (len(mine) if known else None)
