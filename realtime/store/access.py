"""What a user may see: his accounts, and anybody's market prices."""

from collections.abc import Iterator
from contextlib import contextmanager

from realtime.domain.account import AccountId, UserId
from realtime.domain.instrument import InstrumentId
from realtime.errors import RetryLater
from realtime.store.pool import DATABASE_ERRORS, Pool, as_user

_ACCOUNTS_OF_USER = "select public_id from accounts where user_id = $1::uuid and is_active"
_OWNER = "select user_id from accounts where public_id = $1 and is_active"
_PRICED_INSTRUMENT = """
select id from instruments where symbol = $1 order by listed desc, (currency = 'USD') desc, currency limit 1
"""


async def accounts_of_user(pool: Pool, user_id: UserId) -> frozenset[AccountId]:
    """Return the public ids of a user's active accounts; asked as the user, so row-level security guards it too.

    Raises:
        RetryLater: The database does not answer.
    """
    with _outage_as_retry_later():
        async with as_user(pool, user_id) as connection:
            rows = await connection.fetch(_ACCOUNTS_OF_USER, user_id)
    return frozenset(AccountId(row["public_id"]) for row in rows)


async def owner_of(pool: Pool, account_id: AccountId) -> UserId | None:
    """Return whose an active account is, for the operator; None when there is no such account.

    Raises:
        RetryLater: The database does not answer.
    """
    with _outage_as_retry_later():
        found = await pool.fetchval(_OWNER, account_id)
    return None if found is None else UserId(str(found))


async def priced_instrument(pool: Pool, symbol: str) -> InstrumentId | None:
    """Return the instrument that a symbol means to a reader of prices: listed before unlisted, dollars first.

    Raises:
        RetryLater: The database does not answer.
    """
    with _outage_as_retry_later():
        found = await pool.fetchval(_PRICED_INSTRUMENT, symbol)
    return None if found is None else InstrumentId(str(found))


@contextmanager
def _outage_as_retry_later() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        raise RetryLater(f"database unreachable: {type(error).__name__}", after_s=1.0) from error
