"""Clients that keep the state of everything a user may see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from navstream.client import Stream
from navstream.protocol.apply import State
from realtime.domain.account import AccountId, UserId
from tests.support.exact import UserValuation, Valuation
from tests.support.exact_lines import SESSIONS
from tests.support.leaks import LEAKS

MONEY = (
    "market_value", "cash", "total_value", "cost_basis", "unrealized_gain", "unrealized_gain_pct", "day_change",
    "day_change_pct", "unpriced_count", "uncosted_count", "positions_count", "currency",
    "day_change_reason",
)  # fmt: skip
"""The figures that do not depend on the second at which they are looked at."""
ROW_MONEY = (
    "quantity", "price", "market_value", "cost_basis", "unrealized_gain", "day_change", "previous_close",
    "split_pending",
)  # fmt: skip


@dataclass(frozen=True)
class Watched:
    """One user's client."""

    user_id: UserId
    stream: Stream
    disconnects: list[str]

    def state(self, channel: str) -> State:
        """Return the channel's newest state, {} before there is one."""
        known = self.stream.replicas.by_channel.get(channel)
        return {} if known is None else known.state

    def differences(self, truth: UserValuation) -> list[str]:
        """Return where the client's state is not the truth; empty when it equals it to the cent."""
        found = _different("portfolio", self.state("portfolio"), self.state("positions"), truth.portfolio)
        for account_id, valuation in truth.accounts.items():
            figures, rows = self.state(f"account:{account_id}"), self.state(f"positions:{account_id}")
            found += _different(account_id, figures, rows, valuation)
        return found


@asynccontextmanager
async def watching(url: str, token: str, user_id: UserId, accounts: list[AccountId]) -> AsyncIterator[Watched]:
    """Watch a user's portfolio, all of these accounts and the market while the body runs."""
    channels = ["portfolio", "positions", "market"]
    channels += [f"{kind}:{account}" for account in accounts for kind in ("account", "positions")]
    disconnects: list[str] = []
    stream = Stream(url, token, channels, on_disconnect=disconnects.append)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_drain(stream))
        yield Watched(user_id, stream, disconnects)
        task.cancel()
    LEAKS.hear("WebSocket", repr(stream.replicas.by_channel))


async def _drain(stream: Stream) -> None:
    async for _ in stream:
        pass


def _different(name: str, figures: State, rows: State, truth: Valuation) -> list[str]:
    expected = {field: getattr(truth.figures, field) for field in MONEY}
    found = [f"{name}.{field}: {was}, not {to_be}" for field, was, to_be in _unequal(figures, expected)]
    if set(rows) != set(truth.positions):
        found.append(f"{name}: positions {len(rows)}, not {len(truth.positions)}")
    for key, position in truth.positions.items():
        wanted = {field: getattr(position, field) for field in ROW_MONEY}
        wanted |= {f"{name}_change": getattr(position.changes, name) for name in SESSIONS}
        found += [
            f"{name}.{position.symbol}.{f}: {was}, not {to_be}" for f, was, to_be in _unequal(rows.get(key, {}), wanted)
        ]
    return found


def _unequal(state: State, expected: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [
        (field, state.get(field), to_be) for field, to_be in expected.items() if not _equal(state.get(field), to_be)
    ]


def _equal(was: object, to_be: object) -> bool:
    if isinstance(to_be, Decimal) and isinstance(was, int | float):
        return Decimal(repr(was)) == to_be or float(to_be) == was
    return was == to_be
