"""Bank transactions by cursor: what changed since the last reading, stored together with the new cursor."""

from providers.base import BankProvider
from realtime.errors import Unsupported
from realtime.store.accounts import bank_accounts_of_connection
from realtime.store.bank_transactions import Stored, bank_cursor, store_bank_changes
from realtime.store.jobs import Job, Trigger, enqueue_refresh, hold_claim
from sync.parts import ClaimLost, Parts, Refreshed, target_of


async def refresh_bank_transactions(parts: Parts, job: Job) -> Refreshed:
    """Fetch and store what changed in a connection's bank, card and loan accounts.

    Lines of an account that is not stored yet wait for it, and the accounts are read again.

    Raises:
        Unsupported: The connection has no bank transactions.
        RetryLater: The provider cannot answer now.
        ClaimLost: Another worker has the job; nothing was changed.
    """
    began_s = parts.clock.monotonic()
    target = await target_of(parts, job)
    provider = target.provider
    if not isinstance(provider, BankProvider):
        raise Unsupported(f"{provider.name.value} has no bank transactions")
    changes = await provider.bank_changes(target.access, await bank_cursor(parts.pool, job.connection_id))
    async with parts.pool.acquire() as database, database.transaction():
        if not await hold_claim(database, job):
            raise ClaimLost
        stored = await store_bank_changes(
            database,
            job.connection_id,
            job.user_id,
            changes.lines,
            removed=changes.removed,
            cursor=changes.cursor,
            whole=changes.since is None and all(odd.harmless for odd in changes.set_aside),
            complete=changes.complete,
        )
        if stored.unknown_accounts:
            await enqueue_refresh(
                database, connection_id=job.connection_id, user_id=job.user_id, trigger=Trigger(job.trigger)
            )
        accounts = await bank_accounts_of_connection(database, job.connection_id)
    quarantined = [{"account": None, "alias": odd.alias, "reason": odd.reason} for odd in changes.set_aside]
    duration_ms = round((parts.clock.monotonic() - began_s) * 1000)
    for account in accounts:
        parts.log.info("sync_complete", product=job.kind.value, account=account, duration_ms=duration_ms)
    quarantined += _waiting(stored)
    return Refreshed(len(accounts), len(changes.lines), quarantined, changes_count=stored.changes_count)


def _waiting(stored: Stored) -> list[dict[str, str | None]]:
    return [
        {"account": None, "alias": account, "reason": "its bank transactions wait until the account is stored"}
        for account in stored.unknown_accounts
    ]
