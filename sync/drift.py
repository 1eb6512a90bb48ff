"""After each sync: our totals beside the providers', with the likely cause of what sets them apart."""

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from redis.exceptions import RedisError

from realtime.bus.prices import read_prices
from realtime.store.instruments import currency_instruments
from realtime.store.pool import Connection
from realtime.store.reconciliations import RatesOf, forget_reconciliations, keep_reconciliation, reported_of
from sync.drift_causes import reconciled
from sync.parts import Parts

_DOLLAR = "USD"
_ONE = Decimal(1)


async def known_rates(parts: Parts, currencies: set[str]) -> RatesOf:
    """Return the rates between these currencies, as far as the collector knows them now."""
    dollars = {_DOLLAR: _ONE}
    if len(currencies) > 1 and parts.bus is not None:
        by_id = {row.id: row.currency for row in await currency_instruments(parts.pool, currencies)}
        try:
            prices = await read_prices(parts.bus, list(by_id))
        except (RedisError, OSError):
            prices = {}
        dollars |= {by_id[key]: price.price for key, price in prices.items() if price.price}
    return {
        target: {target: _ONE}
        | {source: dollars[source] / dollars[target] for source in dollars if source != target and target in dollars}
        for target in currencies
    }


async def reconcile_accounts(parts: Parts, database: Connection, accounts: Iterable[UUID], rates: RatesOf) -> None:
    """Compare the totals of accounts as they are stored, within the transaction that stored them."""
    keys = set(accounts)
    comparable = await reported_of(database, keys, rates)
    await forget_reconciliations(database, keys - comparable.keys())
    for account, reported in comparable.items():
        found = reconciled(reported, parts.drift_max_pct, parts.clock.now())
        if await keep_reconciliation(database, account, found) and found.marked:
            parts.log.warning(
                "account_drifted", account=str(account), drift=str(found.drift), currency=found.currency,
                cause=found.cause,
            )  # fmt: skip
