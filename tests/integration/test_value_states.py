"""States and the log behind them on a real Valkey: together they are complete at every moment."""

from uuid import uuid4

from realtime.bus.client import Bus
from realtime.bus.direct import Directs
from realtime.bus.value_states import UnwrittenStates, drop_state, read_state
from realtime.bus.values import next_generation, publish_all
from realtime.contract import names
from realtime.contract.messages import Revision, ValueBatch, ValueUpdate
from realtime.domain.account import SubjectKey, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import partition_of
from tests.support.broadcasting import AS_OF, figures_of, position_of, repriced_to

A, B = InstrumentId("a"), InstrumentId("b")


class Calculator:
    """Publishes and writes states as a calculator does."""

    def __init__(self, bus: Bus, user_id: UserId, generation: int) -> None:
        self.bus = bus
        self.user_id = user_id
        self.partition = partition_of(user_id)
        self.generation = generation
        self.number = 0
        self.directs = Directs(bus)
        self.unwritten = UnwrittenStates()

    async def publish(self, total: str, *, full: bool = False, **values: str) -> None:
        rows = {InstrumentId(name): position_of(InstrumentId(name), value) for name, value in values.items()}
        await self._publish(ValueUpdate(self.user_id, None, figures_of(total, 2), full, rows))

    async def reprice(self, total: str, **values: str) -> None:
        rows = {InstrumentId(name): repriced_to(value) for name, value in values.items()}
        await self._publish(ValueUpdate(self.user_id, None, figures_of(total, 2), False, {}, rows))

    async def _publish(self, update: ValueUpdate) -> None:
        self.number += 1
        batch = ValueBatch(Revision(self.generation, self.number), AS_OF, None, (update,))
        published = await publish_all(self.directs, {self.partition: batch})
        self.unwritten.add(self.partition, batch, published[self.partition])


async def new_calculator(bus: Bus) -> Calculator:
    user_id = UserId(str(uuid4()))
    return Calculator(bus, user_id, await next_generation(bus, partition_of(user_id)))


async def shown(bus: Bus, calculator: Calculator) -> tuple[str, dict[InstrumentId, str]] | None:
    """Return total and positions' values as a late reader finds them."""
    state = await read_state(bus, SubjectKey(calculator.user_id, None))
    if state is None:
        return None
    return str(state.figures.total_value), {key: str(row.market_value) for key, row in state.positions.items()}


async def test_a_reader_finds_what_was_published_before_and_after_the_states_are_written(bus: Bus) -> None:
    """A state lacks nothing, wherever its parts are."""
    calculator = await new_calculator(bus)
    assert await shown(bus, calculator) is None
    await calculator.publish("3.00", full=True, a="1.00", b="2.00")
    await calculator.publish("6.00", a="4.00")
    before = await shown(bus, calculator)
    await calculator.unwritten.write(bus)
    assert await bus.xlen(names.value_log(calculator.partition)) == 0
    assert before == await shown(bus, calculator) == ("6.00", {A: "4.00", B: "2.00"})
    await calculator.publish("9.00", b="5.00")
    assert await shown(bus, calculator) == ("9.00", {A: "4.00", B: "5.00"})
    await calculator.unwritten.write(bus)
    assert await shown(bus, calculator) == ("9.00", {A: "4.00", B: "5.00"})


async def test_a_row_and_its_newer_price_are_one(bus: Bus) -> None:
    """Ensure a price finds its row wherever both are, and gives way to a newer row."""
    calculator = await new_calculator(bus)
    await calculator.publish("3.00", full=True, a="1.00", b="2.00")
    await calculator.reprice("6.00", a="4.00")
    assert await shown(bus, calculator) == ("6.00", {A: "4.00", B: "2.00"})
    await calculator.unwritten.write(bus)
    assert await shown(bus, calculator) == ("6.00", {A: "4.00", B: "2.00"})
    await calculator.reprice("7.00", a="5.00")
    await calculator.publish("9.00", a="7.00")
    await calculator.unwritten.write(bus)
    assert await shown(bus, calculator) == ("9.00", {A: "7.00", B: "2.00"})
    await calculator.reprice("10.00", a="8.00")
    assert await shown(bus, calculator) == ("10.00", {A: "8.00", B: "2.00"})


async def test_a_full_update_replaces_the_rows(bus: Bus) -> None:
    """A position that was sold is gone, in the log and in the state."""
    calculator = await new_calculator(bus)
    await calculator.publish("3.00", full=True, a="1.00", b="2.00")
    await calculator.unwritten.write(bus)
    await calculator.publish("1.00", full=True, a="1.00")
    assert await shown(bus, calculator) == ("1.00", {A: "1.00"})
    await calculator.unwritten.write(bus)
    assert await shown(bus, calculator) == ("1.00", {A: "1.00"})


async def test_a_calculator_that_has_lost_the_partition_is_not_heard(bus: Bus) -> None:
    """What a paused calculator still sends after its partition was claimed anew changes nothing."""
    old = await new_calculator(bus)
    await old.publish("1.00", full=True, a="1.00")
    new = Calculator(bus, old.user_id, await next_generation(bus, old.partition))
    await new.publish("2.00", full=True, a="2.00")
    async with bus.pubsub() as pubsub:
        await pubsub.ssubscribe(names.value_feed(old.partition))
        await pubsub.get_message(timeout=5)
        await old.publish("99.00", full=True, a="99.00")
        await new.publish("3.00", a="3.00")
        message = await pubsub.get_message(timeout=5)
        assert message is not None
        assert b"3.00" in message["data"]
    assert await shown(bus, new) == ("3.00", {A: "3.00"})


async def test_dropped_states_are_not_written_again(bus: Bus) -> None:
    """Values of somebody who is no longer watched do not come back from what was not written yet."""
    calculator = await new_calculator(bus)
    await calculator.publish("1.00", full=True, a="1.00")
    calculator.unwritten.drop(SubjectKey(calculator.user_id, None))
    await drop_state(bus, SubjectKey(calculator.user_id, None))
    await calculator.unwritten.write(bus)
    assert await shown(bus, calculator) is None
