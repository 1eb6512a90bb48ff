"""Why our total of an account is not its provider's (pure; docs/decisions/0170).

Each cause says by how much it would set the totals apart; the one that comes nearest to the drift is the likely one.
What is known to be left out of our total goes first.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.money import to_cents
from realtime.domain.reconciliation import DriftCause, Reconciliation, Reported, ReportedLine
from realtime.domain.symbol import is_own_code

_ZERO = Decimal(0)
_NEGLIGIBLE = Decimal(1)
"""A drift of less than one unit of the currency is rounding, whatever the account is worth."""
_AGREEMENT = Decimal("0.02")
"""Share of a drift by which the amount that explains it may differ: prices and trades are not of one second."""
_RATES_DIFFER = Decimal("0.005")
"""Share of the foreign holdings' value by which two sources of exchange rates may differ."""
_FUNDS = frozenset({AssetClass.MUTUAL_FUND, AssetClass.ETF, AssetClass.OTHER})
_CONTRACTS = (Decimal(1), Decimal(10), Decimal(100))


def reconciled(reported: Reported, drift_max_pct: Decimal, since: datetime) -> Reconciliation:
    """Compare the totals.

    Args:
        reported: What the provider says.
        drift_max_pct: Percent of the larger total from which a drift marks the account.
        since: Now.
    """
    theirs = to_cents(reported.total)
    if any(line.currency not in reported.rates for line in reported.lines):
        return Reconciliation(reported.currency, None, theirs, None, DriftCause.MISSING_FX, marked=False, since=since)
    ours = to_cents(_sum(_worth(line, reported) for line in reported.lines))
    drift = ours - theirs
    allowed = max(max(abs(ours), abs(theirs)) * drift_max_pct / 100, _NEGLIGIBLE)
    marked = abs(drift) > allowed
    cause = likely_cause(reported, drift) if marked else None
    return Reconciliation(reported.currency, ours, theirs, drift, cause, marked=marked, since=since)


def likely_cause(reported: Reported, drift: Decimal) -> DriftCause:
    """Return what most likely sets our total so far apart from the provider's; all rates are known."""
    missing = [line for line in reported.lines if line.price is None and (line.quantity > 0) == (drift < 0)]
    if missing:
        is_own = any(is_own_code(line.symbol) for line in missing)
        return DriftCause.PSEUDO_TICKER if is_own else DriftCause.NO_PRICE
    foreign = _sum(abs(_worth(line, reported)) for line in reported.lines if line.currency != reported.currency)
    tolerance = _AGREEMENT * abs(drift) + _RATES_DIFFER * foreign
    found = [
        (abs(drift - amount), number, cause)
        for number, (cause, amount) in enumerate(_explanations(reported))
        if amount and abs(drift - amount) <= tolerance
    ]
    return min(found)[2] if found else DriftCause.UNKNOWN


def _explanations(reported: Reported) -> Iterator[tuple[DriftCause, Decimal]]:
    """Yield each cause with the drift that it would make."""
    for line in reported.lines:
        if is_own_code(line.symbol):
            yield DriftCause.PSEUDO_TICKER, _worth(line, reported)
    sweep = _of(reported, _is_cash_equivalent)
    yield from ((DriftCause.CASH_EQUIVALENTS, amount) for amount in (sweep, -sweep))
    cash = _of(reported, lambda line: line.asset_class is AssetClass.CASH)
    cause = DriftCause.MARGIN if cash < 0 else DriftCause.CASH_TWICE
    yield from ((cause, amount) for amount in (cash, -cash, cash / 2))
    yield DriftCause.MISSING_FX, _sum(_worth(line, reported) - _unconverted(line) for line in reported.lines)
    yield from ((DriftCause.OPTION_MULTIPLIER, amount) for amount in _by_contract(reported))
    for line in reported.lines:
        for ratio in line.splits:
            worth = _worth(line, reported)
            yield DriftCause.SPLIT, worth - worth * ratio  # the price is new, the quantity old
            yield DriftCause.SPLIT, worth - worth / ratio  # the quantity is new, the price old
    for amount in (*reported.dealt, _sum(reported.dealt)):
        yield DriftCause.TRADE_TODAY, -amount
        yield DriftCause.TRADE_TODAY, amount


def _by_contract(reported: Reported) -> Iterator[Decimal]:
    """Yield how far options, one or all of them, are off when contracts have another size than ours."""
    options = [line for line in reported.lines if line.asset_class is AssetClass.OPTION]
    for some in ([line] for line in options) if len(options) == 1 else (*([line] for line in options), options):
        for size in _CONTRACTS:
            yield _sum(_worth(line, reported) * (1 - size / line.multiplier) for line in some)
        yield _sum(_worth(line, reported) * (1 - line.multiplier) for line in some)


def _is_cash_equivalent(line: ReportedLine) -> bool:
    return line.asset_class in _FUNDS and line.price == 1 and not is_own_code(line.symbol)


def _of(reported: Reported, chosen: Callable[[ReportedLine], bool]) -> Decimal:
    return _sum(_worth(line, reported) for line in reported.lines if chosen(line))


def _worth(line: ReportedLine, reported: Reported) -> Decimal:
    """Return a line's value in the account's currency; nothing without a price."""
    return _unconverted(line) * reported.rates[line.currency]


def _unconverted(line: ReportedLine) -> Decimal:
    return _ZERO if line.price is None else line.quantity * line.multiplier * line.price


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, _ZERO)
