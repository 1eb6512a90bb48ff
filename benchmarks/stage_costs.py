"""What one price, one row and one message cost the stages, microseconds of one core: what docs/scale.md counts with.

500 users hold 30 of 5,000 stocks each. Messages pass between the stages as they do over Redis, encoded and decoded;
Redis (but for its own row), sockets and the loop are not in these figures.
"""

import asyncio
import gc
import random
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from broadcaster.channels import Channel, parse_channel
from broadcaster.encoding import JSON
from broadcaster.subjects import Subject, WatchedPartition
from calculator.fx import Rates
from calculator.marks import Marks, Moved
from calculator.moment import Moment
from calculator.watched import Watched
from realtime.bus.client import open_bus
from realtime.bus.direct import Directs
from realtime.bus.values import next_generations, publish_all
from realtime.contract.messages import PriceBatch, Revision, UnreadBatch, ValueBatch, ValueUpdate, decode, encode
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.asset_class import AssetClass
from realtime.domain.holding import AccountHoldings, Holding
from realtime.domain.instrument import Instrument, InstrumentId
from realtime.domain.partition import Partition, all_partitions, partition_of
from realtime.domain.price import Price, PriceSource
from realtime.embedded import EmbeddedValkey
from realtime.store.holdings import UserHoldings

USERS, HELD, SYMBOLS, ROUNDS = 500, 30, 5_000, 5
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
_BATCH = 500
_PREVIOUS = date(2026, 11, 19)


def measure() -> list[dict[str, Any]]:
    """Return the cost of a price and a row to a calculator, and of a row and a message to a broadcaster."""
    calculator = Calculator()
    price_us = best_us(calculator.mark_s, SYMBOLS)
    row_us = best_us(lambda: calculator.value()[1], USERS * HELD)
    shown = Shown(calculator)
    few_us = best_us(lambda: shown.show_s(1), USERS)
    many_us = best_us(lambda: shown.show_s(HELD), USERS)
    shown_row_us = (many_us - few_us) / (HELD - 1)
    return [
        _row("price_to_calculator", price_us, "decoded and marked"),
        _row("row_of_calculator", row_us, "valued and encoded, many to a message"),
        _row("row_of_broadcaster", shown_row_us, "decoded, compared, encoded"),
        _row("message_of_broadcaster", few_us - shown_row_us, "framed; without its rows and its sending"),
        _row("message_of_valkey", asyncio.run(_valkey_us(calculator)), "logged and published; 30 rows each"),
        {**_row("bytes_of_row", _bytes_of_row(calculator), ""), "unit": "bytes between the stages"},
    ]


async def _valkey_us(calculator: "Calculator") -> float:
    """Return what a user's update costs Valkey by its own account, microseconds."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedValkey(Path(folder))
        server.start()
        try:
            async with open_bus(server.url) as bus:
                directs = Directs(bus)
                generations = await next_generations(bus, all_partitions())
                for number in range(1, ROUNDS + 1):
                    batches: dict[Partition, ValueBatch] = {}
                    for update in calculator.value()[0]:
                        partition = partition_of(update.user_id)
                        known = batches.get(partition)
                        updates = (*known.updates, update) if known else (update,)
                        batches[partition] = ValueBatch(Revision(generations[partition], number), NOW, None, updates)
                    await publish_all(directs, batches)
                spent_us = (await bus.info("commandstats"))["cmdstat_evalsha"]["usec"]
                return float(spent_us) / (ROUNDS * USERS)
        finally:
            server.stop()


def _bytes_of_row(calculator: "Calculator") -> float:
    updates = calculator.value()[0]
    return sum(len(encode(update)) for update in updates) / (USERS * HELD)


class Calculator:
    """Marks and watched users, as the engine has them."""

    def __init__(self, symbols: int = SYMBOLS) -> None:
        draw = random.Random(3)
        self._number = 0
        self.marks = Marks(Rates(), Moment.at(NOW))
        self.watched = Watched(self.marks)
        instruments = [_instrument(number) for number in range(symbols)]
        self.marks.add(instruments)
        self.ids = [each.id for each in instruments]
        self.users = [UserId(str(UUID(int=number))) for number in range(USERS)]
        self.take(self.batches())
        for user in self.users:
            chosen = draw.sample(self.ids, min(HELD, symbols))
            held = tuple(Holding(each, Decimal(draw.randint(1, 500)), Decimal(1000)) for each in chosen)
            account = AccountHoldings(AccountId(f"alpaca_{user}"), user, "Abacus", "USD", 1, NOW, held)
            self.watched.put_user(UserHoldings(user, "USD", (account,), {}), frozenset({None}))
        self.watched.value(Moved(), self.users)

    def take(self, batches: list[bytes]) -> Moved:
        """Take in batches as they come."""
        moved = Moved()
        for batch in batches:
            moved.add(self.marks.observe(decode(PriceBatch, batch).prices))
        return moved

    def batches(self) -> list[bytes]:
        """Return a newer price of every stock, in batches as they come."""
        self._number += 1
        made = []
        for first in range(0, len(self.ids), _BATCH):
            some = enumerate(self.ids[first : first + _BATCH])
            made.append(encode(PriceBatch(tuple(_price(each, self._number, place) for place, each in some), 0)))
        return made

    def mark_s(self) -> float:
        """Return how long a newer price of every stock takes, seconds."""
        batches = self.batches()
        started = perf_counter()
        self.take(batches)
        return perf_counter() - started

    def value(self) -> tuple[list[ValueUpdate], float]:
        """Value everybody at prices that have all moved; return the updates and how long it took, seconds."""
        moved = self.take(self.batches())
        started = perf_counter()
        updates = self.watched.value(moved)
        for update in updates:
            encode(update)
        return updates, perf_counter() - started


class Shown:
    """Subjects with a positions channel each, shown to one client each."""

    def __init__(self, calculator: Calculator) -> None:
        self._calculator = calculator
        self._partition = WatchedPartition(Partition(0))
        self._channels: list[Channel] = []
        self._number = 0
        name = parse_channel("positions")
        assert name is not None
        for user in calculator.users:
            key = SubjectKey(user, None)
            subject = self._partition.subjects[key] = Subject(key)
            channel = Channel(user, name)
            subject.attach(channel, to_positions=True)
            self._channels.append(channel)
        for subject in self._partition.subscribed():
            subject.read(None)
        self._receive(calculator.watched.value(Moved(), calculator.users))
        self._sent = [channel.state for channel in self._channels]

    def show_s(self, rows_count: int) -> float:
        """Show every user's update, of so many rows, to his client; return how long it took, seconds."""
        updates = []
        for update in self._calculator.value()[0]:
            some = dict(list(update.repriced.items())[:rows_count])
            updates.append(ValueUpdate(update.user_id, None, update.figures, False, {}, some))
        data = self._encoded(updates)
        started = perf_counter()
        self._partition.receive(decode(UnreadBatch, data))
        for place, channel in enumerate(self._channels):
            state = channel.state
            assert state is not None
            body = state.body_after(self._sent[place], channel, JSON)
            if body is not None:
                JSON.frame(body, "", self._number)
            self._sent[place] = state
        return perf_counter() - started

    def _receive(self, updates: list[ValueUpdate]) -> None:
        self._partition.receive(decode(UnreadBatch, self._encoded(updates)))

    def _encoded(self, updates: list[ValueUpdate]) -> bytes:
        self._number += 1
        return encode(ValueBatch(Revision(1, self._number), NOW, None, tuple(updates)))


def _instrument(number: int) -> Instrument:
    return Instrument(
        id=InstrumentId(str(UUID(int=number))),
        symbol=f"S{number}",
        asset_class=AssetClass.EQUITY,
        currency="USD",
        multiplier=Decimal(1),
        name=f"Stock {number}",
        listed=True,
    )


def _price(instrument_id: InstrumentId, number: int, place: int) -> Price:
    return Price(
        instrument_id=instrument_id,
        price=Decimal(10_000 + (number * 37 + place * 11) % 5_000) / 100,
        time=NOW + timedelta(microseconds=number),
        source=PriceSource.TRADE,
        revision=0,
        previous_close=Decimal("101.25"),
        previous_close_date=_PREVIOUS,
        received_ns=1,
    )


def best_us(work_s: Callable[[], float], count: int) -> float:
    """Return the best of a few rounds, for one of `count`."""
    gc.disable()
    best_s = min(work_s() for _ in range(ROUNDS))
    gc.enable()
    return best_s * 1e6 / count


def _row(name: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": f"µs, {unit}", "yardstick": None, "ratio": None, "target": None}


if __name__ == "__main__":
    for row in measure():
        print(row)
