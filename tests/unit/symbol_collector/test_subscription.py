"""What a stream is subscribed to."""

from hypothesis import given
from hypothesis import strategies as st

from symbol_collector.subscription import REPLY_TIMEOUT_S, Request, Subscription

NAMES = [f"S{number:02}" for number in range(24)]


def served(subscription: Subscription, symbols_max: int, malformed: str = "") -> None:
    """Answer like the server until nothing more is asked for."""
    held: set[str] = set()
    now, request = 0.0, None
    first = subscription.begin(now)
    request = Request("subscribe", first) if first else None
    for _ in range(200):
        if request is None:
            return
        if request.action == "unsubscribe":
            held -= set(request.symbols)
        elif malformed in request.symbols:
            subscription.refuse(400, now)
        elif len(held | set(request.symbols)) > symbols_max:
            subscription.refuse(405, now)
        else:
            held |= set(request.symbols)
            subscription.acknowledge(held)
        now += 10
        request = subscription.next_request(now)
    raise AssertionError("asks for ever")


@given(st.integers(1, 24), st.integers(1, 30))
def test_as_many_as_the_plan_allows_get_subscribed(wanted_count: int, symbols_max: int) -> None:
    """405 says no without the number: we find it."""
    subscription = Subscription()
    subscription.want(NAMES[:wanted_count])
    served(subscription, symbols_max)
    assert len(subscription.acknowledged) == min(wanted_count, symbols_max)


@given(st.sampled_from(NAMES))
def test_one_malformed_symbol_costs_no_other(malformed: str) -> None:
    """400 refuses the whole request: the one at fault is found and left out."""
    subscription = Subscription()
    subscription.want(NAMES)
    served(subscription, 100, malformed)
    assert subscription.acknowledged == set(NAMES) - {malformed}
    assert not subscription.missing


def test_one_request_at_a_time_and_again_when_no_reply_comes() -> None:
    subscription = Subscription()
    subscription.want(["A"])
    assert subscription.begin(0) == ("A",)
    assert subscription.next_request(REPLY_TIMEOUT_S - 1) is None
    assert subscription.next_request(REPLY_TIMEOUT_S) == Request("subscribe", ("A",))


def test_what_is_no_longer_wanted_is_unsubscribed() -> None:
    subscription = Subscription()
    subscription.want(["A", "B"])
    subscription.begin(0)
    subscription.acknowledge(["A", "B"])
    subscription.want(["B"])
    assert subscription.next_request(1) == Request("unsubscribe", ("A",))


def test_a_new_connection_begins_with_everything() -> None:
    """Whatever the last one had acknowledged is gone."""
    subscription = Subscription()
    subscription.want(["A"])
    subscription.begin(0)
    subscription.acknowledge(["A"])
    subscription.end()
    assert subscription.missing == {"A"}
    assert subscription.begin(1) == ("A",)
