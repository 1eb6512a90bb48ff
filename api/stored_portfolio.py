"""The stored half of the aggregated portfolio: accounts and newest transactions, kept in Redis (decision 0183).

Kept for half an hour, five minutes when a webhook has just changed it, and forgotten as soon as it changes.
"""

from dataclasses import dataclass

import msgspec
from redis.exceptions import RedisError

from api.parts import Parts
from realtime.bus.client import Bus
from realtime.bus.kept import forget_kept, keep, read_kept
from realtime.clock import Clock
from realtime.contract.names import EVERYBODY, PORTFOLIO_CHANGED
from realtime.domain.account import UserId
from realtime.log import Log
from realtime.store.notify import listen
from realtime.store.portfolio import LinkedAccount, ReportedTransaction, linked_accounts
from realtime.store.sync_logs import was_told_by_webhook
from realtime.store.transaction_pages import transactions_page

_KEPT_FOR_S = 30 * 60
_AFTER_A_WEBHOOK_S = 5 * 60
_TRANSACTIONS_COUNT = 50
_FORGET_AGAIN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class StoredPortfolio:
    """What a user has linked, and his newest transactions."""

    accounts: list[LinkedAccount]
    transactions: list[ReportedTransaction]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(StoredPortfolio).decode


async def stored_portfolio(parts: Parts, user_id: UserId) -> StoredPortfolio:
    """Return what is stored of a user's portfolio.

    Raises:
        RetryLater: The database does not answer.
    """
    if not parts.keeps_portfolios:
        return await _read(parts, user_id)
    kept = await read_kept(parts.bus, user_id)
    if kept.data is not None:
        return _decode(kept.data)
    stored = await _read(parts, user_id)
    was_told = await was_told_by_webhook(parts.pool, user_id, _KEPT_FOR_S)
    await keep(parts.bus, user_id, kept.edition, _encode(stored), _AFTER_A_WEBHOOK_S if was_told else _KEPT_FOR_S)
    return stored


async def follow_changes(database_url: str, bus: Bus, clock: Clock, log: Log) -> None:
    """Forget portfolios as they change, for ever; all of them after a change may have been missed."""
    async for payload in listen(database_url, PORTFOLIO_CHANGED, clock, log):
        user_id = None if payload is None or payload == EVERYBODY else UserId(payload)
        while not await _forget(bus, user_id, log):
            await clock.sleep(_FORGET_AGAIN_AFTER_S)


async def _forget(bus: Bus, user_id: UserId | None, log: Log) -> bool:
    try:
        await forget_kept(bus, user_id)
    except RedisError as error:
        log.warning("redis_unreachable", reason=type(error).__name__)
        return False
    return True


async def _read(parts: Parts, user_id: UserId) -> StoredPortfolio:
    return StoredPortfolio(
        await linked_accounts(parts.pool, user_id), await transactions_page(parts.pool, user_id, _TRANSACTIONS_COUNT)
    )
