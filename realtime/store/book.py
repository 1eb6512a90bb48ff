"""Everybody's holdings at once, for a calculator that starts: a binary COPY with rows of one size."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from realtime.domain.account import AccountId, UserId
from realtime.domain.instrument import Instrument
from realtime.store.instruments import ProviderPrice, held_instruments, provider_prices
from realtime.store.pool import Connection, Pool

_ACCOUNTS = """
select id, public_id, user_id::text from accounts where is_active and duplicate_of is null order by user_id, public_id
"""
_POSITIONS = """
select h.account_id, h.instrument_id, (h.quantity * i.multiplier)::float8,
    case when i.asset_class = 'cash' then 0 else coalesce(h.cost_basis, 0) end::float8
from holdings h join instruments i on i.id = h.instrument_id
"""
_ACCOUNTS_AT_ONCE = 5_000

HEADER_BYTES = 19
TRAILER_BYTES = 2
POSITION_BYTES = 66
"""A row: field count (int16); then for each field its length (int32) and value, big-endian: account (UUID),
instrument (UUID), units (float64, quantity times multiplier), cost basis (float64, 0 when unknown and for cash)."""


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An active account that counts, and whose it is."""

    key: UUID
    id: AccountId
    user_id: UserId


class StoredBook:
    """The book as of one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def accounts(self) -> list[StoredAccount]:
        """Return all active accounts that count, by user; some at a time, as other work goes on in between."""
        accounts: list[StoredAccount] = []
        rows = await self._connection.cursor(_ACCOUNTS, timeout=600)
        while some := await rows.fetch(_ACCOUNTS_AT_ONCE, timeout=600):
            accounts += [StoredAccount(row["id"], AccountId(row["public_id"]), UserId(row["user_id"])) for row in some]
        return accounts

    async def instruments(self) -> list[Instrument]:
        """Return every instrument that some active account holds."""
        return await held_instruments(self._connection)

    async def provider_prices(self, instruments: list[Instrument]) -> list[ProviderPrice]:
        """Return the newest provider price of each of these instruments that has one."""
        return await provider_prices(self._connection, [instrument.id for instrument in instruments])

    async def copy_positions(self, take: Callable[[bytes], Coroutine[Any, Any, None]]) -> None:
        """Hand over the COPY stream of all positions, those of accounts that do not count among them, chunk by chunk.

        Source of its form: PostgreSQL's documentation of COPY, "Binary Format".
        """
        await self._connection.copy_from_query(_POSITIONS, output=take, format="binary", timeout=3600)


@asynccontextmanager
async def stored_book(pool: Pool) -> AsyncIterator[StoredBook]:
    """Open the book as of one moment."""
    async with pool.acquire() as connection:
        snapshot = connection.transaction(isolation="repeatable_read", readonly=True)
        await snapshot.start()
        try:
            yield StoredBook(connection)
        except BaseException:
            connection.terminate()  # asyncpg cannot roll back amid a COPY, and would fail with an error of its own
            raise
        await snapshot.rollback()
