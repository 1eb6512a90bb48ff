"""Statements as a provider: the five calls, and how a connection begins."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from providers.base import (
    Access,
    HoldingsReport,
    Institution,
    Performance,
    ReportedAccount,
    TransactionsReport,
)
from providers.statement.mapping import account_reports
from realtime.clock import Clock
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.errors import RetryLater, Unsupported
from realtime.store.connections import add_connection
from realtime.store.jobs import Trigger, enqueue_refresh
from realtime.store.pool import Pool


class StatementProvider:
    """Reads files; the connection's id is the path."""

    name = ProviderName.STATEMENT

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def accounts(self, access: Access) -> Sequence[ReportedAccount]:
        return [one.account for one in (await self.positions(access)).accounts]

    async def positions(self, access: Access, account: str | None = None) -> HoldingsReport:
        path = Path(access.connection)
        try:
            text, changed_s = await asyncio.to_thread(lambda: (path.read_text(), path.stat().st_mtime))
        except OSError as error:
            raise RetryLater(f"the statement cannot be read ({type(error).__name__})") from error
        reports, odd = account_reports(text, datetime.fromtimestamp(changed_s, UTC))
        chosen = tuple(one for one in reports if account in (None, one.account.id))
        return HoldingsReport(Institution("statement", "Statements"), chosen, self._clock.now(), odd)

    async def transactions(self, access: Access, since: date, account: str | None = None) -> TransactionsReport:
        raise Unsupported("statements list no transactions")

    async def performance(self, access: Access, account: str | None = None) -> Sequence[Performance]:
        raise Unsupported("statements have no performance figures")

    async def refresh(self, access: Access) -> None:
        """Do nothing: every read is of the newest file."""

    async def remove(self, access: Access) -> None:
        """Do nothing: the file is its owner's."""

    async def close(self) -> None:
        """Do nothing: no socket is open."""


async def connect_statement(pool: Pool, user_id: UserId, path: Path) -> ConnectionId:
    """Store a connection to a file and queue its first refresh."""
    async with pool.acquire() as connection, connection.transaction():
        key = await add_connection(
            connection,
            user_id=user_id,
            provider=ProviderName.STATEMENT,
            provider_connection_id=str(path),
            credential=None,
        )
        await enqueue_refresh(connection, connection_id=key, user_id=user_id, trigger=Trigger.CONNECT)
    return key
