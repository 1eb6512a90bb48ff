"""What the simulated Alpaca account may do, and how the service misbehaves at the moment."""

from collections import Counter
from dataclasses import dataclass, field

from simulator.subscriptions import Refused, credentials_match


@dataclass(slots=True)
class Plan:
    """Limits of the subscription, and faults that the control API switches.

    Attributes:
        credentials: Key to secret.
        connections_max: Streams a key may have open per endpoint.
        symbols_max: Symbols a stream may subscribe over trades and quotes; None is unlimited.
        calls_per_minute: REST calls per key and wall minute.
        refused_endpoints: Paths whose feed is not in the plan: 409 at auth.
        refuse_auth: Codes with which the next auths are refused, first to last.
        upgrade_status: HTTP status instead of the WebSocket upgrade, while set.
        rest_status: HTTP status of every REST call, while set.
        muted: Streams stay connected and answer pings, but send no data.
        open_most: As many streams as one key ever had open at the same time on one endpoint.
        calls_count, calls_refused: REST calls so far, and those of them that were answered with 429.
        calls_most: As many REST calls as one key ever made in any 60 seconds.
    """

    credentials: dict[str, str]
    connections_max: int = 1
    symbols_max: int | None = None
    calls_per_minute: int = 10_000
    refused_endpoints: set[str] = field(default_factory=set)
    refuse_auth: list[int] = field(default_factory=list)
    upgrade_status: int | None = None
    rest_status: int | None = None
    muted: bool = False
    open_most: int = 0
    calls_count: int = 0
    calls_refused: int = 0
    calls_most: int = 0
    open_streams: Counter[tuple[str, str]] = field(default_factory=Counter)

    def admit(self, path: str, key: str, secret: str) -> None:
        """Take a place on an endpoint.

        Raises:
            Refused: 402 on wrong credentials, 406 when all places are taken, 409 when the feed is not in the plan,
                or the code that a test asked for.
        """
        if self.refuse_auth:
            raise Refused(self.refuse_auth.pop(0))
        if not credentials_match(key, secret, self.credentials):
            raise Refused(402)
        if path in self.refused_endpoints:
            raise Refused(409)
        if self.open_streams[path, key] >= self.connections_max:
            raise Refused(406)
        self.open_streams[path, key] += 1
        self.open_most = max(self.open_most, self.open_streams[path, key])

    def release(self, path: str, key: str) -> None:
        """Give the place back."""
        self.open_streams[path, key] -= 1
