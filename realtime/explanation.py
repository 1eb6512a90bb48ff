"""How a value is made: every total opened into its lines, which add up to it to the cent. Pure.

Everything comes from one published state, so that it is what clients were sent at the same `as_of`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from realtime.contract.messages import Revision, SubjectState
from realtime.contract.shapes import Data, figures_data, instant, position_data
from realtime.domain.account import AccountId
from realtime.domain.asset_class import ASSET_CLASSES, AssetClass
from realtime.domain.money import CENT
from realtime.domain.price import LIVE_SOURCES
from realtime.domain.value import Figures, Position
from realtime.market_hours import market_hours_around
from realtime.store.portfolio import LinkedAccount

_EXACT = Context(prec=150, rounding=ROUND_HALF_EVEN)
_ZERO = Decimal("0.00")
_HALF_A_CENT = Decimal("0.005")
_MILLISECOND = Decimal("0.001")
_NO_TIME = Decimal("0.000")
_CLOCKS_APART_MAX = timedelta(seconds=5)
ADDED_UP = ("market_value", "cash", "total_value", "cost_basis", "unrealized_gain", "day_change")
"""The totals that are sums of lines."""


@dataclass(frozen=True, slots=True)
class Omission:
    """A total that a line is not part of, and why."""

    total: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """One position and where its value comes from.

    Attributes:
        position: As clients get it: quantity, multiplier, price, its time and source, FX rate, previous close and its
            date, value, day change.
        price_age_s: From `price_time` to the valuation, market seconds; None without a price, and for cash.
        price_session: Market session in which the market made the price; None for what trades round the clock, and for
            closes and providers' prices.
        product: quantity times multiplier times price times FX rate, every digit; None when one of them is unknown.
        previous_value: The same at the previous close.
        omissions: The totals it is left out of.
    """

    position: Position
    price_age_s: Decimal | None
    price_session: str | None
    product: Decimal | None
    previous_value: Decimal | None
    omissions: tuple[Omission, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """The totals that are sums: of the lines' cents, or what rounding each line adds; None when nothing has one."""

    market_value: Decimal | None
    cash: Decimal | None
    total_value: Decimal | None
    cost_basis: Decimal | None
    unrealized_gain: Decimal | None
    day_change: Decimal | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an account's quantities come from.

    Attributes:
        holdings_as_of: When the provider read them at the institution; None when it does not say.
        age_s: From then to the valuation, seconds.
        duplicate_of: The account that counts in totals in its place.
    """

    name: str
    institution: str
    holdings_as_of: datetime | None
    age_s: Decimal | None
    duplicate_of: AccountId | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """An account's value, or (without an account) a portfolio's, opened into lines.

    Attributes:
        as_of: Market time of the valuation, as in the message to clients.
        revision: Of the value batch behind it.
        live: A calculator keeps the values up to date; otherwise they are as of `as_of`, whenever that was.
        accounts: Where the quantities come from.
        figures: As clients get them.
        lines: The largest first.
        sums: Of the lines' cents. `figures` are `sums` plus `not_in_lines` plus `rounding`.
        not_in_lines: Parts of totals that no line shows, such as the cost in one account of what another account holds
            without known cost, or the day change of what was sold today.
        rounding: Because `figures` are rounded once, at the end: half a cent for each line at most.
    """

    account: AccountId | None
    as_of: datetime
    revision: Revision
    live: bool
    accounts: Mapping[AccountId, Provenance]
    figures: Figures
    lines: tuple[ExplainedLine, ...]
    sums: Sums
    not_in_lines: Sums
    rounding: Sums


def explain(
    state: SubjectState, account: AccountId | None, accounts: Mapping[AccountId, Provenance], *, live: bool
) -> Explanation:
    """Open a published state into lines.

    Args:
        state: Of the account, or of the portfolio.
        account: None for a portfolio.
        accounts: Where the quantities of each account in it come from.
        live: As in `Explanation`.
    """
    with localcontext(_EXACT):
        lines = tuple(_line(position, state.as_of) for position in sorted(state.positions.values(), key=_by_value))
        sums = _sums([line.position for line in lines])
        rest = [_less(getattr(state.figures, name), getattr(sums, name)) for name in ADDED_UP]
    rounding_max = (len(lines) + 1) * _HALF_A_CENT
    return Explanation(
        account=account,
        as_of=state.as_of,
        revision=state.revision,
        live=live,
        accounts=accounts,
        figures=state.figures,
        lines=lines,
        sums=sums,
        not_in_lines=Sums(*(amount if _is_more(amount, rounding_max) else _nothing(amount) for amount in rest)),
        rounding=Sums(*(_nothing(amount) if _is_more(amount, rounding_max) else amount for amount in rest)),
    )


def provenance(accounts: Iterable[LinkedAccount], as_of: datetime) -> dict[AccountId, Provenance]:
    """Return where each account's quantities come from, seen at a valuation."""
    return {
        row.id: Provenance(
            row.name, row.institution, row.holdings_as_of, age_s(row.holdings_as_of, as_of), row.duplicate_of
        )
        for row in accounts
    }


def explanation_data(explanation: Explanation) -> Data:
    """Return an explanation as clients get it; figures and positions are as on the WebSocket."""
    of_account = explanation.account is not None
    return {
        "account": explanation.account,
        "as_of": instant(explanation.as_of),
        "revision": {"generation": explanation.revision.generation, "number": explanation.revision.number},
        "live": explanation.live,
        "accounts": {account: asdict(origin) for account, origin in explanation.accounts.items()},
        "figures": figures_data(explanation.figures),
        "lines": [
            {
                "position": position_data(line.position, of_account=of_account),
                "price_age_s": line.price_age_s,
                "price_session": line.price_session,
                "product": line.product,
                "previous_value": line.previous_value,
                "omissions": [asdict(omission) for omission in line.omissions],
            }
            for line in explanation.lines
        ],
        "sums": asdict(explanation.sums),
        "not_in_lines": asdict(explanation.not_in_lines),
        "rounding": asdict(explanation.rounding),
    }


def age_s(moment: datetime | None, now: datetime) -> Decimal | None:
    """Return the seconds from a moment to now, to the millisecond; None when the moment is unknown.

    It is unknown too when it lies in the future: then it is of another clock than the market's, as in a replay.
    """
    if moment is None or moment - now > _CLOCKS_APART_MAX:
        return None
    return max(Decimal((now - moment).total_seconds()).quantize(_MILLISECOND), _NO_TIME)


def _line(position: Position, as_of: datetime) -> ExplainedLine:
    is_cash = position.asset_class is AssetClass.CASH
    return ExplainedLine(
        position=position,
        price_age_s=None if is_cash else age_s(position.price_time, as_of),
        price_session=_session(position),
        product=_product(position, position.price),
        previous_value=_product(position, position.previous_close),
        omissions=tuple(_omissions(position, is_cash=is_cash)),
    )


def _product(position: Position, price: Decimal | None) -> Decimal | None:
    if price is None or position.fx_rate is None:
        return None
    return position.quantity * position.multiplier * price * position.fx_rate


def _session(position: Position) -> str | None:
    row = ASSET_CLASSES[position.asset_class]
    if position.price_time is None or position.price_source not in LIVE_SOURCES or row.round_the_clock:
        return None
    return str(market_hours_around(position.price_time).session(position.price_time))


def _omissions(position: Position, *, is_cash: bool) -> Iterable[Omission]:
    unpriced = position.unpriced_reason
    if unpriced is not None:
        yield Omission("total_value", unpriced)
    if is_cash:
        return
    if position.day_change is None:
        yield Omission("day_change", unpriced or position.change_reasons.get("day", "no_previous_close"))
    if position.cost_basis is None:
        yield Omission("cost_basis", "no_fx_rate" if unpriced == "no_fx_rate" else "no_cost_basis")
    if position.unrealized_gain is None:
        yield Omission("unrealized_gain", unpriced or "no_cost_basis")


def _sums(positions: Iterable[Position]) -> Sums:
    cash = [row for row in positions if row.asset_class is AssetClass.CASH]
    others = [row for row in positions if row.asset_class is not AssetClass.CASH]
    market_value, money = (_sum(row.market_value for row in rows) or _ZERO for rows in (others, cash))
    return Sums(
        market_value,
        money,
        market_value + money,
        _sum(row.cost_basis for row in others),
        _sum(row.unrealized_gain for row in others),
        _sum(row.day_change for row in others),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, _ZERO) if known else None


def _less(total: Decimal | None, lines: Decimal | None) -> Decimal | None:
    return None if total is None else (total - (lines or _ZERO)).quantize(CENT)


def _is_more(amount: Decimal | None, limit: Decimal) -> bool:
    return amount is not None and abs(amount) > limit


def _nothing(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else _ZERO


def _by_value(position: Position) -> tuple[bool, Decimal, str]:
    value = position.market_value
    return value is None, _ZERO if value is None else -abs(value), position.symbol
