"""Options of the simulated Alpaca service."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_FULL_SPEED = float("inf")


@dataclass(frozen=True, slots=True)
class MarketOptions:
    """What the service is started with.

    Attributes:
        speed: Market seconds per wall second; None takes NAVSTREAM_MARKET_SPEED, else 1.
        full_speed: Play the recording as fast as its clients drain it.
        rate: Mean generated trades per wall second over all stocks in regular hours.
        recording: Trades to play instead of generating them.
        daily_bars: Real daily bars for the recorded symbols.
        with_others: Generate the symbols that the recording lacks; not at full speed, where time has no pace.
        held: Wait for the control API before playing a recording at full speed.
        synthetic_count: Further stocks beside the catalog, for load.
        points_max: Points a client may lag behind before it is cut off.
        frame_points_max: Points in one frame at most.
        auth_timeout_s: Wall seconds in which a stream must authenticate.
        market_origin: RFC 3339; with `wall_origin` and the speed the mapping of market time.
    """

    host: str
    port: int
    seed: int
    speed: float | None
    full_speed: bool
    rate: float
    recording: Path | None
    daily_bars: Path | None
    with_others: bool
    held: bool
    synthetic_count: int
    key: str
    secret: str
    symbols_max: int | None
    connections_max: int
    calls_per_minute: int
    points_max: int
    frame_points_max: int
    auth_timeout_s: float
    market_origin: str | None
    wall_origin: str | None


def parse(argv: Sequence[str]) -> MarketOptions:
    """Return the options, or end the process with usage and status 2."""
    parser = argparse.ArgumentParser(prog="python -m simulator alpaca", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 takes a free one and prints it")
    add("--seed", type=int, default=7)
    add("--speed", type=_speed, help="market seconds a wall second, or max: as fast as clients drain a recording")
    add("--rate", type=float, default=100.0, help="trades a wall second over all stocks")
    add("--recording", type=Path, help="CSV of trades to play")
    add("--daily-bars", type=Path, help="CSV of real daily bars")
    add("--with-others", action="store_true", help="generate the symbols that the recording lacks")
    add("--held", action="store_true", help="with --speed max: play nothing before the control API says so")
    add("--synthetic", type=int, default=0, dest="synthetic_count", help="further stocks AAAAA, AAAAB, …")
    add("--key", default="demo-key")
    add("--secret", default="demo-secret")
    add("--symbols-max", type=int, help="symbols a stream may subscribe")
    add("--connections-max", type=int, default=1, help="streams a key may open per endpoint")
    add("--calls-per-minute", type=int, default=10_000)
    add("--points-max", type=int, default=200_000, help="points a client may lag behind")
    add("--frame-points-max", type=int, default=512)
    add("--auth-timeout", type=float, default=10.0, dest="auth_timeout_s", help="seconds to authenticate in")
    add("--market-origin", help="RFC 3339; default NAVSTREAM_MARKET_ORIGIN, else now (a recording: its start)")
    add("--wall-origin", help="RFC 3339; default NAVSTREAM_WALL_ORIGIN, else now")
    found = vars(parser.parse_args(argv))
    speed: float | None = found.pop("speed")
    full_speed = speed == _FULL_SPEED
    if full_speed and found["recording"] is None:
        parser.error("--speed max needs --recording")
    return MarketOptions(speed=None if full_speed else speed, full_speed=full_speed, **found)


def _speed(text: str) -> float:
    if text == "max":
        return _FULL_SPEED
    speed = float(text)
    if not 0 < speed < _FULL_SPEED:
        raise argparse.ArgumentTypeError("must be above zero, or max")
    return speed
