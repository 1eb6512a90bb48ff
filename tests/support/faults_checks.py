"""What must hold after every schedule of faults."""

import json
import re
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import aiohttp
import psutil
from redis.exceptions import RedisError

from realtime.store.jobs import OUTAGE
from realtime.up import STAGES
from tests.support.faults_play import Played
from tests.support.faults_service import FaultedService
from tests.support.truth import true_values
from tests.support.waiting import wait_until

_NOT_YET: tuple[type[Exception], ...] = (*OUTAGE, RedisError, aiohttp.ClientError, KeyError)
_LATER = "state = 'queued' and due_at > now() + interval '8 s'"
"""Jobs that wait because a provider told us to; all others are retries, which need not wait their turn."""
_RETRY_NOW = f"update jobs set due_at = now() where state = 'queued' and due_at > now() and not ({_LATER})"
_UNDONE = f"select count(*) from jobs where id = any($1) and state <> 'done' and not ({_LATER})"
_PENDING = f"select count(*) from jobs where state in ('queued', 'running') and not ({_LATER})"
_OWED = f"select id from jobs where id = any($1) and {_LATER}"
_OPEN = """
select connection_id, kind, trigger, state, attempts, due_at - now() as due_in, claimed_until - now() as claimed_for,
    last_error
from jobs where state in ('queued', 'running') or id = any($1) and state <> 'done'
"""
_UNFINISHED_RUNS = "select count(*) from sync_runs where finished_at is null"
_DOUBLED = """
select connection_id, product, runs, done from
    (select connection_id, product, count(*) as runs from sync_runs where outcome = 'complete' group by 1, 2) r
full join
    (select connection_id, kind as product, count(*) as done from jobs where state = 'done' and last_error is null
     group by 1, 2) j using (connection_id, product)
where runs is distinct from done
"""
_QUANTITY = """
select sum(h.quantity) from holdings h join accounts a on a.id = h.account_id join users u on u.id = a.user_id
join instruments i on i.id = h.instrument_id
where u.name = $1 and (a.name = $2 or a.provider = 'alpaca' and $2 = 'Alpaca') and i.symbol = $3
    and a.provider = $4 and a.is_active
"""
_OWNERLESS = re.compile(
    r"never retrieved|was destroyed but it is pending|was never awaited|stage_failed|sync_failed|\[ERROR\] asyncio"
)
_RSS_GROWTH_MAX = 64 * 1024 * 1024
_DESCRIPTORS_GROWTH_MAX = 24
_TASKS_GROWTH_MAX = 4


async def values_are_exact(service: FaultedService, deadline_s: float) -> None:
    """Wait until every client's state equals exact arithmetic over the market's own prices, to the cent.

    Raises:
        AssertionError: They differ at the deadline; says where.
    """
    found: list[str] = ["nothing compared"]

    async def exact() -> bool:
        try:
            found[:] = [
                f"{client.user_id}: {difference}"
                for client in service.clients
                for difference in client.differences(
                    await true_values(service.market, service.pool, service.bus, service.clock, client.user_id)
                )
            ]
        except _NOT_YET as error:
            found[:] = [f"{type(error).__name__}: {error}"]
        return not found

    try:
        await wait_until(exact, deadline_s)
    except AssertionError:
        raise AssertionError("\n".join(found[:20])) from None


async def jobs_are_done_once(service: FaultedService, played: Played, deadline_s: float) -> Played:
    """Wait until every refresh that was asked for is done, each exactly once; return what a provider put off.

    Raises:
        AssertionError: One is lost, doubled or without effect.
    """

    async def done() -> bool:
        with suppress(*_NOT_YET):
            await service.pool.execute(_RETRY_NOW)
            pending = await service.pool.fetchval(_PENDING)
            return not pending and not await service.pool.fetchval(_UNDONE, list(played.jobs))
        return False

    try:
        await wait_until(done, deadline_s)
    except AssertionError:
        rows = await service.pool.fetch(_OPEN, list(played.jobs))
        raise AssertionError(f"jobs not done after {deadline_s:g} s: {[dict(row) for row in rows]}") from None
    doubled = [dict(row) for row in await service.pool.fetch(_DOUBLED)]
    assert not doubled, f"as many complete runs as done jobs: {doubled}"
    assert not await service.pool.fetchval(_UNFINISHED_RUNS), "a run has no end"
    owed = {row["id"] for row in await service.pool.fetch(_OWED, list(played.jobs))}
    for dealt, (quantity, job) in played.quantities.items():
        stored = await service.pool.fetchval(_QUANTITY, dealt.persona, dealt.account, dealt.symbol, dealt.provider)
        assert stored == quantity or job in owed, f"{dealt}: {stored}, not {quantity}"
    return Played(owed, {dealt: wanted for dealt, wanted in played.quantities.items() if wanted[1] in owed})


@dataclass
class Watch:
    """Remembers what each stage used when all was well, how far its log was read, and which jobs were put off."""

    offsets: dict[str, int] = field(default_factory=dict)
    resident: dict[str, int] = field(default_factory=dict)
    descriptors: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, Counter[str]] = field(default_factory=dict)
    processes: int | None = None
    owed: Played = field(default_factory=Played)

    async def nothing_leaks(self, service: FaultedService) -> None:
        """Check logs, tasks, memory, descriptors and processes; the first call only remembers.

        Raises:
            AssertionError: Something leaks; names it all.
        """
        problems: list[str] = []
        for stage in STAGES:
            tasks = await tasks_of(service, stage)
            problems += self._log(service, stage) + self._tasks(stage, tasks)
        processes = len(psutil.Process().children(recursive=False))
        if self.processes is not None and processes != self.processes:
            problems.append(f"{processes} processes, not {self.processes}")
        self.processes = processes
        for stage in STAGES:
            process = service.process(stage)
            assert process is not None
            problems += _grown(self.resident, stage, process.memory_info().rss, _RSS_GROWTH_MAX, "bytes")
            problems += _grown(self.descriptors, stage, process.num_fds(), _DESCRIPTORS_GROWTH_MAX, "descriptors")
        assert not problems, "\n".join(problems)

    def _log(self, service: FaultedService, stage: str) -> list[str]:
        with service.log(stage).open() as log:
            log.seek(self.offsets.get(stage, 0))
            new = log.read()
            self.offsets[stage] = log.tell()
        found = _OWNERLESS.search(new)
        return [] if found is None else [f"{stage} logs:\n{new[max(0, found.start() - 500) : found.end() + 3000]}"]

    def _tasks(self, stage: str, tasks: Counter[str]) -> list[str]:
        usual = self.tasks.setdefault(stage, tasks)
        return [
            f"{stage}: {count} tasks of {name}, {usual[name]} at the start"
            for name, count in tasks.items()
            if count > usual[name] + _TASKS_GROWTH_MAX
        ]


def _grown(usual: dict[str, int], stage: str, now: int, allowed: int, what: str) -> list[str]:
    limit = usual.setdefault(stage, now) + allowed
    return [f"{stage}: {now} {what}, {usual[stage]} at the start"] if now > limit else []


async def tasks_of(service: FaultedService, stage: str) -> Counter[str]:
    """Return a stage's living tasks by the name of their coroutine, after it collected its garbage."""

    async def told() -> Counter[str] | None:
        process = service.process(stage)
        if process is None:
            return None
        path = service.folder / f"{process.pid}.json"
        path.unlink(missing_ok=True)
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGUSR1)
            await wait_until(path.exists, 3.0, f"{stage} to tell its tasks")
            return Counter(json.loads(path.read_text()))
        return None

    return await wait_until(told, what=f"{stage} to run")
