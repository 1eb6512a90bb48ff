"""Running sums equal fresh sums, whatever was replaced before."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from calculator.change_reasons import Session
from calculator.fx import SAME
from calculator.lines import Line
from calculator.mark import UNPRICED, Mark
from calculator.parts import Held, exact_arithmetic, is_repriced, part_of
from calculator.totals import Totals
from realtime.domain.account import AccountId
from realtime.domain.price import PriceSource
from realtime.domain.value import Covered, StaleReason
from tests.unit.calculator.worlds import line, live_mark, told

NOON = datetime(2026, 11, 20, 17, tzinfo=UTC)
money = st.decimals(-1000, 1000, places=3)
costs = st.none() | money


@st.composite
def helds(draw: st.DrawFn) -> Held:
    is_cash = draw(st.booleans())
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        units, bought = draw(money), draw(st.sampled_from([Decimal(0), Decimal(3)]))
        is_sold_out = not is_cash and draw(st.booleans())
        cost = None if is_cash else draw(costs)
        units = Decimal(0) if is_sold_out else units
        rows.append(
            Line(
                AccountId("a"),
                "Tartan",
                units,
                units,
                cost,
                units - bought,
                bought * 7,
                draw(st.booleans()),
                is_sold_out=is_sold_out,
                is_cash=is_cash,
            )
        )
    return Held.of(tuple(rows))


rates = st.sampled_from([SAME, SAME, Decimal("0.7093"), None])


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    if draw(st.booleans()):
        return UNPRICED
    price, close = draw(st.decimals("0.01", 1000, places=2)), draw(st.none() | st.decimals("0.01", 1000, places=2))
    covered = draw(st.sampled_from([Covered.LIVE, *Covered]))
    return Mark(
        price=price,
        time=NOON,
        source=PriceSource.TRADE if covered is not Covered.PROVIDER else PriceSource.PROVIDER,
        stale=StaleReason.OLD_PRICE if covered is Covered.STALE else None,
        covered=covered,
        base=close,
        previous_close=close,
        previous_close_date=None if close is None else date(2026, 11, 19),
        session_close=draw(st.none() | st.just(Decimal(5))),
        day_session=draw(st.none() | st.sampled_from(Session)),
        late_session=draw(st.none() | st.sampled_from([Session.EXTENDED, Session.OVERNIGHT])),
    )


def state(totals: Totals) -> dict[str, object]:
    return {name: getattr(totals, name) for name in Totals.__slots__}


@given(st.lists(st.tuples(helds(), marks(), rates, st.lists(st.tuples(marks(), rates), max_size=4)), max_size=5))
def test_replacing_equals_summing_anew(
    holdings: list[tuple[Held, Mark, Decimal | None, list[tuple[Mark, Decimal | None]]]],
) -> None:
    """Ensure no history of marks and rates leaves a trace in the sums."""
    running, fresh = Totals(), Totals()
    with exact_arithmetic():
        for column, (held, mark, rate, later) in enumerate(holdings):
            part = part_of(held, mark, rate)
            running.add(column, held, part)
            for next_mark, next_rate in later:
                old, part = part, part_of(held, next_mark, next_rate)
                running.replace(column, held, old, part, repriced=is_repriced(old, part))
            fresh.add(column, held, part)
    assert state(running) == state(fresh)


def test_cash_is_in_nothing_but_cash() -> None:
    """Ensure cash has no share in market value, gain, change, coverage or the count of unknown costs."""
    totals = Totals()
    dollars = Held.of((line("a", "5", is_cash=True),))
    totals.add(0, dollars, part_of(dollars, Mark(price=Decimal(1)), SAME))
    fresh = state(Totals()) | {"cash": Decimal(5), "parts_count": 1}
    assert state(totals) == fresh


def test_a_live_price_that_moves_moves_every_sum_it_is_in() -> None:
    """Ensure the short way, for a price that moved and nothing else, forgets no sum."""
    held, running, fresh = Held.of((line("a", "2", "150"),)), Totals(), Totals()
    old, new = (part_of(held, live_mark(price, "100"), SAME) for price in ("110", "113"))
    running.add(0, held, old)
    running.replace(0, held, old, new, repriced=is_repriced(old, new))
    fresh.add(0, held, new)
    assert state(running) == state(fresh)
    assert told(running.covered[Covered.LIVE], running.session_changes[Session.REGULAR]) == (226, 26)
