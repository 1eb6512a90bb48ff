"""What the routes work with."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from realtime.auth import Tokens
from realtime.bus.client import Bus
from realtime.clock import Clock
from realtime.settings import Settings
from realtime.store.pool import Pool


@dataclass(frozen=True)
class Parts:
    """Made in `__main__`, shared by all requests. `clock` is the wall's."""

    settings: Settings
    pool: Pool
    bus: Bus
    tokens: Tokens
    clock: Clock


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(_parts)]
