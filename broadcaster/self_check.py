"""Tells clients at intervals what hash their states should have (loop).

A client whose state has another hash has drifted and subscribes again. Hashing is kept off the fan-out's path: it runs
in short turns with long pauses, a tenth of the time at most; clients that were last sent the same state share its hash.
"""

from collections.abc import Callable, Iterable
from time import monotonic

from broadcaster.client import Client
from broadcaster.protocol import Check
from realtime.clock import Clock

_TURN_S = 0.001
_PAUSE_S = 0.009


async def send_checks(clients: Callable[[], Iterable[Client]], clock: Clock, every_s: float) -> None:
    """Check every client that asked for it, for ever; with many clients a round takes longer than `every_s`."""
    while True:
        await clock.sleep(every_s)
        pause_at = monotonic() + _TURN_S
        for client in list(clients()):
            send_check(client)
            if monotonic() > pause_at:
                await clock.sleep(_PAUSE_S)
                pause_at = monotonic() + _TURN_S


def send_check(client: Client) -> None:
    """Tell a client the hash of what it was last sent on each channel; one that cannot keep up is left alone."""
    for name, subscription in client.subscriptions.items():
        if subscription.self_check and subscription.states and client.writer.has_room:
            check = Check(name, subscription.seq, subscription.states[-1].hash)
            client.writer.write(client.encoding.frame_of(check))
