"""The kernel on real servers: migrations, row-level security, holdings, boards and feeds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest, read_interest
from realtime.bus.lease import Lease
from realtime.bus.prices import feed_end, read_batches, read_board, write_batch
from realtime.contract.messages import PriceBatch
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import partition_of
from realtime.domain.price import Price, PriceSource
from realtime.errors import Misconfigured
from realtime.store.holdings import ReportedHolding, holdings_of, replace_holdings
from realtime.store.migrate import migrate
from realtime.store.pool import Pool, as_user


def price_at(instrument_id: str, price: str) -> Price:
    return Price(
        instrument_id=InstrumentId(instrument_id),
        price=Decimal(price),
        time=datetime(2026, 11, 20, 15, tzinfo=UTC),
        source=PriceSource.TRADE,
        revision=0,
        previous_close=Decimal("100.10"),
        previous_close_date=date(2026, 11, 19),
        received_ns=1,
    )


async def add_account(pool: Pool, name: str) -> tuple[UserId, UUID]:
    user, connection, account = uuid4(), uuid4(), uuid4()
    await pool.execute("insert into users (id, name) values ($1, $2)", user, name)
    await pool.execute(
        "insert into connections (id, user_id, provider, provider_connection_id) values ($1, $2, 'plaid', $3)",
        connection,
        user,
        str(connection),
    )
    await pool.execute(
        """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type,
           name, currency) values ($1, $2, $3, $4, 'plaid', 'p', 'investment', 'IRA', 'USD')""",
        account,
        f"plaid_{account.hex}",
        user,
        connection,
    )
    return UserId(str(user)), account


async def add_instrument(pool: Pool, symbol: str) -> InstrumentId:
    instrument = uuid4()
    await pool.execute(
        """insert into instruments (id, symbol, asset_class, currency, name, listed)
           values ($1, $2, 'equity', 'USD', $2, true)""",
        instrument,
        symbol,
    )
    return InstrumentId(str(instrument))


async def test_migrating_twice_applies_nothing(postgres_dsn: str) -> None:
    """Ensure a migration is applied once."""
    assert await migrate(postgres_dsn) == []


async def test_changed_migration_is_refused(postgres_dsn: str, owner_pool: Pool) -> None:
    """Ensure an applied migration never changes silently."""
    await owner_pool.execute("update schema_migrations set checksum = 'other'")
    with pytest.raises(Misconfigured, match="0001_initial"):
        await migrate(postgres_dsn)


async def test_holdings_are_replaced_whole_with_a_new_version(pool: Pool) -> None:
    """Ensure a replacement leaves nothing of the older holdings behind."""
    user, account = await add_account(pool, "ada")
    first, second = [await add_instrument(pool, symbol) for symbol in ("AAPL", "MSFT")]
    async with pool.acquire() as connection:
        for instrument in (first, second):
            async with connection.transaction():
                await replace_holdings(
                    connection, account, [ReportedHolding(instrument, Decimal("1.5"), None, None)], None
                )
    [holdings] = await holdings_of(pool, [user])
    assert holdings.accounts[0].version == 2
    assert [(row.instrument_id, row.quantity) for row in holdings.accounts[0].holdings] == [(second, Decimal("1.5"))]


async def test_row_level_security_hides_the_rows_of_a_wrong_user(pool: Pool) -> None:
    """Ensure that even a query without a condition shows one's own rows alone."""
    ada, _ = await add_account(pool, "ada")
    grace, _ = await add_account(pool, "grace")
    async with as_user(pool, ada) as connection:
        assert [str(row["user_id"]) for row in await connection.fetch("select user_id from accounts")] == [ada]
        assert await connection.fetch("select from accounts where user_id = $1", grace) == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select snaptrade_user_secret from users")
    assert len(await pool.fetch("select from accounts")) == 2


async def test_row_level_security_without_a_user_shows_nothing(pool: Pool) -> None:
    """Ensure that an unset user id is nobody, not everybody."""
    await add_account(pool, "ada")
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local role navstream_user")
        assert await connection.fetch("select from accounts") == []


async def test_feed_continues_where_the_reader_stopped(bus: Bus) -> None:
    """Ensure every batch is read once and the board keeps the newest price."""
    position = await feed_end(bus)
    await write_batch(bus, PriceBatch((price_at("a", "1.00"),), 1))
    await write_batch(bus, PriceBatch((price_at("a", "2.00"), price_at("b", "3.00")), 2))
    batches, position = await read_batches(bus, position, wait_ms=1000)
    assert [batch.sent_ns for batch in batches] == [1, 2]
    assert (await read_batches(bus, position, wait_ms=10))[0] == []
    assert {key: price.price for key, price in (await read_board(bus)).items()} == {
        "a": Decimal("2.00"),
        "b": Decimal("3.00"),
    }


async def test_interest_names_the_watched_subjects(bus: Bus) -> None:
    """Ensure announced interest is read back by partition."""
    user = UserId(str(uuid4()))
    subjects = {SubjectKey(user, None), SubjectKey(user, AccountId("plaid_1"))}
    await announce_interest(bus, *subjects)
    assert await read_interest(bus, [partition_of(user)]) == subjects


async def test_lease_has_one_owner(bus: Bus) -> None:
    """Ensure a second claimant gets the lease only after its release."""
    first, second = Lease(bus, "r", "one", 5000), Lease(bus, "r", "two", 5000)
    assert await first.acquire_or_renew()
    assert await first.acquire_or_renew()
    assert not await second.acquire_or_renew()
    await second.release()
    assert not await second.acquire_or_renew()
    await first.release()
    assert await second.acquire_or_renew()
