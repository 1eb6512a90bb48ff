"""Faults done to a running service, and lifted again (loops)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import asyncpg
import psutil

from realtime.domain.account import ConnectionId, UserId
from realtime.store.jobs import OUTAGE, Trigger, enqueue_refresh
from tests.support.faults_schedule import PROVIDERS, Fault, Kind, Refresh, Schedule
from tests.support.faults_service import FaultedService
from tests.support.faults_stage import step_clock

_SYMBOLS_MAX = 5
_PROVIDER_TIMES = 2
_PROVIDER_SLOW_S = 2
_FIND_CONNECTION = """
select a.connection_id, a.user_id from accounts a join users u on u.id = a.user_id
where u.name = $1 and (a.name = $2 or a.provider = 'alpaca' and $2 = 'Alpaca') and a.provider = $3 and a.is_active
"""
_ENQUEUE_AGAIN_S = 0.2


@dataclass(frozen=True)
class Dealt:
    """A quantity that a provider reports from now on; another one may reach the same account."""

    provider: str
    persona: str
    account: str
    symbol: str


@dataclass
class Played:
    """What was asked for and must have happened in the end: the job that should store each quantity."""

    jobs: set[UUID] = field(default_factory=set)
    quantities: dict[Dealt, tuple[Decimal, UUID | None]] = field(default_factory=dict)

    def joined(self, later: "Played") -> "Played":
        """Return both; a later quantity replaces an earlier one."""
        return Played(self.jobs | later.jobs, self.quantities | later.quantities)


async def play(service: FaultedService, schedule: Schedule) -> Played:
    """Do everything that the schedule says; return when the last fault is lifted.

    The clock alone stays as it was set.
    """
    played = Played()
    async with asyncio.TaskGroup() as tasks:
        for fault in schedule.faults:
            tasks.create_task(_later(fault.at_s, lambda fault=fault: _ACTS[fault.kind](service, fault)))  # type: ignore[misc]
        for refresh in schedule.refreshes:
            tasks.create_task(_later(refresh.at_s, lambda refresh=refresh: _deal(service, refresh, played)))  # type: ignore[misc]
    for provider in PROVIDERS:
        await service.provider(provider, "DELETE", "faults")
    return played


async def _later(at_s: float, act: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(at_s)
    await act()


async def _kill(service: FaultedService, fault: Fault) -> None:
    process = service.process(fault.target)
    if process is not None:
        with suppress(psutil.NoSuchProcess):
            process.kill()


async def _freeze(service: FaultedService, fault: Fault) -> None:
    process = service.process(fault.target)
    if process is not None:
        await _freeze_process(process, fault.lasts_s)


async def _lose_valkey(service: FaultedService, _fault: Fault) -> None:
    service.valkey.kill()
    await asyncio.to_thread(service.valkey.start)


async def _freeze_valkey(service: FaultedService, fault: Fault) -> None:
    folder = str(service.folder)  # the tests' own Valkey may run too
    [process] = [
        each
        for each in psutil.Process().children()
        if "valkey" in each.name() and any(folder in part for part in (each.cwd(), *each.cmdline()))
    ]
    await _freeze_process(process, fault.lasts_s)


async def _freeze_process(process: psutil.Process, lasts_s: float) -> None:
    with suppress(psutil.NoSuchProcess):
        process.suspend()
        try:
            await asyncio.sleep(lasts_s)
        finally:
            process.resume()


async def _crash_postgres(service: FaultedService, _fault: Fault) -> None:
    await asyncio.to_thread(service.postgres.crash)
    await asyncio.to_thread(service.postgres.start)


async def _slow_commits(service: FaultedService, fault: Fault) -> None:
    """Let each commit take a tenth of a second longer, as on a disk that is busy."""
    await _configure(service, "alter system set commit_delay = 100000", "alter system set commit_siblings = 0")
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        await _configure(service, "alter system reset all")


async def _configure(service: FaultedService, *changes: str) -> None:
    while True:
        try:
            admin = await asyncpg.connect(service.postgres.url)
            try:
                for change in (*changes, "select pg_reload_conf()"):
                    await admin.execute(change)
            finally:
                await admin.close()
        except OUTAGE:
            await asyncio.sleep(_ENQUEUE_AGAIN_S)
        else:
            return


async def _lock_table(service: FaultedService, fault: Fault) -> None:
    with suppress(*OUTAGE):
        connection = await asyncpg.connect(service.settings.database_url)
        async with connection.transaction():
            await connection.execute(f"lock table {fault.target} in access exclusive mode")
            await asyncio.sleep(fault.lasts_s)
        await connection.close()


async def _cut_stream(service: FaultedService, fault: Fault) -> None:
    await service.market.control("drop", **({} if fault.target == "reset" else {"code": int(fault.target)}))


async def _mute_stream(service: FaultedService, fault: Fault) -> None:
    await service.market.control("mute", muted=True)
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        await service.market.control("mute", muted=False)


async def _refuse_connection(service: FaultedService, _fault: Fault) -> None:
    await service.market.control("plan", refuse_auth=[406])
    await service.market.control("drop", endpoint="/v2/sip")
    await asyncio.sleep(0.2)


async def _limit_symbols(service: FaultedService, fault: Fault) -> None:
    await service.market.control("plan", symbols_max=_SYMBOLS_MAX)
    await service.market.control("drop")
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        await service.market.control("plan", symbols_max=None)


async def _stop_rest(service: FaultedService, fault: Fault) -> None:
    await service.market.control("plan", rest_status=int(fault.target))
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        await service.market.control("plan", rest_status=None)


async def _disturb_provider(service: FaultedService, fault: Fault) -> None:
    provider, kind = fault.target.split(":")
    body = {"kind": kind, "times": _PROVIDER_TIMES, "seconds": _PROVIDER_SLOW_S}
    await service.provider(provider, "POST", "faults", **body)


async def _step_clock(service: FaultedService, fault: Fault) -> None:
    step_clock(service.folder, float(fault.target))


_ACTS: dict[Kind, Callable[[FaultedService, Fault], Awaitable[None]]] = {
    Kind.KILL: _kill,
    Kind.FREEZE: _freeze,
    Kind.VALKEY_LOST: _lose_valkey,
    Kind.VALKEY_FROZEN: _freeze_valkey,
    Kind.POSTGRES_CRASH: _crash_postgres,
    Kind.SLOW_COMMITS: _slow_commits,
    Kind.LOCKED_TABLE: _lock_table,
    Kind.STREAM_CUT: _cut_stream,
    Kind.STREAM_MUTED: _mute_stream,
    Kind.CONNECTION_LIMIT: _refuse_connection,
    Kind.SYMBOL_LIMIT: _limit_symbols,
    Kind.MARKET_REST_DOWN: _stop_rest,
    Kind.PROVIDER: _disturb_provider,
    Kind.CLOCK_STEP: _step_clock,
}


async def _deal(service: FaultedService, refresh: Refresh, played: Played) -> None:
    """Change a quantity at a provider, then ask for a refresh until the request is committed."""
    provider = PROVIDERS[int(refresh.choice * 1000) % len(PROVIDERS)]
    through = "alpaca" if provider == "broker" else provider
    told = await service.provider(provider, "GET", "state")
    lines = [
        (account["account"], Dealt(through, account["persona"], account["name"], line["symbol"]))
        for account in told["accounts"]  # type: ignore[attr-defined]
        for line in account["holdings"]
        if line["symbol"].isalpha()
    ]
    key, dealt = lines[int(refresh.choice * len(lines))]
    body = {"account": key, "symbol": dealt.symbol, "quantity": str(refresh.quantity), "webhook": False}
    await service.provider(provider, "POST", "holdings", **body)
    played.quantities[dealt] = Decimal(refresh.quantity), None
    while True:
        with suppress(*OUTAGE):
            row = await service.pool.fetchrow(_FIND_CONNECTION, dealt.persona, dealt.account, dealt.provider)
            assert row is not None, f"{dealt} has no connection"
            connection, user = ConnectionId(str(row["connection_id"])), UserId(str(row["user_id"]))
            job = await enqueue_refresh(service.pool, connection_id=connection, user_id=user, trigger=Trigger.REQUEST)
            played.jobs.add(job)
            if played.quantities[dealt] == (Decimal(refresh.quantity), None):
                played.quantities[dealt] = Decimal(refresh.quantity), job
            return
        await asyncio.sleep(_ENQUEUE_AGAIN_S)
