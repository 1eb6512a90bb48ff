"""A client that survives everything: reconnects, resumes where it stood, asks again after a gap.

    .venv/bin/navstream --demo token --user ada | .venv/bin/python examples/resuming_client.py http://127.0.0.1:8080

Prints the three positions that moved the portfolio most today, whenever they change.
"""

import asyncio
import sys

from navstream.client import Client, positions_of


async def main(url: str, token: str) -> None:
    async with Client(url, token) as client:
        async for update in await client.stream(["positions"], max_rate_hz=1):
            if update.channel == "positions" and update.state is not None:
                moves = [
                    (row.day_change, row.symbol) for row in positions_of(update.state) if row.day_change is not None
                ]
                moves.sort(key=lambda move: -abs(move[0]))
                print("  ".join(f"{symbol} {change:+,.2f}" for change, symbol in moves[:3]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.stdin.readline().strip()))
