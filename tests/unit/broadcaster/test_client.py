"""What a client is sent, and its numbers."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcaster.client import STATES_KEPT, OpBudget, Subscription
from navstream.protocol.apply import Replicas
from navstream.protocol.state_hash import state_hash
from tests.unit.broadcaster.builders import channel_named, client_of, state_of


def message_in(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    message: dict[str, Any] = msgspec.json.decode(frame[4 if frame[1] == 126 else 2 :])
    return message


def test_snapshot_then_deltas() -> None:
    """Seq rises by one; the epoch is in the snapshot."""
    client, channel = client_of(), channel_named()
    subscription = client.subscribe(channel, None)
    assert subscription.next_frame() is None
    channel.show(state_of({"a": 1, "b": 1}))
    first = message_in(subscription.next_frame())
    assert (first["type"], first["epoch"], first["seq"], first["data"]) == ("snapshot", "e1", 1, {"a": 1, "b": 1})
    assert subscription.next_frame() is None
    channel.show(state_of({"a": 2, "b": 1}))
    second = message_in(subscription.next_frame())
    assert (second["type"], second["seq"], second["data"]) == ("delta", 2, {"a": 2})


def test_no_difference_costs_no_number() -> None:
    """A new state that says the same is not sent."""
    client, channel = client_of(), channel_named()
    subscription = client.subscribe(channel, None)
    channel.show(state_of({"a": 1}))
    subscription.next_frame()
    channel.show(state_of({"a": 1}))
    assert subscription.next_frame() is None
    channel.show(state_of({"a": 2}))
    assert message_in(subscription.next_frame())["seq"] == 2


def test_skipped_states_are_one_delta() -> None:
    """Conflation: a client that was away gets the difference to what it was last sent."""
    client, channel = client_of(), channel_named()
    subscription = client.subscribe(channel, None)
    channel.show(state_of({"a": 1, "b": 1}))
    subscription.next_frame()
    for number in range(2, 9):
        channel.show(state_of({"a": number, "b": 1}))
    channel.show(state_of({"a": 9, "b": 2}))
    message = message_in(subscription.next_frame())
    assert (message["seq"], message["data"]) == (2, {"a": 9, "b": 2})


def test_a_new_subscription_never_reuses_a_number() -> None:
    """Within an epoch each number of a channel means one state."""
    client, channel = client_of(), channel_named()
    client.subscribe(channel, None)
    channel.show(state_of({"a": 1}))
    subscription = client.subscriptions["portfolio"]
    subscription.next_frame()
    again = client.subscribe(channel, None)
    assert not subscription.is_active
    assert list(channel.subscriptions) == [again]
    message = message_in(again.next_frame())
    assert (message["type"], message["seq"]) == ("snapshot", 2)


def test_resume_goes_on_in_the_old_numbering() -> None:
    """The next message is a delta from the state the client has, even when nothing changed."""
    client, channel = client_of(epoch="e2"), channel_named()
    had = state_of({"a": 1})
    channel.show(had)
    subscription = client.subscribe(channel, None)
    subscription.resume("e1", 41, had)
    message = message_in(subscription.next_frame())
    assert (message["type"], message["seq"], message["data"]) == ("delta", 42, {})
    assert subscription.next_frame() is None


def test_the_last_few_states_are_known() -> None:
    """As many as are kept, by their numbers."""
    client, channel = client_of(), channel_named()
    subscription = client.subscribe(channel, None)
    shown = []
    for number in range(1, 10):
        channel.show(state_of({"a": number}))
        shown.append(channel.state)
        subscription.next_frame()
    known = [subscription.state_at(seq) for seq in range(11)]
    assert known[9] is shown[8]
    assert [state is not None for state in known] == [9 - STATES_KEPT < seq <= 9 for seq in range(11)]


@pytest.mark.parametrize(("asked", "interval_s"), [(None, 0.1), (50, 0.1), (2, 0.5)])
def test_rates(asked: float | None, interval_s: float) -> None:
    """A client may ask for less than the server's limit, not for more."""
    assert client_of(rate=10).subscribe(channel_named(), asked).interval_s == pytest.approx(interval_s)


STATES = st.fixed_dictionaries(
    {}, optional={key: st.integers(0, 2) | st.fixed_dictionaries({"x": st.integers(0, 2)}) for key in "abc"}
)


@given(st.lists(st.tuples(STATES, st.booleans()), min_size=1, max_size=20))
def test_snapshot_and_deltas_equal_a_fresh_snapshot(steps: list[tuple[dict[str, Any], bool]]) -> None:
    """Whatever states were skipped, the client's state is the channel's."""
    client, channel, replicas = client_of(), channel_named(), Replicas()
    subscription: Subscription = client.subscribe(channel, None)
    for data, is_sent in [*steps, ({"a": 2}, True)]:
        channel.show(state_of(data))
        frame = subscription.next_frame() if is_sent else None
        if frame is not None:
            assert replicas.receive(message_in(frame)) is not None
        if is_sent:
            assert replicas.by_channel["portfolio"].state == data
            assert state_hash(replicas.by_channel["portfolio"].state) == subscription.states[-1].hash


def test_op_budget() -> None:
    """Two hundred at once, then twenty a second."""
    budget = OpBudget(counted_at=0)
    assert sum(budget.spend(0) for _ in range(300)) == 200
    budget = OpBudget(counted_at=0)
    assert all(budget.spend(second / 20) for second in range(1000))
    assert math.isclose(budget.left, 199, abs_tol=1.5)
