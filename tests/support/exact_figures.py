"""The oracle's figures of an account or a portfolio, from its lines and positions."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings
from realtime.domain.money import percent, to_cents
from realtime.domain.price import PriceSource
from realtime.domain.value import Coverage, Covered, Figures, Position, SessionChanges
from realtime.market_hours import MarketSession
from tests.support.exact_lines import Line
from tests.support.exact_marks import ZERO, World, covered

SHARE = Decimal("0.0001")


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    return sum(known, ZERO) if (known := [amount for amount in amounts if amount is not None]) else None


def cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else to_cents(amount)


def whole(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return a sum, None when one amount is unknown."""
    known = list(amounts)
    return None if None in known else total(known)


def figures_of(
    lines: list[Line],
    groups: list[list[Line]],
    positions: list[Position],
    accounts: Sequence[AccountHoldings],
    currency: str,
    world: World,
    one: AccountHoldings | None,
) -> Figures:
    invested = [line for line in lines if not line.is_cash and not line.is_sold_out]
    changeable = [group for group in groups if not group[0].is_cash]
    market_value = total(line.value for line in invested) or ZERO
    cash = total(line.value for line in lines if line.is_cash) or ZERO
    gain = total(line.gain for line in invested)
    gain_cost = total(line.cost for line in invested if line.gain is not None)
    changes = [_change_of(group) for group in changeable]
    change = total(changes)
    by_mark = _coverage(invested, positions)
    is_estimated = {PriceSource.PREVIOUS_CLOSE, PriceSource.PROVIDER}
    stale_times = [since for group in groups if (since := _stale_since(group)) is not None]
    if change is None:
        reason: str | None = "no_previous_close"
    elif not all(line.trades_known for group in changeable for line in group):
        reason = "trades_unknown"
    else:
        reason = "partial" if None in changes else None
    live, extended = by_mark.live, by_mark.extended
    return Figures(
        market_value=to_cents(market_value),
        cash=to_cents(cash),
        total_value=to_cents(market_value + cash),
        cost_basis=cents(total(line.cost for line in invested)),
        unrealized_gain=cents(gain),
        unrealized_gain_pct=None if gain is None or gain_cost is None else percent(gain, gain_cost),
        day_change=cents(change),
        day_change_pct=None if change is None else percent(change, market_value + cash - change),
        live_coverage=None if live is None or extended is None else live + extended,
        stale_since=min(stale_times, default=None),
        stale_count=len(stale_times),
        unpriced_count=sum(row.unpriced_reason is not None for row in positions),
        uncosted_count=sum(row.cost_basis is None for row in positions if row.asset_class is not AssetClass.CASH),
        estimated_value=to_cents(_gross(invested, lambda line: line.mark.source in is_estimated)),
        positions_count=len(positions),
        currency=currency,
        session=str(world.session),
        holdings_as_of=min((account.as_of for account in accounts if account.as_of is not None), default=None),
        day_change_reason=reason,
        coverage=by_mark,
        session_changes=_session_changes(changeable, world),
        reconciliation=one.reconciliation if one else None,
        duplicate_of=one.duplicate_of if one else None,
    )


def _change_of(group: list[Line]) -> Decimal | None:
    if all(line.is_sold_out for line in group):
        return whole(line.change for line in group)
    return None if group[0].mark.price is None else whole(line.change for line in group)


def _stale_since(group: list[Line]) -> datetime | None:
    """Return the time of the older of a stale mark and a stale rate."""
    line = group[0]
    if all(each.is_sold_out for each in group):
        return None
    times = [line.mark.time] if line.mark.stale is not None else []
    if line.rate is not None:
        times.append(line.rate_stale_since)
    return min((time for time in times if time is not None), default=None)


def _coverage(invested: list[Line], positions: list[Position]) -> Coverage:
    """Return shares that add up to 1: each the rounded share of itself and all before, less that of all before."""
    reasons = [row.unpriced_reason for row in positions]
    counts = (reasons.count("no_price"), reasons.count("no_fx_rate"))
    gross = _gross(invested, lambda _line: True)
    if gross == 0:
        return Coverage(None, None, None, None, None, None, *counts, "no_market_value")

    def kind(line: Line) -> Covered | None:
        return covered(line.instrument, line.mark, line.rate_stale_since)

    up_to = [
        (_gross(invested, lambda line, best=kinds: kind(line) in best) / gross).quantize(SHARE)  # type: ignore[misc]
        for number in range(len(Covered))
        for kinds in (list(Covered)[: number + 1],)
    ]
    live, extended, close, nav, provider, stale = (
        share - before for share, before in zip(up_to, [Decimal(0), *up_to], strict=False)
    )
    return Coverage(live, extended, close, nav, provider, stale, *counts, None)


def _session_changes(groups: list[list[Line]], world: World) -> SessionChanges:
    in_session, after_close = world.session is MarketSession.REGULAR, world.now >= world.day.close
    midnights = [
        group[0].mark.previous_close_date
        for group in groups
        if whole(line.changes["round_the_clock"] for line in group) is not None
    ]
    last_bell = world.newest_close_day.date
    rows: list[tuple[Decimal | None, date | None, str | None]] = []
    for name, since, reason in (
        ("regular", world.day_before.date, "no_regular_price" if in_session or after_close else "before_open"),
        ("extended", last_bell, "regular_session" if in_session else "no_extended_price"),
        ("overnight", last_bell, "regular_session" if in_session else "no_overnight_price"),
        (
            "round_the_clock",
            min((day for day in midnights if day is not None), default=None),
            "no_round_the_clock_price",
        ),
    ):
        change = total(whole(line.changes[name] for line in group) for group in groups)
        rows.append((None, None, reason) if change is None else (cents(change), since, None))
    return SessionChanges(*rows[0], *rows[1], *rows[2], *rows[3])


def _gross(lines: list[Line], chosen: Callable[[Line], bool]) -> Decimal:
    return sum((abs(line.value) for line in lines if line.value is not None and chosen(line)), ZERO)
