"""States of clients that went away."""

from broadcaster.channels import Channel
from broadcaster.client import Client, Subscription
from broadcaster.retained import KEPT_FOR_S, RetainedStates
from tests.unit.broadcaster.builders import ADA, BOB, channel_named, client_of, state_of


def followed(client: Client, channel: Channel, retained: RetainedStates) -> Subscription:
    subscription = client.subscribe(channel, None)
    retained.begin(subscription)
    return subscription


def test_found_for_two_minutes() -> None:
    """By epoch, channel and seq, until it is too old."""
    retained, channel = RetainedStates(), channel_named()
    subscription = followed(client_of(), channel, retained)
    first, second = state_of({"a": 1}), state_of({"a": 2})
    for state in (first, second):
        channel.show(state)
        subscription.next_frame()
    retained.end(subscription, now=100)
    assert retained.find(ADA, "e1", "portfolio", 2) is second
    assert retained.find(ADA, "e1", "portfolio", 1) is first
    assert retained.find(ADA, "e1", "portfolio", 3) is None
    assert retained.find(ADA, "e1", "portfolio", 0) is None
    assert retained.find(ADA, "e1", "portfolio", -5) is None
    assert retained.find(ADA, "e1", "positions", 2) is None
    assert retained.find(ADA, "e2", "portfolio", 2) is None
    assert retained.find(BOB, "e1", "portfolio", 2) is None
    retained.expire(100 + KEPT_FOR_S)
    assert retained.find(ADA, "e1", "portfolio", 2) is None
    assert len(retained) == 0


def test_a_client_that_is_still_connected_is_found() -> None:
    """Its old connection may not be known to be gone; only to its own user."""
    retained, channel = RetainedStates(), channel_named()
    subscription = followed(client_of(), channel, retained)
    state = state_of({"a": 1})
    channel.show(state)
    subscription.next_frame()
    assert retained.find(ADA, "e1", "portfolio", 1) is state
    assert retained.find(BOB, "e1", "portfolio", 1) is None


def test_whoever_resumed_a_numbering_owns_it() -> None:
    """The old connection's later messages, which nobody received, do not count."""
    retained, channel = RetainedStates(), channel_named()
    old = followed(client_of(), channel, retained)
    had = state_of({"a": 1})
    channel.show(had)
    old.next_frame()
    new = client_of(epoch="e2").subscribe(channel, None)
    new.resume("e1", 1, had)
    retained.begin(new)
    channel.show(state_of({"a": 2}))
    old.next_frame()
    newest = state_of({"a": 3})
    channel.show(newest)
    new.next_frame()
    retained.end(old, now=0)
    assert retained.find(ADA, "e1", "portfolio", 2) is newest
    retained.end(new, now=1)
    assert retained.find(ADA, "e1", "portfolio", 2) is newest


def test_nothing_sent_is_nothing_kept() -> None:
    """A client that left before its first message has nothing to resume."""
    retained = RetainedStates()
    retained.end(followed(client_of(), channel_named(), retained), now=0)
    assert len(retained) == 0


def test_forgotten_is_not_found() -> None:
    """A channel that was taken away is not resumed."""
    retained, channel = RetainedStates(), channel_named()
    subscription = followed(client_of(), channel, retained)
    channel.show(state_of({"a": 1}))
    subscription.next_frame()
    retained.forget(subscription)
    assert retained.find(ADA, "e1", "portfolio", 1) is None
    retained.end(subscription, now=0)
    assert len(retained) == 0


def test_bounded() -> None:
    """The oldest go first."""
    retained, channel = RetainedStates(), channel_named()
    channel.show(state_of({"a": 1}))
    for number in range(50_010):
        subscription = followed(client_of(epoch=f"e{number}"), channel, retained)
        subscription.next_frame()
        retained.end(subscription, now=0)
    assert len(retained) == 50_000
    assert retained.find(ADA, "e0", "portfolio", 1) is None
    assert retained.find(ADA, "e50009", "portfolio", 1) is not None
