"""A client that survives everything: reconnects, resumes where it stood, asks again after a gap.

    .venv/bin/navstream --demo token --user ada | .venv/bin/python examples/resuming_client.py ws://127.0.0.1:8081/v1

Prints the three positions that moved the portfolio most today, whenever they change.
"""

import asyncio
import sys

from realtime.client import Stream


async def main(url: str, token: str) -> None:
    async for update in Stream(url, token, ["positions"], max_rate_hz=1):
        if update.channel == "positions" and update.state is not None:
            moved = [row for row in update.state.values() if row["day_change"] is not None]
            moved.sort(key=lambda row: -abs(row["day_change"]))
            print("  ".join(f"{row['symbol']} {row['day_change']:+,.2f}" for row in moved[:3]), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.stdin.readline().strip()))
