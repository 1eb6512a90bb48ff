"""What a demo may be told."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """One demo's choices.

    Attributes:
        folder: Where the embedded servers keep their data.
        port: Of the dashboard and API.
        websocket_port: Of the broadcaster.
        exit_after_s: End by itself after that many seconds, status 0 only if all was well; None runs until Ctrl-C.
        open_browser: Show the dashboard when it is up.
        recording: Recorded trades to play instead of generated ones.
        full_speed: Play the recording as fast as it drains, when the simulator's control API says so; market time
            stands still meanwhile. For tests.
        speed: Market seconds a wall second.
        market_time: Where the market clock starts; None picks an hour after the open of the current trading day.
    """

    folder: Path
    port: int
    websocket_port: int
    exit_after_s: float | None
    open_browser: bool
    recording: Path | None
    full_speed: bool
    speed: float
    market_time: datetime | None
    seed: int
