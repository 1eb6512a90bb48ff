"""Heartbeats of all processes: who is alive and well."""

from typing import cast

from realtime.bus.client import Bus
from realtime.contract import names
from realtime.contract.messages import Heartbeat, decode, encode

_EXPIRE_AFTER_MS = 4_000


async def write_heartbeat(bus: Bus, heartbeat: Heartbeat) -> None:
    """Say that a process is alive; forgotten after 4 s."""
    await bus.set(names.heartbeat(heartbeat.process), encode(heartbeat), px=_EXPIRE_AFTER_MS)


async def read_heartbeats(bus: Bus) -> list[Heartbeat]:
    """Return the heartbeats of all living processes, by stage."""
    keys = [key async for key in bus.scan_iter(match=names.heartbeats(), count=500)]
    values = cast("list[bytes | None]", await bus.mget(keys) if keys else [])
    beats = [decode(Heartbeat, value) for value in values if value is not None]
    return sorted(beats, key=lambda beat: (beat.stage, beat.process))
