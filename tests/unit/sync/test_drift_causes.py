"""What a drift comes from."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from realtime.domain.asset_class import AssetClass
from realtime.domain.reconciliation import DriftCause, Reconciliation, Reported, ReportedLine
from sync.drift_causes import reconciled

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
RATES = {"USD": Decimal(1), "CAD": Decimal("0.71")}


def line(
    symbol: str,
    quantity: str,
    price: str | None,
    asset_class: AssetClass = AssetClass.EQUITY,
    currency: str = "USD",
    splits: tuple[str, ...] = (),
) -> ReportedLine:
    multiplier = Decimal(100 if asset_class is AssetClass.OPTION else 1)
    known = None if price is None else Decimal(price)
    ratios = tuple(Decimal(ratio) for ratio in splits)
    return ReportedLine(symbol, asset_class, currency, multiplier, Decimal(quantity), known, ratios)


AAPL = line("AAPL", "100", "271.49")
CASH = line("CUR:USD", "6240.18", "1", AssetClass.CASH)
LOAN = line("CUR:USD", "-3820.55", "1", AssetClass.CASH)
SWEEP = line("SPAXX", "2750.13", "1", AssetClass.MUTUAL_FUND)
CALL = line("AAPL280121C00250000", "2", "47.90", AssetClass.OPTION)
PUT = line("SPY280121P00600000", "3", "20.60", AssetClass.OPTION)
PENDING = line("PENDING@ins_1", "2500", "1", AssetClass.OTHER)
PLAN = line("NHX105509@ins_1", "1843.27", None, AssetClass.OTHER)
BOND_FUND = line("VAB.TO", "600", "23.41", AssetClass.ETF, "CAD")
SPLIT = line("NVDA", "50", "44.72", splits=("4",))


def found(*lines: ReportedLine, total: str, dealt: tuple[str, ...] = ()) -> Reconciliation:
    reported = Reported("USD", Decimal(total), lines, RATES, tuple(Decimal(amount) for amount in dealt))
    return reconciled(reported, Decimal(1), NOW)


@pytest.mark.parametrize(
    ("lines", "total", "dealt", "cause"),
    [
        ((AAPL, CASH), "33389.18", (), None),
        ((AAPL, CASH), "33300.00", (), None),
        ((AAPL, replace(CASH, quantity=CASH.quantity * 2)), "33389.18", (), DriftCause.CASH_TWICE),
        ((AAPL, CASH), "39629.36", (), DriftCause.CASH_TWICE),
        ((AAPL, CASH), "27149.00", (), DriftCause.CASH_TWICE),
        ((AAPL, LOAN), "27149.00", (), DriftCause.MARGIN),
        ((AAPL, CASH, SWEEP), "33389.18", (), DriftCause.CASH_EQUIVALENTS),
        ((AAPL, CASH, SWEEP), "38889.44", (), DriftCause.CASH_EQUIVALENTS),
        ((AAPL, CASH, CALL), "33484.98", (), DriftCause.OPTION_MULTIPLIER),
        ((AAPL, CASH, CALL, PUT), "33546.78", (), DriftCause.OPTION_MULTIPLIER),
        ((AAPL, CASH, SPLIT), "42333.18", (), DriftCause.SPLIT),
        ((AAPL, replace(SPLIT, price=Decimal("178.88"))), "29385.00", (), DriftCause.SPLIT),
        ((AAPL, CASH), "31889.18", ("-1500", "300"), DriftCause.TRADE_TODAY),
        ((AAPL, CASH), "34889.18", ("-1500",), DriftCause.TRADE_TODAY),
        ((AAPL, CASH), "32189.18", ("-1500", "300"), DriftCause.TRADE_TODAY),
        ((AAPL, CASH, PENDING), "33389.18", (), DriftCause.PSEUDO_TICKER),
        ((AAPL, CASH, PLAN), "58000.00", (), DriftCause.PSEUDO_TICKER),
        ((AAPL, replace(AAPL, symbol="XYZ", price=None)), "58000.00", (), DriftCause.NO_PRICE),
        ((AAPL, CASH, BOND_FUND), "47435.18", (), DriftCause.MISSING_FX),
        ((AAPL, CASH), "28000.00", (), DriftCause.UNKNOWN),
        ((AAPL, CASH, PLAN), "28000.00", (), DriftCause.UNKNOWN),
    ],
)
def test_likely_cause(
    lines: tuple[ReportedLine, ...], total: str, dealt: tuple[str, ...], cause: DriftCause | None
) -> None:
    """Ensure that each cause is told by what it would set the totals apart."""
    comparison = found(*lines, total=total, dealt=dealt)
    assert comparison.cause is cause
    assert comparison.marked is (cause is not None)
    assert comparison.our_total is not None
    assert comparison.drift == comparison.our_total - Decimal(total)


def test_without_a_rate_there_is_no_drift() -> None:
    """Ensure that money whose rate nobody knows is neither worth nothing nor worth its number."""
    reported = Reported("USD", Decimal(40000), (AAPL, BOND_FUND), {"USD": Decimal(1)})
    comparison = reconciled(reported, Decimal(1), NOW)
    assert (comparison.our_total, comparison.drift, comparison.marked) == (None, None, False)
    assert comparison.cause is DriftCause.MISSING_FX


def test_the_nearest_explanation_wins() -> None:
    """Ensure that of two amounts that are near the drift the nearer one says why."""
    bought = CASH.quantity * Decimal("0.99")
    comparison = found(AAPL, CASH, total=str(AAPL.quantity * Decimal("271.49")), dealt=(str(-bought),))
    assert comparison.cause is DriftCause.CASH_TWICE


@pytest.mark.parametrize(("total", "marked"), [("10100.00", False), ("10102.00", True), ("9899.00", True)])
def test_threshold_is_a_share_of_the_larger_total(total: str, marked: bool) -> None:
    """Ensure that rounding and prices of another second mark nothing."""
    assert found(line("AAPL", "100", "100.00"), total=total).marked is marked


def test_cents_mark_nothing() -> None:
    """Ensure that a few cents in an account that is nearly empty are no drift."""
    assert not found(line("CUR:USD", "0.40", "1", AssetClass.CASH), total="1.00").marked
