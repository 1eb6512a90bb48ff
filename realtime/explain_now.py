"""`navstream explain`: how a value is made, in the terminal."""

import sys
from collections.abc import Iterator
from decimal import Decimal

import msgspec
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from realtime.bus.client import open_bus
from realtime.bus.live_states import live_states
from realtime.clock import WallClock
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.value import Figures, Position
from realtime.errors import BadRequest
from realtime.explanation import ExplainedLine, Explanation, Sums, explain, explanation_data, provenance
from realtime.settings import Settings
from realtime.store.access import owner_of
from realtime.store.pool import Role, open_pool
from realtime.store.portfolio import linked_accounts

_UNKNOWN = "—"
_COLUMNS = (
    ("symbol", "left"), ("made of", "left"), ("price", "left"), ("value", "right"), ("previous close", "left"),
    ("today", "right"),
)  # fmt: skip
_encode = msgspec.json.Encoder(decimal_format="number").encode


async def explain_now(settings: Settings, user_id: UserId | None, account: str | None, *, as_json: bool) -> None:
    """Print how a user's portfolio, or an account, is valued now.

    Raises:
        BadRequest: There is no such account, or it is not the user's.
        RetryLater: Nobody computes values and none are known.
    """
    async with (
        open_pool(settings.database_address, Role.STAGE, connections_max=1) as pool,
        open_bus(settings.redis_address) as bus,
    ):
        owner = user_id if account is None else await owner_of(pool, AccountId(account))
        if owner is None or user_id not in {None, owner}:
            raise BadRequest("unknown_account", f"there is no account {account}")
        accounts = await linked_accounts(pool, owner)
        key = SubjectKey(owner, None if account is None else AccountId(account))
        found = await live_states(bus, WallClock(), key)
    state = found.states[key]
    explanation = explain(state, key.account_id, provenance(accounts, state.as_of), live=found.live)
    if as_json:
        sys.stdout.write(_encode(explanation_data(explanation)).decode() + "\n")
    else:
        Console().print(view(explanation))


def view(explanation: Explanation) -> Panel:
    """Return the whole picture."""
    revision = explanation.revision
    parts: list[Table | Text] = [_origins(explanation), _lines(explanation), _totals(explanation)]
    parts += [Text(sentence, style="yellow") for sentence in _of_account(explanation.figures)]
    if not explanation.live:
        parts.insert(0, Text("No calculator answers; these values are the last known ones.", style="yellow"))
    return Panel(
        Group(*parts),
        title=explanation.account or "portfolio",
        subtitle=f"{explanation.figures.session} · as of {explanation.as_of:%Y-%m-%d %H:%M:%S.%f} UTC"
        f" · revision {revision.generation}-{revision.number} · {explanation.figures.currency}",
        title_align="left",
    )


def _of_account(figures: Figures) -> Iterator[str]:
    """Yield what is to be known of an account as a whole."""
    if figures.duplicate_of is not None:
        yield f"Not in the portfolio's total: it is the same account as {figures.duplicate_of}, which counts."
    found = figures.reconciliation
    if found is not None and found.marked:
        yield (
            f"At the provider's own prices the holdings are worth {_money(found.our_total)} {found.currency}, and the "
            f"provider reports {_money(found.provider_total)}: {_money(found.drift)} apart, likely cause {found.cause}."
        )


def _origins(explanation: Explanation) -> Table:
    table = Table(box=None, header_style="dim")
    for title in ("quantities from", "at", "read at the institution", "age"):
        table.add_column(title)
    for account, origin in explanation.accounts.items():
        if account == explanation.account or (explanation.account is None and origin.duplicate_of is None):
            read_at = origin.holdings_as_of
            read = _UNKNOWN if read_at is None else f"{read_at:%Y-%m-%d %H:%M} UTC"
            table.add_row(origin.name, origin.institution, read, age(origin.age_s))
    return table


def _lines(explanation: Explanation) -> Table:
    table = Table(box=None, header_style="dim")
    for title, justify in _COLUMNS:
        no_wrap = justify == "right"  # no digit of an amount is ever cut off
        table.add_column(title, justify=justify, no_wrap=no_wrap, overflow="fold")  # type: ignore[arg-type]
    table.add_column("remarks", overflow="fold")
    for line in explanation.lines:
        table.add_row(*_cells(line))
    return table


def _cells(line: ExplainedLine) -> tuple[str, ...]:
    row = line.position
    return (
        row.symbol,
        _factors(row),
        _source(line),
        _money(row.market_value),
        f"{_number(row.previous_close)} of {row.previous_close_date:%m-%d}" if row.previous_close_date else _UNKNOWN,
        _money(row.day_change),
        "; ".join(_remarks(line)),
    )


def _factors(row: Position) -> str:
    """Return quantity, multiplier, price and FX rate; those that are 1 by nature are left out."""
    factors = [_number(row.quantity)]
    if row.multiplier != 1:
        factors.append(_number(row.multiplier))
    if row.asset_class is not AssetClass.CASH:
        factors.append(_number(row.price))
    if row.fx_rate != 1:
        factors.append(f"{_number(row.fx_rate)} per {row.currency}")
    return " * ".join(factors)


def _source(line: ExplainedLine) -> str:
    row = line.position
    if row.price_source is None or row.asset_class is AssetClass.CASH:
        return _UNKNOWN
    words = [row.price_source.value, line.price_session, f"{age(line.price_age_s)} old", "stale" if row.stale else None]
    return ", ".join(word for word in words if word is not None)


def _remarks(line: ExplainedLine) -> Iterator[str]:
    row, facts = line.position, line.position.market
    for omission in line.omissions:
        yield f"not in {omission.total}: {omission.reason}"
    if row.stale_reason is not None:
        yield row.stale_reason.value
    if row.split_pending is not None:
        yield f"split {_number(row.split_pending)}:1, not synced yet"
    if facts.held is not None:
        yield f"{_number(facts.held.price)} is held: {facts.held.reason}"
    if facts.dividend is not None:
        yield f"dividend {_number(facts.dividend)}"


def _totals(explanation: Explanation) -> Table:
    table = Table(box=None, header_style="dim")
    for title in ("", "market value", "cash", "total", "cost basis", "gain", "today"):
        table.add_column(title, justify="right")
    table.add_row("lines", *_row(explanation.sums))
    if any(_row_amounts(explanation.not_in_lines)):
        table.add_row("not in any line", *_row(explanation.not_in_lines))
    if any(_row_amounts(explanation.rounding)):
        table.add_row("rounding", *_row(explanation.rounding))
    figures = explanation.figures
    table.add_row(
        Text("total", style="bold"),
        *(
            Text(_money(amount), style="bold")
            for amount in (
                figures.market_value,
                figures.cash,
                figures.total_value,
                figures.cost_basis,
                figures.unrealized_gain,
                figures.day_change,
            )
        ),
    )
    return table


def _row(sums: Sums) -> tuple[str, ...]:
    return tuple(_money(amount) for amount in _row_amounts(sums))


def _row_amounts(sums: Sums) -> tuple[Decimal | None, ...]:
    return (
        sums.market_value, sums.cash, sums.total_value, sums.cost_basis, sums.unrealized_gain, sums.day_change,
    )  # fmt: skip


def age(seconds: Decimal | None) -> str:
    """Return an age as a person says it."""
    if seconds is None:
        return _UNKNOWN
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _money(amount: Decimal | None) -> str:
    return _UNKNOWN if amount is None else f"{amount:,.2f}"


def _number(number: Decimal | None) -> str:
    return _UNKNOWN if number is None else f"{number.normalize():,f}"
