"""`navstream watch`: a user's values in the terminal, as they change."""

import sys
from collections.abc import Mapping
from contextlib import aclosing
from decimal import Decimal
from typing import Any

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from navstream.client import Stream
from navstream.protocol.apply import State

_ROWS_MAX = 30
_DRAWN_PER_S = 8
_UNKNOWN = "—"


async def watch(url: str, token: str, account: str | None, *, as_json: bool) -> None:
    """Show the portfolio, or one account, until interrupted.

    Args:
        url: `ws://host:port/v1`.
        token: Bearer token of the user.
        account: An account's public id; None for the portfolio.
        as_json: Print every message as one line of JSON instead of drawing.

    Raises:
        Refused: The server does not accept the token.
    """
    channels = ["portfolio", "positions"] if account is None else [f"account:{account}", f"positions:{account}"]
    channels.append("market")
    if as_json:
        await print_messages(Stream(url, token, channels))
    else:
        await draw(url, token, channels, Console())


async def print_messages(stream: Stream) -> None:
    """Print every message as one line of JSON, and why a connection was lost to stderr."""
    async with aclosing(stream.updates()) as updates:
        async for update in updates:
            sys.stdout.write(msgspec.json.encode(update.message).decode() + "\n")
            sys.stdout.flush()


async def draw(url: str, token: str, channels: list[str], console: Console) -> None:
    """Draw figures and positions in place."""
    status = "connecting"

    def lost(reason: str) -> None:
        nonlocal status
        status = f"connecting again ({reason})"
        live.update(view(states, channels, status))

    stream = Stream(url, token, channels, max_rate_hz=_DRAWN_PER_S, on_disconnect=lost)
    states: dict[str, State] = {}
    with Live(view(states, channels, status), console=console, refresh_per_second=_DRAWN_PER_S) as live:
        async with aclosing(stream.updates()) as updates:
            async for update in updates:
                if update.channel is not None and update.state is not None:
                    states[update.channel] = update.state
                status = _rejections(update.message) or "live"
                live.update(view(states, channels, status))


def view(states: Mapping[str, State], channels: list[str], status: str) -> Panel:
    """Return the whole picture."""
    figures, positions, market = (states.get(channel) for channel in channels)
    parts: list[Any] = [headline(figures)]
    if positions:
        parts.append(positions_table(positions))
    return Panel(Group(*parts), title=channels[0], subtitle=market_line(market, status), title_align="left")


def headline(figures: State | None) -> Text:
    """Return total and changes in one line."""
    if figures is None:
        return Text("waiting for values", style="dim")
    text = Text(f"{money(figures['total_value'])} {figures['currency']}", style="bold")
    text.append("   today ", style="dim")
    text.append(_change(figures["day_change"], figures["day_change_pct"]))
    text.append("   gain ", style="dim")
    text.append(_change(figures["unrealized_gain"], figures["unrealized_gain_pct"]))
    text.append(f"   live {_share(figures['live_coverage'])}", style="dim")
    if figures["unpriced_count"]:
        text.append(f"   {figures['unpriced_count']} unpriced", style="yellow")
    if figures["stale_count"]:
        text.append(f"   {figures['stale_count']} stale", style="yellow")
    return text


def positions_table(positions: State) -> Table:
    """Return the largest positions first."""
    table = Table(expand=True, box=None, header_style="dim")
    for title, justify in (("symbol", "left"), ("name", "left"), ("quantity", "right"), ("price", "right"),
                           ("value", "right"), ("today", "right"), ("source", "left")):  # fmt: skip
        table.add_column(title, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    rows = sorted(positions.values(), key=lambda row: -abs(row["market_value"] or 0))
    for row in rows[:_ROWS_MAX]:
        table.add_row(
            row["symbol"],
            row["name"][:32],
            f"{row['quantity']:,g}",
            _UNKNOWN if row["price"] is None else f"{row['price']:,.4g}" if row["price"] < 1 else money(row["price"]),
            money(row["market_value"]),
            _change(row["day_change"], row["day_change_pct"]),
            Text(row["price_source"] or row["unpriced_reason"] or _UNKNOWN, style="yellow" if row["stale"] else "dim"),
        )
    if len(rows) > _ROWS_MAX:
        table.caption = f"and {len(rows) - _ROWS_MAX} more"
    return table


def market_line(market: State | None, status: str) -> str:
    """Return the market's state in words."""
    if market is None:
        return status
    feed = market["feed_message"] or f"feed {market['feed']}"
    return f"{market['session']} · {market['market_time'][:19].replace('T', ' ')} UTC · {feed} · {status}"


def money(amount: Decimal | float | None) -> str:
    """Return an amount with two decimals; a dash when unknown."""
    return _UNKNOWN if amount is None else f"{amount:,.2f}"


def _change(amount: float | None, percent: float | None) -> Text:
    if amount is None:
        return Text(_UNKNOWN, style="dim")
    style = "green" if amount > 0 else "red" if amount < 0 else "dim"
    arrow = "▲" if amount > 0 else "▼" if amount < 0 else " "
    share = "" if percent is None else f" ({percent:+.2f} %)"
    return Text(f"{arrow} {amount:+,.2f}{share}", style=style)


def _share(part: float | None) -> str:
    return _UNKNOWN if part is None else f"{part:.0%}"


def _rejections(message: Mapping[str, Any]) -> str | None:
    rejected = message.get("rejected") or []
    return "; ".join(f"{row['channel']}: {row['code']}" for row in rejected) or None
