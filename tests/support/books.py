"""Users, accounts, instruments and holdings, written to Postgres as sync writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from realtime.domain.account import AccountId, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.instrument import InstrumentId
from realtime.store.holdings import ReportedHolding, replace_holdings
from realtime.store.pool import Pool

AS_OF = datetime(2026, 11, 20, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    user_id: UserId
    id: AccountId
    uuid: UUID


async def add_user(pool: Pool, currency: str = "USD") -> UserId:
    user = uuid4()
    await pool.execute("insert into users (id, name, currency) values ($1, 'ada', $2)", user, currency)
    return UserId(str(user))


async def add_account(pool: Pool, user_id: UserId, currency: str = "USD") -> Account:
    connection, account = uuid4(), uuid4()
    await pool.execute(
        "insert into connections (id, user_id, provider, provider_connection_id) values ($1, $2, 'plaid', $3)",
        connection,
        user_id,
        str(connection),
    )
    await pool.execute(
        """insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, account_type,
           name, currency) values ($1, $2, $3, $4, 'plaid', 'p', 'investment', 'IRA', $5)""",
        account,
        f"plaid_{account.hex}",
        user_id,
        connection,
        currency,
    )
    return Account(user_id, AccountId(f"plaid_{account.hex}"), account)


async def add_instrument(
    pool: Pool,
    symbol: str,
    asset_class: AssetClass = AssetClass.EQUITY,
    *,
    currency: str = "USD",
    multiplier: int = 1,
    provider_price: str | None = None,
    priced_at: datetime = AS_OF,
) -> InstrumentId:
    instrument = uuid4()
    await pool.execute(
        """insert into instruments (id, symbol, asset_class, currency, multiplier, name, listed)
           values ($1, $2, $3, $4, $5, $2, $6)""",
        instrument,
        symbol,
        str(asset_class),
        currency,
        multiplier,
        asset_class in {AssetClass.EQUITY, AssetClass.ETF, AssetClass.OPTION, AssetClass.CRYPTO},
    )
    if provider_price is not None:
        await pool.execute(
            "insert into instrument_prices (instrument_id, price, price_time, provider) values ($1, $2, $3, 'plaid')",
            instrument,
            Decimal(provider_price),
            priced_at,
        )
    return InstrumentId(str(instrument))


async def hold(
    pool: Pool,
    account: Account,
    quantities: Mapping[InstrumentId, str],
    costs: Mapping[InstrumentId, str] | None = None,
    *,
    as_of: datetime = AS_OF,
) -> int:
    """Replace an account's holdings; return the new version."""
    rows = [
        ReportedHolding(key, Decimal(quantity), Decimal(costs[key]) if costs and key in costs else None, None)
        for key, quantity in quantities.items()
    ]
    async with pool.acquire() as connection, connection.transaction():
        return await replace_holdings(connection, account.uuid, rows, as_of)
