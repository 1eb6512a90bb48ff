"""`python -m sync`: workers and schedule (wiring)."""

import asyncio
import gc
import os
from datetime import time, timedelta
from decimal import Decimal
from socket import gethostname

from providers.registry import open_providers
from realtime.bus.client import open_bus
from realtime.clock import WallClock
from realtime.contract.names import JOB_QUEUED, WEBHOOK_STORED
from realtime.crypto import CredentialCipher
from realtime.process import Process, run_stage
from realtime.store.credentials import check_keys
from realtime.store.keys import new_key
from realtime.store.notify import listen
from realtime.store.pool import Role, open_pool
from sync.parts import Parts
from sync.scheduler import schedule
from sync.webhooks import WebhookWorker
from sync.worker import Worker

_GIVES_WAY = 15
"""Added to the process's niceness: on a machine that is full, live values come before refreshes."""


async def main(process: Process) -> None:
    settings, clock = process.settings, WallClock()
    os.nice(_GIVES_WAY)
    async with (
        open_pool(settings.database_address, Role.SYNC, connections_max=settings.sync_concurrency + 4) as pool,
        open_providers(settings, clock) as providers,
        open_bus(settings.redis_address) as bus,
    ):
        cipher = CredentialCipher(settings.encryption_keys)
        await check_keys(pool, cipher)
        gc.freeze()  # the SDKs' models are a large heap that never changes: spare the collector from walking it
        parts = Parts(
            pool,
            providers,
            cipher,
            clock,
            process.log,
            bus,
            Decimal(str(settings.sync_drift_max_pct)),
            settings.flags,
        )
        name = f"{gethostname()}:{os.getpid()}:{new_key()}"
        worker = Worker(
            parts,
            process.health,
            name,
            settings.sync_concurrency,
            scheduled_per_s=settings.sync_scheduled_per_s,
        )
        process.health.facts["providers"] = " ".join(providers.names)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(worker.run())
            tasks.create_task(
                schedule(
                    parts,
                    time.fromisoformat(settings.holdings_refresh_at),
                    timedelta(seconds=settings.balances_refresh_every_s),
                )
            )
            webhooks = WebhookWorker(parts)
            tasks.create_task(webhooks.run())
            tasks.create_task(_wake_on_news(process, JOB_QUEUED, worker.wake))
            tasks.create_task(_wake_on_news(process, WEBHOOK_STORED, webhooks.wake))


async def _wake_on_news(process: Process, channel: str, wake: asyncio.Event) -> None:
    async for _ in listen(process.settings.database_address, channel, WallClock(), process.log):
        wake.set()


if __name__ == "__main__":
    run_stage("sync", main)
