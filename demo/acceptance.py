"""Whether a demo works: every stage healthy, and live values at a WebSocket client."""

import asyncio
from dataclasses import dataclass

from navstream.client import Stream
from realtime.auth import Tokens
from realtime.bus.client import open_bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.settings import Settings
from realtime.up import STAGES, Supervisor

_TOKEN_LIFETIME_S = 3600.0


@dataclass
class Received:
    """What reached the client."""

    messages_count: int = 0
    changes_count: int = 0
    total_value: float | None = None


class Acceptance:
    """Watches a demo for a while and judges it."""

    def __init__(self, settings: Settings, supervisor: Supervisor, user_id: UserId) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._user_id = user_id

    async def judge(self, watch_s: float) -> int:
        """Watch for that many seconds, print the verdict, return 0 only if all was well."""
        received = Received()
        watching = asyncio.ensure_future(self._watch(received))
        try:
            async with asyncio.timeout(watch_s):
                await watching
        except TimeoutError:
            pass
        problems = await self._problems(received)
        total = "unknown" if received.total_value is None else f"{received.total_value:,.2f}"
        print(
            f"  total value {total}; {received.messages_count} messages, "
            f"{received.changes_count} changes of the total in {watch_s:g} s",
            flush=True,
        )
        for problem in problems:
            print(f"  ✗ {problem}", flush=True)
        return 1 if problems else 0

    async def _watch(self, received: Received) -> None:
        tokens = Tokens(
            self._settings.jwt_secret.get_secret_value(), self._settings.jwt_issuer, self._settings.jwt_audience
        )
        token = tokens.issue(self._user_id, WallClock().now(), _TOKEN_LIFETIME_S)
        async for update in Stream(self._settings.public_websocket_url, token, ["portfolio", "market"]):
            received.messages_count += 1
            if update.channel == "portfolio" and update.state is not None:
                total = update.state["total_value"]
                received.changes_count += received.total_value is not None and total != received.total_value
                received.total_value = total

    async def _problems(self, received: Received) -> list[str]:
        async with open_bus(self._settings.redis_address) as bus:
            beats = await read_heartbeats(bus)
        healthy = {beat.stage for beat in beats if beat.healthy}
        problems = [f"{stage} is not healthy" for stage in STAGES if stage not in healthy]
        problems += [f"{beat.stage}: {beat.problem}" for beat in beats if not beat.healthy]
        problems += [
            f"{child.name} died {child.restarts_count} times"
            for child in self._supervisor.children.values()
            if child.restarts_count
        ]
        if not received.changes_count:
            problems.append("no live value reached the WebSocket client")
        return problems
