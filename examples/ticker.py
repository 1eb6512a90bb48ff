"""A ticker for the terminal: what is held, what it costs now, what it did today, and when the market opens or closes.

    .venv/bin/navstream --demo token --user ada | .venv/bin/python examples/ticker.py http://127.0.0.1:8080

Ctrl-C ends it. `navstream watch` shows more; this one is short, to be changed.
"""

import asyncio
import sys
from collections.abc import Iterable
from contextlib import suppress
from decimal import Decimal

from rich.live import Live
from rich.table import Table

from navstream.client import Client, Figures, Market, Position, figures_of, market_of, positions_of

FRAME_LINES = 6


def table(figures: Figures | None, positions: Iterable[Position], market: Market | None, lines_max: int) -> Table:
    """Return the picture: the largest positions, as many as fit, unknown as a dash."""
    total = "…" if figures is None or figures.total_value is None else f"{figures.total_value:,.2f} {figures.currency}"
    until = "" if market is None else f"{market.session}, {market.next_session} at {market.next_session_at:%H:%M} UTC"
    drawn = Table("symbol", "price", "today", "source", title=total, caption=until, expand=True)
    for row in sorted(positions, key=worth, reverse=True)[: lines_max - FRAME_LINES]:
        change = row.day_change_pct
        style = "dim" if row.stale else "green" if change and change > 0 else "red" if change and change < 0 else ""
        drawn.add_row(
            row.symbol,
            "—" if row.price is None else f"{row.price:,.2f}",
            "—" if change is None else f"{change:+.2f} %",
            row.price_source or row.unpriced_reason,
            style=style,
        )
    return drawn


def worth(row: Position) -> Decimal:
    return abs(row.market_value or Decimal(0))


async def main(url: str, token: str) -> None:
    figures: Figures | None = None
    positions: list[Position] = []
    market: Market | None = None
    async with Client(url, token) as client:
        stream = await client.stream(["portfolio", "positions", "market"], max_rate_hz=4)
        with Live(auto_refresh=False) as live:
            async for update in stream:
                match update.channel, update.state:
                    case "portfolio", dict(state):
                        figures = figures_of(state)
                    case "positions", dict(state):
                        positions = positions_of(state)
                    case "market", dict(state):
                        market = market_of(state)
                live.update(table(figures, positions, market, live.console.height), refresh=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], sys.stdin.readline().strip()))
