"""Wiring of the API's process."""

import asyncio

from api.app import Parts, create_app
from api.serving import serving
from api.stored_portfolio import follow_changes
from providers.registry import open_providers
from realtime.auth import tokens_of
from realtime.bus.client import open_bus
from realtime.clock import WallClock
from realtime.crypto import CredentialCipher
from realtime.log import Log
from realtime.process import Process, run_stage
from realtime.store.credentials import check_keys
from realtime.store.pool import Role, open_pool


async def main(process: Process) -> None:
    """Serve until the process is asked to stop."""
    settings = process.settings
    clock = WallClock()
    tokens = tokens_of(settings, clock)
    async with (
        open_pool(settings.database_address, Role.NOBODY) as pool,
        open_pool(settings.database_address, Role.STAGE) as stage_pool,
        open_bus(settings.redis_address) as bus,
        open_providers(settings, clock) as providers,
    ):
        await check_keys(stage_pool, CredentialCipher(settings.encryption_keys))
        app = create_app(Parts(settings, pool, bus, tokens, clock, providers, stage_pool, keeps_portfolios=True))
        async with (
            asyncio.TaskGroup() as tasks,
            serving(app, settings.api_host, settings.api_port, settings.trusted_proxies) as server,
        ):
            following = tasks.create_task(follow_changes(settings.database_address, bus, clock, Log(stage="api")))
            process.health.well()
            await server.main_loop()
            following.cancel()


if __name__ == "__main__":
    run_stage("api", main)
