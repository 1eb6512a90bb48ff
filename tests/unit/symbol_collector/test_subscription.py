"""What is wanted against what the server acknowledged, with a server in a few lines."""

from hypothesis import given
from hypothesis import strategies as st

from symbol_collector.subscription import REPLY_TIMEOUT_S, Request, Subscription


class Server:
    """Alpaca's rules: one malformed symbol or one too many refuses the whole request."""

    def __init__(self, symbols_max: int | None = None) -> None:
        self.symbols_max = symbols_max
        self.symbols: set[str] = set()
        self.requests_count = 0

    def answer(self, request: Request) -> int | None:
        self.requests_count += 1
        if request.action == "unsubscribe":
            self.symbols -= set(request.symbols)
            return None
        if any("-" in symbol for symbol in request.symbols):
            return 400
        joined = self.symbols | set(request.symbols)
        if self.symbols_max is not None and len(joined) > self.symbols_max:
            return 405
        self.symbols = joined
        return None


def exchange(subscription: Subscription, server: Server, request: Request | None, now: float = 0.0) -> None:
    """Answer a request and all that follow from it."""
    while request is not None:
        code = server.answer(request)
        if code is None:
            subscription.acknowledge(server.symbols)
        else:
            subscription.refuse(code, now)
        request = subscription.next_request(now)


def connect(subscription: Subscription, server: Server) -> None:
    server.symbols = set()
    exchange(subscription, server, Request("subscribe", subscription.begin(0.0)))


def test_everything_wanted_is_asked_for_at_once_on_a_connection() -> None:
    subscription, server = Subscription(), Server()
    subscription.want(["B", "A"])
    connect(subscription, server)
    assert subscription.acknowledged == {"A", "B"}
    assert server.requests_count == 1


def test_a_change_sends_the_difference_alone() -> None:
    subscription, server = Subscription(), Server()
    subscription.want(["A", "B"])
    connect(subscription, server)
    subscription.want(["B", "C", "D"])
    request = subscription.next_request(1.0)
    assert request == Request("unsubscribe", ("A",))
    assert server.answer(request) is None
    subscription.acknowledge(server.symbols)
    assert subscription.next_request(1.0) == Request("subscribe", ("C", "D"))


def test_changes_while_a_request_is_under_way_wait_for_its_answer() -> None:
    """Natural batching: they go into the next one."""
    subscription = Subscription()
    subscription.want(["A"])
    subscription.begin(0.0)
    subscription.want(["A", "B"])
    assert subscription.next_request(1.0) is None
    subscription.want(["A", "B", "C"])
    subscription.acknowledge(["A"])
    assert subscription.next_request(1.0) == Request("subscribe", ("B", "C"))


def test_an_answer_that_does_not_come_is_asked_for_again() -> None:
    subscription = Subscription()
    subscription.want(["A"])
    subscription.begin(0.0)
    assert subscription.next_request(REPLY_TIMEOUT_S - 0.1) is None
    assert subscription.next_request(REPLY_TIMEOUT_S) == Request("subscribe", ("A",))


def test_an_acknowledgement_that_lacks_symbols_is_reconciled() -> None:
    subscription = Subscription()
    subscription.want(["A", "B"])
    subscription.begin(0.0)
    subscription.acknowledge(["A"])
    assert subscription.missing == {"B"}
    assert subscription.next_request(0.0) == Request("subscribe", ("B",))


def test_malformed_symbols_are_found_and_left_out() -> None:
    """Everybody else is subscribed, with few requests, and they are never asked for again."""
    subscription, server = Subscription(), Server()
    good = {f"S{number}" for number in range(200)}
    subscription.want(good | {"S100-B", "S150-B"})
    connect(subscription, server)
    assert subscription.acknowledged == good
    assert subscription.refused == {"S100-B", "S150-B"}
    assert subscription.missing == frozenset()
    assert server.requests_count < 60
    requests_count = server.requests_count
    connect(subscription, server)
    assert server.requests_count == requests_count + 1


@given(st.integers(0, 40), st.integers(1, 60))
def test_a_plan_s_limit_is_found_exactly(limit: int, wanted_count: int) -> None:
    """405: as many symbols as the plan allows end up subscribed, no more are asked for."""
    subscription, server = Subscription(), Server(limit)
    subscription.want([f"S{number:03}" for number in range(wanted_count)])
    connect(subscription, server)
    assert len(subscription.acknowledged) == min(limit, wanted_count)
    if wanted_count > limit:
        assert subscription.symbols_max == limit
    requests_count = server.requests_count
    assert subscription.next_request(100.0) is None
    assert server.requests_count == requests_count


def test_within_a_known_limit_places_change_hands() -> None:
    """First the place is given back, then taken."""
    subscription, server = Subscription(), Server(2)
    subscription.want(["A", "B", "C"])
    connect(subscription, server)
    subscription.want(["B", "C"])
    exchange(subscription, server, subscription.next_request(1.0))
    assert subscription.acknowledged == {"B", "C"}


def test_an_unclear_refusal_is_repeated_later_not_at_once() -> None:
    subscription = Subscription()
    subscription.want(["A"])
    subscription.begin(0.0)
    subscription.refuse(500, 0.0)
    assert subscription.next_request(0.1) is None
    assert subscription.next_request(10.0) == Request("subscribe", ("A",))


def test_what_a_feed_does_not_offer_is_not_asked_for_again() -> None:
    subscription = Subscription()
    subscription.want(["A"])
    subscription.begin(0.0)
    subscription.refuse(410, 0.0)
    assert subscription.next_request(10.0) is None


def test_a_lost_connection_forgets_what_was_acknowledged() -> None:
    subscription = Subscription()
    subscription.want(["A"])
    subscription.begin(0.0)
    subscription.acknowledge(["A"])
    subscription.end()
    assert subscription.missing == {"A"}
    assert subscription.begin(1.0) == ("A",)


@given(st.integers(0, 23))
def test_the_malformed_symbol_is_found_wherever_it_stands(place: int) -> None:
    subscription, server = Subscription(), Server()
    names = [f"S{number:02}" + "-B" * (number == place) for number in range(24)]
    subscription.want(names)
    connect(subscription, server)
    assert subscription.acknowledged == set(names) - {names[place]}
    assert not subscription.missing
