"""Market time: wall time, mapped by the same three numbers that the service maps it with."""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS


@dataclass(frozen=True, slots=True)
class MarketTime:
    """`market = market_origin + (wall - wall_origin) * speed`, all in nanoseconds since 1970."""

    market_origin_ns: int
    wall_origin_ns: int
    speed: float = 1.0

    def at(self, wall_ns: int) -> int:
        """Return market time at that wall time."""
        return self.market_origin_ns + int((wall_ns - self.wall_origin_ns) * self.speed)

    def now_ns(self) -> int:
        """Return market time now."""
        return self.at(time.time_ns())

    def wall_seconds(self, market_ns: int) -> float:
        """Return how many wall seconds that span of market time lasts."""
        return market_ns / SECOND_NS / self.speed


def market_time(
    market_origin: str | None = None,
    wall_origin: str | None = None,
    speed: float | None = None,
    unset_origin_ns: int | None = None,
) -> MarketTime:
    """Return the mapping from options, else from NAVSTREAM_* variables, else real time.

    Args:
        market_origin: RFC 3339.
        wall_origin: RFC 3339; now, when only the market's origin is given.
        speed: Market seconds per wall second.
        unset_origin_ns: The market's origin when none is given; real time without it.

    Raises:
        ValueError: An origin is not RFC 3339, or the speed is not above zero.
    """
    market_text = market_origin or os.environ.get("NAVSTREAM_MARKET_ORIGIN")
    wall_text = wall_origin or os.environ.get("NAVSTREAM_WALL_ORIGIN")
    rate = speed if speed is not None else float(os.environ.get("NAVSTREAM_MARKET_SPEED", "1"))
    if rate <= 0:
        raise ValueError(f"the market's speed must be above zero, not {rate}")
    wall_ns = parse_ns(wall_text) if wall_text else time.time_ns()
    unset_ns = unset_origin_ns if unset_origin_ns is not None else wall_ns
    return MarketTime(parse_ns(market_text) if market_text else unset_ns, wall_ns, rate)


def parse_ns(text: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 time (microseconds at best)."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * SECOND_NS + moment.microsecond * 1000


def rfc3339(time_ns: int) -> str:
    """Spell a time as Alpaca's REST does: UTC, Z, up to nine decimals without trailing zeros."""
    seconds, nanoseconds = divmod(time_ns, SECOND_NS)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{nanoseconds:09d}".rstrip("0").rstrip(".")
    return f"{text}{fraction}Z"
