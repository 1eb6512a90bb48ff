"""One refresh of one connection, top to bottom."""

from collections.abc import Iterable
from uuid import UUID

from providers.base import HoldingsReport, ReportedInstrument
from realtime.domain.account import AccountId, ConnectionId, ConnectionStatus, ProviderName, account_id
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.errors import Unsupported
from realtime.store.accounts import (
    StoredAccount,
    accounts_of_connection,
    add_account,
    deactivate_accounts,
    holdings_by_account,
    update_account,
)
from realtime.store.connections import lock_connection, set_institution
from realtime.store.duplicates import decide_duplicates, hold_accounts
from realtime.store.holdings import replace_holdings
from realtime.store.instruments import ProviderPrice, instruments_by_alias, raise_prices
from realtime.store.jobs import Job, hold_claim
from realtime.store.pool import Connection
from sync.drift import known_rates, reconcile_accounts
from sync.instruments import resolve_instruments
from sync.parts import ClaimLost, Parts, Refreshed, Target, target_of
from sync.reconcile import AccountChange, Changes, changes_of
from sync.relink import Relinked
from sync.takeover import end_at_provider, end_older, recognised


async def refresh(parts: Parts, job: Job) -> Refreshed:
    """Fetch a connection's accounts and holdings and store them.

    Raises:
        NavstreamError: The provider did not give an answer; nothing was changed.
        ClaimLost: Another worker has the job; nothing was changed.
        Unsupported: The connection was removed meanwhile; nothing was changed.
    """
    began_s = parts.clock.monotonic()
    target = await target_of(parts, job)
    report = await target.provider.positions(target.access)
    changes, keys = await store_report(parts, job, target, report)
    _tell(
        parts,
        job,
        changes,
        [account_id(target.connection.provider, key.hex) for key in keys],
        parts.clock.monotonic() - began_s,
    )
    return Refreshed(
        len(changes.accounts),
        changes.holdings_count,
        changes.quarantined,
        changes.incomplete,
        has_bank_lines=report.has_bank_lines,
    )


async def store_report(parts: Parts, job: Job, target: Target, report: HoldingsReport) -> tuple[Changes, list[UUID]]:
    """Store an answer, all of its accounts in one transaction, which holds the job's claim; return what and where.

    Raises:
        ClaimLost: Another worker has the job; nothing was changed.
        Unsupported: The connection was removed meanwhile; nothing was changed.
    """
    connection = target.connection
    ids = await resolve_instruments(parts.pool, connection.provider, _instruments(report), _currencies(report))
    rates = await known_rates(parts, _currencies(report) | {one.currency for one in ids})
    ended: set[ConnectionId] = set()
    while True:
        async with parts.pool.acquire() as database, database.transaction():
            await hold_accounts(database, connection.user_id)
            if not await hold_claim(database, job):
                raise ClaimLost
            await _hold_connection(database, connection.id)
            known = await accounts_of_connection(database, connection.id)
            found = await recognised(database, target, report, known)
            if ended.issuperset(found.ended):
                changes, keys = await _write(database, target, report, ids, known, found)
                await decide_duplicates(database, connection.user_id)
                await reconcile_accounts(parts, database, keys, rates)
                return changes, keys
        await end_at_provider(parts, target, found.ended)
        ended.update(found.ended)


async def _write(
    database: Connection,
    target: Target,
    report: HoldingsReport,
    ids: dict[ReportedInstrument, InstrumentId],
    known: list[StoredAccount],
    found: Relinked,
) -> tuple[Changes, list[UUID]]:
    connection = target.connection
    changes = changes_of(
        report,
        known,
        await holdings_by_account(database, {one.key for one in (*known, *found.by_id.values())}),
        ids.__getitem__,
        await _odd_instruments(database, connection.provider, report),
        found.by_id,
    )
    if report.institution is not None:
        await set_institution(database, connection.id, report.institution.id, report.institution.name)
    stored = [await _store_account(database, target, change) for change in changes.accounts]
    await end_older(database, target, found)
    await deactivate_accounts(database, changes.vanished)
    await raise_prices(database, _prices(report, connection.provider, ids))
    return changes, stored


async def _hold_connection(database: Connection, connection_id: ConnectionId) -> None:
    """Make sure, until the transaction ends, that the connection is not removed.

    Raises:
        Unsupported: It was removed while its provider was asked.
    """
    if await lock_connection(database, connection_id) in {None, ConnectionStatus.REMOVED}:
        raise Unsupported("the connection was removed")


async def _store_account(database: Connection, target: Target, change: AccountChange) -> UUID:
    connection, key = target.connection, change.key
    if key is None:
        key = await add_account(database, connection.user_id, connection.id, connection.provider, change.facts)
    else:
        await update_account(database, key, connection.id, change.facts)
    if change.holdings is not None:
        await replace_holdings(database, key, change.holdings, change.as_of)
    return key


async def _odd_instruments(
    database: Connection, provider: ProviderName, report: HoldingsReport
) -> dict[str, InstrumentId]:
    aliases = {odd.alias for one in report.accounts for odd in one.set_aside if odd.alias is not None}
    if not aliases:
        return {}
    found = await instruments_by_alias(database, provider.value, aliases)
    return {alias: instrument.id for alias, instrument in found.items()}


def _instruments(report: HoldingsReport) -> set[ReportedInstrument]:
    return {line.instrument for one in report.accounts for line in one.holdings or ()}


def _currencies(report: HoldingsReport) -> set[str]:
    return {one.account.currency for one in report.accounts if one.account.currency is not None}


def _prices(
    report: HoldingsReport, provider: ProviderName, ids: dict[ReportedInstrument, InstrumentId]
) -> Iterable[ProviderPrice]:
    """Yield the prices of an answer; one without a date is no newer than the answer. Money has no price."""
    for one in report.accounts:
        for line in one.holdings or ():
            if line.price is not None and line.instrument.asset_class is not AssetClass.CASH:
                time = line.price_time or one.as_of or report.fetched_at
                yield ProviderPrice(ids[line.instrument], line.price, time, provider.value)


def _tell(parts: Parts, job: Job, changes: Changes, stored: list[AccountId], duration_s: float) -> None:
    """Log what a refresh did, a line an account."""
    log = parts.log.bind(connection=job.connection_id)
    for account, change in zip(stored, changes.accounts, strict=True):
        if change.holdings is not None:
            log.info(
                "sync_complete",
                product=change.facts.product,
                account=account,
                holdings_count=len(change.holdings),
                duration_ms=round(duration_s * 1000),
            )
    for key in changes.vanished:
        log.warning("account_removed", account=str(key))
    if changes.quarantined:
        log.warning("holdings_quarantined", count=len(changes.quarantined), first=changes.quarantined[0]["reason"])
