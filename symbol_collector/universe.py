"""What is held, as Postgres says it: read at the start, at every NOTIFY, and now and then in case one was missed."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from realtime.clock import Clock
from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.account import UserId
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.log import Log
from realtime.store.instruments import currency_instruments, held_instruments, held_state, held_values
from realtime.store.notify import listen
from realtime.store.pool import DATABASE_ERRORS, Pool

_READ_AGAIN_AFTER_S = 30.0
_AT_MOST_EVERY_S = 0.2
_RETRY_AFTER_S = 0.5


@dataclass(frozen=True, slots=True)
class Change:
    """What joined and what left between two readings."""

    joined: tuple[Instrument, ...]
    left: tuple[Instrument, ...]

    @property
    def is_empty(self) -> bool:
        return not self.joined and not self.left


def change(before: Mapping[InstrumentId, Instrument], now: Iterable[Instrument]) -> Change:
    """Return what has to be added and removed; an instrument that changed its symbol leaves and joins (pure)."""
    current = {instrument.id: instrument for instrument in now}
    return Change(
        joined=tuple(each for each in current.values() if _market_side(before.get(each.id)) != _market_side(each)),
        left=tuple(each for each in before.values() if _market_side(current.get(each.id)) != _market_side(each)),
    )


def _market_side(instrument: Instrument | None) -> tuple[object, ...] | None:
    """Return what decides how the market prices an instrument; its name does not."""
    if instrument is None:
        return None
    return instrument.symbol, instrument.asset_class, instrument.currency, instrument.listed


class Universe:
    """Reads what is held and tells whom it concerns, within a fraction of a second of a commit."""

    def __init__(
        self, pool: Pool, database_url: str, on_read: Callable[[list[Instrument]], None], clock: Clock, log: Log
    ) -> None:
        self.problem: str | None = None
        self._pool = pool
        self._database_url = database_url
        self._on_read = on_read
        self._clock = clock
        self._log = log
        self._changed = asyncio.Event()
        self._state: object = None
        self._read_s = 0.0

    async def run(self) -> None:
        """Listen and read for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._read_again())
            tasks.create_task(self._read())

    async def values(self, user_ids: Iterable[UserId] | None = None) -> Mapping[InstrumentId, Decimal]:
        """Return how much these users, or all, hold of each instrument, at provider prices; empty when unknown."""
        try:
            return await held_values(self._pool, user_ids)
        except DATABASE_ERRORS as error:
            self._say_unreachable(error)
            return {}

    async def _listen(self) -> None:
        async for _ in listen(self._database_url, HOLDINGS_CHANGED, self._clock, self._log):
            self._changed.set()

    async def _read_again(self) -> None:
        while True:
            self._changed.set()
            await self._clock.sleep(_READ_AGAIN_AFTER_S)

    async def _read(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                if await self._is_as_read():
                    await self._clock.sleep(_AT_MOST_EVERY_S)
                    continue
                held = await held_instruments(self._pool)
                currencies = await currency_instruments(self._pool, {each.currency for each in held})
            except DATABASE_ERRORS as error:
                self._state = None
                self._say_unreachable(error)
                self._changed.set()
                await self._clock.sleep(_RETRY_AFTER_S)
                continue
            self.problem = None
            self._on_read(list({each.id: each for each in (*held, *currencies)}.values()))
            await self._clock.sleep(_AT_MOST_EVERY_S)

    async def _is_as_read(self) -> bool:
        """Whether the market side is what it was at the last reading, and that was lately.

        Most changes of holdings change quantities alone, and reading everything delays the trades of the moment.
        """
        now_s = self._clock.monotonic()
        state = (await held_state(self._pool), await currency_instruments(self._pool, ()))
        if state == self._state and now_s - self._read_s < _READ_AGAIN_AFTER_S:
            self.problem = None
            return True
        self._state, self._read_s = state, now_s
        return False

    def _say_unreachable(self, error: BaseException) -> None:
        self.problem = "the database is unreachable"
        self._log.warning("database_unreachable", reason=type(error).__name__)
