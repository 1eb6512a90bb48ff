"""The newest values of a subject: states that are read and batches that arrive, in any order."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.channels import Channel
from broadcaster.encoding import JSON
from broadcaster.subjects import WatchedPartition
from realtime.contract.messages import Revision, SubjectState, UnreadBatch, ValueBatch, ValueUpdate, decode, encode
from realtime.domain.account import SubjectKey, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import Partition
from realtime.domain.value import Position
from tests.support.broadcasting import repriced_to
from tests.unit.broadcaster.builders import ADA, AS_OF, BOB, channel_named, figures_of, position_of

KEY = SubjectKey(ADA, None)


def rows_of(**values: str) -> dict[InstrumentId, Position]:
    return {InstrumentId(name): position_of(name, value) for name, value in values.items()}


def update_of(total: str, full: bool, user_id: UserId = ADA, **values: str) -> ValueUpdate:
    return ValueUpdate(user_id, None, figures_of(total, len(values)), full, rows_of(**values))


def batch_of(number: int, *updates: ValueUpdate, generation: int = 1, as_of: datetime = AS_OF) -> UnreadBatch:
    return decode(UnreadBatch, encode(ValueBatch(Revision(generation, number), as_of, None, updates)))


def state_at(number: int, total: str, *, generation: int = 1, **values: str) -> SubjectState:
    return SubjectState(Revision(generation, number), AS_OF, figures_of(total, len(values)), rows_of(**values))


class World:
    """A partition with Ada's portfolio watched, both channels open."""

    def __init__(self) -> None:
        self.partition = WatchedPartition(Partition(7))
        self.subject = self.partition.add(KEY)
        self.figures, self.positions = channel_named("portfolio"), channel_named("positions")
        self.subject.attach(self.figures, to_positions=False)
        self.subject.attach(self.positions, to_positions=True)

    def total(self) -> Any:
        return shown(self.figures).get("total_value")

    def values(self) -> dict[str, Any]:
        return {name: row["market_value"] for name, row in shown(self.positions).items()}


def shown(channel: Channel) -> Mapping[str, Any]:
    return {} if channel.state is None else channel.state.data


def test_state_first_then_batches() -> None:
    """What is read is shown; batches go on top of it."""
    world = World()
    assert world.partition.subscribed() == [world.subject]
    assert world.subject.read(state_at(3, "5", a="2", b="3")) == [world.figures, world.positions]
    assert (world.total(), world.values()) == (5, {"a": 2, "b": 3})
    changed, unread = world.partition.receive(batch_of(4, update_of("6", False, b="4")))
    assert (changed, unread) == ([world.figures, world.positions], [])
    assert (world.total(), world.values()) == (6, {"a": 2, "b": 4})


def test_batches_that_came_first_wait() -> None:
    """Those that the state has already are left out, later ones are applied, nothing shows before the state."""
    world = World()
    world.partition.subscribed()
    for number, total in ((3, "3"), (4, "4"), (5, "5")):
        assert world.partition.receive(batch_of(number, update_of(total, False, a=total))) == ([], [])
    assert world.total() is None
    world.subject.read(state_at(4, "4", a="4", b="1"))
    assert (world.total(), world.values()) == (5, {"a": 5, "b": 1})


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 1000))
def test_wherever_the_read_falls_the_result_is_the_same(subscribed_at: int, read_after: int, seed: int) -> None:
    """Subscribe, read and batches in any interleaving: the shown state is the published one."""
    choose = random.Random(seed)
    world, truth = World(), {"a": "0", "b": "0"}
    states = [dict(truth)]
    updates = []
    for number in range(1, 13):
        full = choose.random() < 0.2
        changed = {name: str(number * 10 + place) for place, name in enumerate("ab") if full or choose.random() < 0.6}
        truth = {**truth, **changed}
        states.append(dict(truth))
        updates.append((full, dict(truth) if full else changed))
    read_at = min(12, subscribed_at + read_after)
    world.partition.subscribed()
    for number in range(1, 13):
        if number - 1 == read_at:
            world.subject.read(state_at(number - 1, str(number - 1), generation=1, **states[number - 1]))
        if number > subscribed_at:
            full, changed = updates[number - 1]
            repriced = {} if full else {name: value for name, value in changed.items() if choose.random() < 0.5}
            rows = rows_of(**{name: value for name, value in changed.items() if name not in repriced})
            prices = {InstrumentId(name): repriced_to(value) for name, value in repriced.items()}
            update = ValueUpdate(ADA, None, figures_of(str(number), 2), full, rows, prices)
            world.partition.receive(batch_of(number, update))
    if read_at == 12:
        world.subject.read(state_at(12, "12", generation=1, **states[12]))
    assert world.total() == 12
    assert world.values() == {name: Decimal(value) for name, value in truth.items()}


def test_a_gap_means_reading_again() -> None:
    """A missing number: every subject of the partition is read; clients keep what they have until then."""
    world = World()
    world.partition.subscribed()
    world.subject.read(state_at(1, "1", a="1"))
    ticket = world.subject.ticket
    changed, unread = world.partition.receive(batch_of(2, update_of("2", False, a="2")))
    assert unread == []
    changed, unread = world.partition.receive(batch_of(4, update_of("4", False, a="4")))
    assert (changed, unread) == ([], [world.subject])
    assert world.subject.ticket > ticket
    assert world.total() == 2
    world.subject.read(state_at(4, "4", a="4"))
    assert world.total() == 4


def test_a_later_generation_wins_and_is_read() -> None:
    """Another calculator took over: its states are read; the old one's batches change nothing any more."""
    world = World()
    world.partition.subscribed()
    world.subject.read(state_at(1, "1", a="1"))
    world.partition.receive(batch_of(2, update_of("2", False, a="2")))
    assert world.partition.receive(batch_of(1, update_of("9", True, a="9"), generation=2))[1] == [world.subject]
    world.subject.read(state_at(1, "9", generation=2, a="9"))
    assert world.partition.receive(batch_of(3, update_of("3", True, a="3"))) == ([], [])
    assert world.total() == 9


def test_without_a_state_the_first_full_update_begins() -> None:
    """Nobody had valued the user before; a full update is all there is to know."""
    world = World()
    world.partition.subscribed()
    assert world.subject.read(None) == []
    assert world.partition.receive(batch_of(1, update_of("1", False, a="1")))[0] == []
    world.partition.receive(batch_of(2, update_of("2", True, a="2")))
    assert (world.total(), world.values()) == (2, {"a": 2})


def test_without_a_state_part_of_one_is_read_again() -> None:
    """A partial update cannot begin anything, so the state must exist: ask again."""
    world = World()
    world.partition.subscribed()
    world.partition.receive(batch_of(5, update_of("5", False, a="5")))
    assert world.subject.read(None) is None
    assert world.subject.read(state_at(5, "5", a="5")) is not None
    assert world.total() == 5


def test_an_incomplete_state_is_read_again() -> None:
    """After a loss of Redis's data a state may lack rows until all are published again; then it shows."""
    world = World()
    world.partition.subscribed()
    world.subject.read(state_at(1, "2", a="1", b="1"))
    half = SubjectState(Revision(1, 2), AS_OF, figures_of("3", 2), rows_of(a="2"))
    world.subject.reread()
    assert world.subject.read(half) is None
    assert (world.total(), world.values()) == (2, {"a": 1, "b": 1})
    assert world.subject.read(state_at(3, "4", a="2", b="2")) is not None
    assert world.values() == {"a": 2, "b": 2}


def test_a_state_that_stays_incomplete_is_shown_at_last() -> None:
    """Better what there is than nothing for ever."""
    world = World()
    half = SubjectState(Revision(1, 2), AS_OF, figures_of("3", 2), rows_of(a="2"))
    reads = 0
    while world.subject.read(half) is None:
        reads += 1
        assert reads < 20
    assert world.values() == {"a": 2}


def test_a_slow_read_is_bounded() -> None:
    """More waiting batches than the bound are dropped, and the state is read anew."""
    world = World()
    world.partition.subscribed()
    ticket = world.subject.ticket
    for number in range(1, 200):
        world.partition.receive(batch_of(number, update_of(str(number), False, a="1")))
    assert world.subject._pending is not None
    assert len(world.subject._pending) <= 64
    assert world.subject.read(state_at(1, "1", a="1")) is None
    assert world.subject.ticket > ticket
    world.subject.read(state_at(199, "199", a="1"))
    assert world.total() == 199


def test_others_updates_pass_by() -> None:
    """A batch carries all watched subjects of a partition, also those that only other broadcasters watch."""
    world = World()
    world.partition.subscribed()
    world.subject.read(state_at(1, "1", a="1"))
    assert world.partition.receive(batch_of(2, update_of("99", True, user_id=BOB, a="99")))[0] == []
    assert world.total() == 1


def test_rows_that_did_not_change_are_shared() -> None:
    """A new state holds the old one's rows, so that comparing is cheap and memory is not doubled."""
    world = World()
    world.partition.subscribed()
    world.subject.read(state_at(1, "1", a="1", b="1"))
    before = shown(world.positions)
    world.partition.receive(batch_of(2, update_of("2", False, a="2"), as_of=AS_OF + timedelta(seconds=1)))
    after = shown(world.positions)
    assert after["b"] is before["b"]
    assert after["a"] is not before["a"]
    world.subject.reread()
    world.subject.read(state_at(2, "2", a="2", b="1"))
    assert shown(world.positions)["b"] is before["b"]


def test_a_channel_opened_later_shows_at_once() -> None:
    """The second client's channel begins with what the first one's shows."""
    world = World()
    world.subject.read(state_at(1, "1", a="1"))
    assert world.subject.detach(world.positions)
    again = channel_named("positions")
    world.subject.attach(again, to_positions=True)
    assert list(shown(again)) == ["a"]
    assert not (world.subject.detach(again) and world.subject.detach(world.figures))


def test_times_travel_with_the_values_that_a_price_caused() -> None:
    """Market, intake and compute time are in a message together with its own; without a price there are none."""
    world = World()
    world.partition.subscribed()
    world.subject.read(None)
    world.partition.receive(batch_of(1, update_of("1.00", full=True, a="1.00")))
    assert b"times" not in frame_of(world.figures)
    batch = ValueBatch(Revision(1, 2), AS_OF, 5_000_000, (update_of("2.00", full=False, a="2.00"),), 7, 9_000_999)
    world.partition.receive(decode(UnreadBatch, encode(batch)))
    for channel in (world.figures, world.positions):
        times = msgspec.json.decode(frame_of(channel))["times"]
        assert times | {"sent": 0} == {"traded": 7, "received": 5000, "computed": 9000, "sent": 0}
        assert times["sent"] > 1_600_000_000_000_000


def frame_of(channel: Channel) -> bytes:
    assert channel.state is not None
    body = channel.state.body_after(None, channel, JSON)
    assert body is not None
    return body.head + b'e","seq":1' + body.tail


def test_values_of_nobody_alive_are_interrupted_until_the_heir_s_come() -> None:
    """From the loss of a calculator on, and while its heir has claimed the partition but not valued the subject."""
    world = World()
    world.subject.read(state_at(3, "5.00", generation=8))
    assert not shown(world.figures)["interrupted"], "nobody has looked yet"
    assert world.partition.owned_by(8) == []
    assert world.partition.owned_by(None) == [world.figures]
    assert shown(world.figures)["interrupted"]
    assert world.total() == 5
    assert world.partition.owned_by(9) == []
    assert shown(world.figures)["interrupted"]
    world.partition.receive(batch_of(1, update_of("6.00", True), generation=9))
    assert not shown(world.figures)["interrupted"]
    assert world.total() == 6


def test_values_of_a_heir_that_was_quicker_than_our_look_are_not_interrupted() -> None:
    world = World()
    world.subject.read(state_at(3, "5.00", generation=8))
    world.partition.owned_by(8)
    world.partition.receive(batch_of(1, update_of("6.00", True), generation=9))
    assert world.partition.owned_by(9) == []
    assert not shown(world.figures)["interrupted"]


def test_who_comes_while_nobody_is_alive_sees_that() -> None:
    world = World()
    world.partition.owned_by(None)
    bob = world.partition.add(SubjectKey(BOB, None))
    channel = channel_named("portfolio")
    bob.attach(channel, to_positions=False)
    bob.read(state_at(3, "5.00"))
    assert shown(channel)["interrupted"]
