"""All checks, side by side where they do not need each other; the findings in a fixed order."""

import asyncio
import sys
from collections.abc import Iterable

from doctor.credentials import credentials
from doctor.finding import Report, report
from doctor.identity import identity
from doctor.machine import dashboard, ports, python, settings_problems
from doctor.network import clock_offset, places, reach
from doctor.servers import bus, database, encryption
from doctor.webhooks import webhooks
from realtime.clock import Clock
from realtime.settings import Settings


async def examine(settings: Settings, problems: Iterable[str], clock: Clock) -> Report:
    """Look a set-up over.

    Args:
        settings: What to look at.
        problems: What is wrong or missing in them, as `read_settings` says.
        clock: This machine's.
    """
    (
        (of_database, stored),
        (of_bus, live),
        (reached, readings),
        of_keys,
        of_identity,
        of_webhooks,
    ) = await asyncio.gather(
        database(settings),
        bus(settings),
        reach(places(settings), clock),
        credentials(settings, clock),
        identity(settings),
        webhooks(settings),
    )
    running = set() if live is None else {beat.stage for beat in live.heartbeats}
    return report(
        [
            python(tuple(sys.version_info[:3])),
            *settings_problems(problems),
            *of_database,
            *encryption(settings, stored),
            *of_bus,
            *await ports(settings, running),
            dashboard(settings),
            *reached,
            *clock_offset(readings),
            *of_keys,
            *of_identity,
            *of_webhooks,
        ]
    )
