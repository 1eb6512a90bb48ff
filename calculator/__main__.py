"""`python -m calculator`: holdings times prices as a process (wiring)."""

import asyncio
import os
from contextlib import AsyncExitStack
from socket import gethostname
from statistics import median

import asyncpg

from calculator.daily import Daily
from calculator.engine import Engine
from calculator.garbage import look_for_cycles_less_often
from calculator.intraday import Intraday
from calculator.loader import Loader
from calculator.partitions import Partitions
from calculator.publisher import Publisher
from calculator.whole_loader import WholeLoader
from realtime import metrics
from realtime.bus.client import Bus, open_bus
from realtime.clock import WallClock
from realtime.domain.partition import Partition
from realtime.process import Process, run_stage
from realtime.store.pool import Pool, Role, open_pool

_RETRY_AFTER_S = 0.5
_FACTS_EVERY_S = 0.5


async def main(process: Process) -> None:
    """Value the partitions that this process gets hold of, until cancelled."""
    look_for_cycles_less_often()
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(process.settings.redis_address))
        pool = await _open_pool(stack, process)
        await calculate(process, bus, pool)


async def calculate(process: Process, bus: Bus, pool: Pool, name: str | None = None) -> None:
    """Run a calculator's loops on open connections; `name` tells it from others, by default by its process id."""
    settings, clock, log = process.settings, WallClock(), process.log
    market = settings.market_clock()
    publisher = Publisher(bus, market)
    engine = Engine(bus, publisher, market, clock, log)
    whole = WholeLoader(pool, engine, clock, log)
    intraday = Intraday(pool, engine, whole, market, clock, log, settings.intraday_users_max)
    daily = Daily(pool, engine, whole, market, clock, log)
    loader = Loader(pool, settings.database_address, bus, engine, clock, log, whole.changed)

    async def claimed(partitions: frozenset[Partition]) -> None:
        await publisher.begin(partitions)
        loader.restart(partitions)
        whole.reload()

    def released(partitions: frozenset[Partition]) -> None:
        engine.released(partitions)
        loader.restart(partitions)
        whole.reload()

    me = name or f"calculator:{gethostname()}:{os.getpid()}"
    partitions = Partitions(bus, me, clock, log, claimed, released)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(partitions.run())
        tasks.create_task(engine.run())
        tasks.create_task(loader.run())
        tasks.create_task(whole.run())
        tasks.create_task(intraday.run())
        tasks.create_task(daily.run())
        tasks.create_task(_report(process, engine, loader, whole, publisher, clock))


async def _report(
    process: Process, engine: Engine, loader: Loader, whole: WholeLoader, publisher: Publisher, clock: WallClock
) -> None:
    batches = metrics.Tally(metrics.CALCULATOR_BATCHES)
    while True:
        process.health.problem = engine.problem or loader.problem
        process.health.facts.update(
            partitions=len(publisher.partitions),
            accounts=whole.book.accounts_count,
            positions=whole.book.positions_count,
            total_value=None if whole.aggregates is None else round(whole.aggregates.total_value),
            day_change=None if whole.aggregates is None else round(whole.aggregates.day_change),
            watched_users=len(engine.watched.user_ids),
            watched_positions=engine.watched.positions_count,
            batches=publisher.batches_count,
            compute_ms=round(median(engine.compute_ms), 3) if engine.compute_ms else None,
            behind_ms=None if engine.behind_ms is None else round(engine.behind_ms, 1),
            feed_entry=engine.feed_entry,
        )
        batches.reached(publisher.batches_count)
        metrics.CALCULATOR_PARTITIONS.set(len(publisher.partitions))
        metrics.CALCULATOR_ACCOUNTS.set(whole.book.accounts_count)
        metrics.CALCULATOR_POSITIONS.set(whole.book.positions_count)
        metrics.CALCULATOR_WATCHED_USERS.set(len(engine.watched.user_ids))
        metrics.CALCULATOR_COMPUTE.set(median(engine.compute_ms) / 1000 if engine.compute_ms else 0)
        metrics.CALCULATOR_LAG.set((engine.behind_ms or 0) / 1000)
        await clock.sleep(_FACTS_EVERY_S)


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


if __name__ == "__main__":
    run_stage("calculator", main)
