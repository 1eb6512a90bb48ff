"""`python -m symbol_collector`: the market-data collector as a process (wiring)."""

import os
from contextlib import AsyncExitStack
from functools import partial
from socket import gethostname

import asyncpg

from realtime.bus.client import open_bus
from realtime.bus.lease import Lease
from realtime.clock import WallClock
from realtime.domain.asset_class import MarketStream
from realtime.process import Process, run_stage
from realtime.settings import Settings
from realtime.store.pool import Pool, Role, open_pool
from symbol_collector.collector import Collector
from symbol_collector.garbage import look_for_cycles_less_often
from symbol_collector.leading import LIFETIME_MS, lead, resource
from symbol_collector.market_data import DataAddress, MarketData
from symbol_collector.streams import StreamAddress

_RETRY_AFTER_S = 0.5


async def main(process: Process) -> None:
    """Stand by, and collect prices while leading."""
    look_for_cycles_less_often()
    settings, clock, log = process.settings, WallClock(), process.log
    key_id, secret_key = settings.alpaca_key_id or "", _secret(settings)
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(settings.redis_address))
        pool = await _open_pool(stack, process)
        data = MarketData(_data_address(settings, key_id, secret_key))
        stack.callback(data.close)
        collector = partial(
            Collector,
            StreamAddress(_stream_urls(settings), key_id, secret_key),
            data,
            bus=bus,
            pool=pool,
            database_url=settings.database_address,
            symbols_max=settings.alpaca_symbols_max,
            silent_after_s=settings.stream_silent_after_s,
            market=settings.market_clock(),
            clock=clock,
            log=log,
            health=process.health,
        )

        async def collect() -> None:
            try:
                await collector().run()
            finally:
                _stand_by(process)

        _stand_by(process)
        lease = Lease(bus, resource(key_id), f"{gethostname()}:{os.getpid()}", LIFETIME_MS)
        await lead(lease, collect, clock, log)


def _stand_by(process: Process) -> None:
    process.health.facts.clear()
    process.health.facts["role"] = "standing by"
    process.health.well()


async def _open_pool(stack: AsyncExitStack, process: Process) -> Pool:
    while True:
        try:
            return await stack.enter_async_context(
                open_pool(process.settings.database_address, Role.STAGE, connections_max=4)
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            process.health.problem = "the database is unreachable"
            process.log.warning("database_unreachable", reason=type(error).__name__)
            await WallClock().sleep(_RETRY_AFTER_S)


def _secret(settings: Settings) -> str:
    return settings.alpaca_secret_key.get_secret_value() if settings.alpaca_secret_key else ""


def _stream_urls(settings: Settings) -> dict[MarketStream, str]:
    host = settings.alpaca_stream_url.rstrip("/")
    return {
        MarketStream.STOCK: f"{host}/v2/{settings.alpaca_feed}",
        MarketStream.CRYPTO: f"{host}/v1beta3/crypto/{settings.alpaca_crypto_feed}",
        MarketStream.OPTION: f"{host}/v1beta1/{settings.alpaca_options_feed}",
    }


def _data_address(settings: Settings, key_id: str, secret_key: str) -> DataAddress:
    return DataAddress(
        url=settings.alpaca_data_url.rstrip("/"),
        key_id=key_id,
        secret_key=secret_key,
        feed=settings.alpaca_feed,
        crypto_feed=settings.alpaca_crypto_feed,
        options_feed=settings.alpaca_options_feed,
        timeout_s=settings.provider_timeout_s,
    )


if __name__ == "__main__":
    run_stage("symbol_collector", main)
