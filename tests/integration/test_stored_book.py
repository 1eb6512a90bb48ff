"""Reading the whole book at once."""

import asyncio

import pytest

from realtime.store.book import stored_book
from realtime.store.pool import Pool


async def test_a_reading_can_be_cancelled_amid_the_copy(pool: Pool) -> None:
    """A calculator that stops while it loads stops cleanly, and the pool goes on."""
    await pool.execute(
        """insert into users (id, name) values (md5('u')::uuid, 'Ada');
        insert into connections (id, user_id, provider, provider_connection_id)
            values (md5('c')::uuid, md5('u')::uuid, 'alpaca', 'c');
        insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type, name,
            currency)
            values (md5('a')::uuid, 'alpaca_1', md5('u')::uuid, md5('c')::uuid, 'alpaca', 'a', 'x', 'x', 'USD');
        insert into instruments (id, symbol, asset_class, currency, name, listed)
            select md5('i' || n)::uuid, 'S' || n, 'equity', 'USD', 'x', true from generate_series(1, 100000) n;
        insert into holdings (account_id, user_id, instrument_id, quantity)
            select md5('a')::uuid, md5('u')::uuid, md5('i' || n)::uuid, 1 from generate_series(1, 100000) n"""
    )
    reached = asyncio.Event()

    async def hold_up(_chunk: bytes) -> None:
        reached.set()

    async def read() -> None:
        async with stored_book(pool) as stored:
            await stored.copy_positions(hold_up)

    reading = asyncio.ensure_future(read())
    await reached.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await pool.fetchval("select count(*) from holdings") == 100_000
