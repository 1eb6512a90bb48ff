"""Claim a due job, run it, record the outcome; several at a time (loop).

Claims expire unless renewed, so the jobs of a killed worker are taken up again within seconds.
"""

import asyncio
import math
import random
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

from realtime.domain.account import ConnectionStatus
from realtime.errors import RetryLater
from realtime.metrics import SYNC_ERROR, SYNC_LATENCY
from realtime.process import Health
from realtime.store.connections import mark_failed, mark_synced
from realtime.store.duplicates import decide_duplicates, hold_accounts
from realtime.store.flags import flags_of_connection
from realtime.store.jobs import (
    OUTAGE,
    Job,
    JobKind,
    Trigger,
    bury_job,
    claim_job,
    count_jobs,
    enqueue_refresh,
    finish_job,
    give_back_job,
    renew_claim,
    retry_job,
)
from realtime.store.pool import Connection
from realtime.store.sync_runs import Outcome, RunResult, finish_run, start_run
from sync.parts import ClaimLost, Parts, Refreshed
from sync.products.registry import PRODUCTS
from sync.switches import may_refresh
from sync.verdicts import Verdict, verdict

CLAIM_S = 4.0
_RENEWALS_PER_CLAIM = 4
_LOOK_EVERY_S = 1.0
_AFTER_OUTAGE_S = 0.5


@dataclass
class Worker:
    """Runs jobs.

    Attributes:
        name: Unlike any other worker's, now and after a restart.
        concurrency: Jobs at the same time.
        scheduled_per_s: Jobs of the schedule that begin in a second: all at once they would delay live values.
        wake: Set by whoever hears that a job was queued.
    """

    parts: Parts
    health: Health
    name: str
    concurrency: int
    claim_s: float = CLAIM_S
    scheduled_per_s: float = math.inf
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[UUID, tuple[Job, asyncio.Task[None]]] = field(default_factory=dict)

    async def run(self) -> None:
        """Claim and run jobs, for ever; when cancelled, give running jobs back."""
        free = asyncio.Semaphore(self.concurrency)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._renew())
            while True:
                await free.acquire()
                self.wake.clear()
                job = await self._claim()
                if job is None:
                    free.release()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_EVERY_S):
                            await self.wake.wait()
                    continue
                self._running[job.id] = job, tasks.create_task(self._run(job, free))
                if job.trigger == Trigger.SCHEDULE:
                    await self.parts.clock.sleep(1 / self.scheduled_per_s)

    async def _claim(self) -> Job | None:
        try:
            return await claim_job(self.parts.pool, self.name, self.claim_s)
        except OUTAGE as error:
            self.health.problem = "the database does not answer"
            self.parts.log.warning("database_unreachable", reason=type(error).__name__)
            return None

    async def _renew(self) -> None:
        """Keep the claims, drop jobs whose claim is lost, and say how it goes."""
        while True:
            try:
                for job, task in list(self._running.values()):
                    if not await renew_claim(self.parts.pool, job, self.claim_s):
                        task.cancel()
                counts = await count_jobs(self.parts.pool)
                self.health.facts |= {"queued": counts.queued, "running": len(self._running)}
                self.health.well()
            except OUTAGE:
                self.health.problem = "the database does not answer"
            await self.parts.clock.sleep(self.claim_s / _RENEWALS_PER_CLAIM)

    async def _run(self, job: Job, free: asyncio.Semaphore) -> None:
        try:
            await run_job(self.parts, job)
            self.health.facts["last_sync"] = self.parts.clock.now().isoformat(timespec="seconds")
        except ClaimLost:
            self.parts.log.warning("lease_lost", job=str(job.id), connection=job.connection_id)
        except OUTAGE as error:  # not even the outcome could be recorded: the claim expires, the job runs again
            self.parts.log.warning("database_unreachable", reason=type(error).__name__)
            await self.parts.clock.sleep(_AFTER_OUTAGE_S)
        except asyncio.CancelledError:
            with suppress(*OUTAGE):
                await asyncio.shield(give_back_job(self.parts.pool, job))
            raise
        finally:
            self._running.pop(job.id, None)
            free.release()
            self.wake.set()  # the same may have been asked for meanwhile


async def run_job(parts: Parts, job: Job) -> None:
    """Run a claimed job and record what became of it.

    Raises:
        ClaimLost: Another worker has it; nothing was changed or recorded.
    """
    if await _is_switched_off(parts, job):
        await finish_job(parts.pool, job)
        parts.log.info("refresh_switched_off", connection=job.connection_id, product=job.kind.value)
        return
    began_s = parts.clock.monotonic()
    run = await start_run(parts.pool, job.connection_id, job.user_id, job.kind.value, job.trigger, parts.clock.now())
    refreshed, failure = await _outcome(parts, job)
    duration_ms = round((parts.clock.monotonic() - began_s) * 1000)
    result = _result(refreshed, failure, duration_ms)
    async with parts.pool.acquire() as database, database.transaction():
        await hold_accounts(database, job.user_id)
        await finish_run(database, run, parts.clock.now(), result)
        if failure is None:
            await finish_job(database, job)
            await mark_synced(database, job.connection_id, is_proof=job.kind is JobKind.HOLDINGS)
            await _follow_up(database, job, refreshed)
        else:
            if failure.status is not None and _concerns_connection(job, failure.status):
                await mark_failed(database, job.connection_id, failure.status, failure.code, failure.message)
            if failure.retry_after_s is None:
                await bury_job(database, job, failure.message)
        await decide_duplicates(database, job.user_id)  # a connection that breaks or heals changes what counts
    if failure is not None and failure.retry_after_s is not None:
        await retry_job(parts.pool, job, failure.retry_after_s, failure.message)
    _tell(parts, job, failure, duration_ms)


async def _is_switched_off(parts: Parts, job: Job) -> bool:
    found = await flags_of_connection(parts.pool, job.connection_id, parts.flags)
    return found is not None and not may_refresh(*found, job.kind)


async def _follow_up(database: Connection, job: Job, refreshed: Refreshed | None) -> None:
    """Queue what is read after holdings or balances: bank transactions, and investment transactions.

    Those after the schedule's holdings are queued with them. Holdings stored without them would leave the day's trades
    unknown until the next night.
    """
    if job.kind not in {JobKind.HOLDINGS, JobKind.BALANCES}:
        return
    kinds = [JobKind.BANK_TRANSACTIONS] if refreshed is not None and refreshed.has_bank_lines else []
    if job.kind is JobKind.BALANCES or job.trigger != Trigger.SCHEDULE:
        kinds.append(JobKind.TRANSACTIONS)
    for kind in kinds:
        await enqueue_refresh(
            database, connection_id=job.connection_id, user_id=job.user_id, trigger=Trigger(job.trigger), kind=kind
        )


async def _outcome(parts: Parts, job: Job) -> tuple[Refreshed | None, Verdict | None]:
    """Run the job's product; return what it did, and the verdict on what went wrong."""
    chance = random.random()  # noqa: S311  # spreads retries
    try:
        refreshed = await PRODUCTS[job.kind](parts, job)
    except ClaimLost:
        raise
    except OUTAGE as error:
        return None, verdict(RetryLater(f"database unreachable: {type(error).__name__}"), job.attempts, chance)
    except Exception as error:  # the border: a bug in one connection's data stops no other job
        failure = verdict(error, job.attempts, chance)
        if failure.bug:
            parts.log.error(  # noqa: TRY400  # our own logger
                "sync_failed", exc_info=error, connection=job.connection_id, product=job.kind.value
            )
        return None, failure
    if refreshed.incomplete:
        return refreshed, verdict(RetryLater("; ".join(refreshed.incomplete)), job.attempts, chance)
    return refreshed, None


def _result(refreshed: Refreshed | None, failure: Verdict | None, duration_ms: int) -> RunResult:
    return RunResult(
        outcome=Outcome.COMPLETE if failure is None else failure.outcome,
        duration_ms=duration_ms,
        accounts_count=refreshed.accounts_count if refreshed else None,
        holdings_count=refreshed.holdings_count if refreshed else None,
        quarantined=refreshed.quarantined if refreshed else (),
        error_code=failure.code if failure else None,
        error_message=failure.message if failure else None,
        changes_count=refreshed.changes_count if refreshed else None,
    )


def _concerns_connection(job: Job, status: ConnectionStatus) -> bool:
    """Whether a failure says something of the connection: one without transactions is no broken one."""
    return job.kind in {JobKind.HOLDINGS, JobKind.BALANCES} or status is ConnectionStatus.RECONNECT_NEEDED


def _tell(parts: Parts, job: Job, failure: Verdict | None, duration_ms: int) -> None:
    if failure is None:
        SYNC_LATENCY.labels(job.kind.value).observe(duration_ms / 1000)
        return
    SYNC_ERROR.labels(job.kind.value, failure.outcome.value).inc()
    log = parts.log.bind(connection=job.connection_id, product=job.kind.value, code=failure.code)
    if failure.status is ConnectionStatus.RECONNECT_NEEDED:
        log.warning("connection_reconnect_needed", reason=failure.message)
    elif failure.retry_after_s is not None:
        log.warning(
            "job_retried", reason=failure.message, after_s=round(failure.retry_after_s, 1), attempts=job.attempts
        )
    elif failure.outcome is Outcome.UNSUPPORTED:
        log.info("sync_unsupported", reason=failure.message)
    else:
        log.error("job_failed", reason=failure.message, attempts=job.attempts, duration_ms=duration_ms)
