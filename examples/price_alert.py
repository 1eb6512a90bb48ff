"""Tell a chat when a price moves: posts to an incoming webhook of Slack, Mattermost and others.

    read -rs WEBHOOK_URL && export WEBHOOK_URL
    .venv/bin/navstream --demo token --user ada |
        .venv/bin/python examples/price_alert.py http://127.0.0.1:8080 --percent 1

The webhook's address is a secret: whoever knows it can post. So it comes from the environment, not the command line.
Tells of each holding whose price is that many percent away from where it was when we began, or told of it last. Prices
that are stale, or held until a second source agrees, are no news. While a post is under way the server keeps the newest
state for us: nothing queues up.
"""

import argparse
import asyncio
import os
import sys
from contextlib import suppress
from decimal import Decimal

import aiohttp

from navstream.client import Client, Position, positions_of


def news(positions: list[Position], told: dict[str, Decimal], percent: Decimal) -> dict[str, tuple[Decimal, str]]:
    """Return price and message of each symbol that moved far enough from what was told of it last."""
    found: dict[str, tuple[Decimal, str]] = {}
    for row in positions:
        if not row.price or row.stale or row.held is not None:
            continue
        before = told.setdefault(row.symbol, row.price)
        moved = (row.price - before) / before * 100
        if abs(moved) >= percent:
            direction = "up" if moved > 0 else "down"
            text = f"{row.symbol} {direction} {abs(moved):.2f} %: {before:,.2f} → {row.price:,.2f} {row.currency}"
            found[row.symbol] = row.price, text
    return found


async def main(url: str, token: str, webhook_url: str, percent: Decimal) -> None:
    told: dict[str, Decimal] = {}
    async with Client(url, token) as client, aiohttp.ClientSession() as http:
        async for update in await client.stream(["positions"], max_rate_hz=1):
            if update.channel != "positions" or update.state is None:
                continue
            for symbol, (price, text) in news(positions_of(update.state), told, percent).items():
                try:
                    async with http.post(webhook_url, json={"text": text}) as answer:
                        answer.raise_for_status()
                except aiohttp.ClientError as error:  # told stays as it is: the next update tries again
                    print(f"the webhook does not take it: {type(error).__name__}", file=sys.stderr, flush=True)
                    break
                told[symbol] = price
                print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="of the API, e.g. http://127.0.0.1:8080")
    parser.add_argument("--percent", type=Decimal, default=Decimal(1), help="how far a price must move")
    arguments = parser.parse_args()
    if not (webhook := os.environ.get("WEBHOOK_URL")):  # noqa: TID251  # a program of its own
        parser.error("set WEBHOOK_URL in the environment")
    with suppress(KeyboardInterrupt):
        asyncio.run(main(arguments.url, sys.stdin.readline().strip(), webhook, arguments.percent))
