"""Investment transactions: from a week before the newest stored one, or all that the provider keeps."""

from collections.abc import Iterable
from datetime import date, timedelta

from providers.base import ProviderTransaction, ReportedInstrument
from realtime.domain.account import account_id
from realtime.domain.instrument import InstrumentId
from realtime.domain.transaction import InvestmentTransaction
from realtime.errors import RetryLater
from realtime.store.accounts import accounts_of_connection
from realtime.store.jobs import Job, hold_claim
from realtime.store.reconciliations import currencies_of
from realtime.store.transactions import forget_others, newest_trade_date, upsert_transactions
from sync.drift import known_rates, reconcile_accounts
from sync.instruments import resolve_instruments
from sync.parts import ClaimLost, Parts, Refreshed, target_of

_HISTORY = timedelta(days=730)
_OVERLAP = timedelta(days=7)  # institutions post late, and correct


async def refresh_transactions(parts: Parts, job: Job) -> Refreshed:
    """Fetch and store a connection's investment transactions.

    Raises:
        RetryLater: Its accounts are not stored yet, or the provider cannot answer now.
        ClaimLost: Another worker has the job; nothing was changed.
    """
    began_s = parts.clock.monotonic()
    target = await target_of(parts, job)
    accounts = {
        account.provider_account_id: account.key
        for account in await accounts_of_connection(parts.pool, job.connection_id)
    }
    if not accounts:
        raise RetryLater("the connection's accounts are not stored yet")
    newest = await newest_trade_date(parts.pool, list(accounts.values()))
    since = first_day(newest, parts.clock.now().date())
    report = await target.provider.transactions(target.access, since)
    lines = [line for line in report.transactions if line.account in accounts]
    instruments = {line.instrument for line in lines if line.instrument is not None}
    ids = await resolve_instruments(parts.pool, target.connection.provider, instruments, ())
    rates = await known_rates(parts, await currencies_of(parts.pool, accounts.values()))
    all_readable = all(odd.harmless for odd in report.set_aside)
    changes_count = 0
    async with parts.pool.acquire() as database, database.transaction():
        if not await hold_claim(database, job):
            raise ClaimLost
        for account, key in accounts.items():
            mine = distinct((line for line in lines if line.account == account), ids)
            if mine:
                changes_count += await upsert_transactions(database, key, job.user_id, mine)
            if mine and all_readable:
                changes_count += await forget_others(database, key, since, mine)
        await reconcile_accounts(parts, database, accounts.values(), rates)
    duration_ms = round((parts.clock.monotonic() - began_s) * 1000)
    for key in accounts.values():
        public = account_id(target.connection.provider, key.hex)
        parts.log.info("sync_complete", product=job.kind.value, account=public, duration_ms=duration_ms)
    quarantined = [{"account": None, "alias": odd.alias, "reason": odd.reason} for odd in report.set_aside]
    return Refreshed(len(accounts), len(lines), quarantined, changes_count=changes_count)


def first_day(newest: date | None, today: date) -> date:
    """Return the first day to ask for."""
    return today - _HISTORY if newest is None else newest - _OVERLAP


def distinct(
    lines: Iterable[ProviderTransaction], ids: dict[ReportedInstrument, InstrumentId]
) -> list[InvestmentTransaction]:
    """Return the lines as ours, each id once: pages of a moving list overlap."""
    return list(
        {
            line.id: InvestmentTransaction(
                id=line.id,
                instrument_id=None if line.instrument is None else ids[line.instrument],
                kind=line.kind,
                quantity=line.quantity,
                price=line.price,
                amount=line.amount,
                fees=line.fees,
                currency=line.currency,
                trade_date=line.trade_date,
                settlement_date=line.settlement_date,
                description=line.description,
            )
            for line in lines
        }.values()
    )
