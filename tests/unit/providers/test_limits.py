"""No minute ever holds more calls than a limit, and a provider's word is obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.limits import Budget, Limits, RateLimited, Window, told_wait_s
from realtime.errors import RetryLater
from tests.support.hand_clock import HandClock


async def sent_at(clock: HandClock, limits: Limits, budgets: list[Budget], count: int) -> list[float]:
    times = []
    for _ in range(count):
        await limits.admit(budgets)
        times.append(clock.monotonic())
    return times


async def test_calls_within_the_limit_go_at_once() -> None:
    """Ensure that a limit costs nothing until it is reached."""
    clock = HandClock()
    limits = Limits(clock)
    assert await sent_at(clock, limits, [Budget("a", 15)], 15) == [0.0] * 15


async def test_call_beyond_the_limit_waits_for_the_minute_to_end() -> None:
    """Ensure that the next call goes as soon as 60 seconds hold fewer than the limit."""
    clock = HandClock()
    limits = Limits(clock, wait_max_s=60)
    assert await sent_at(clock, limits, [Budget("a", 2)], 5) == [0, 0, 60, 60, 120]


async def test_long_wait_is_refused_with_its_length() -> None:
    """Ensure that a job is put back instead of holding a worker for a minute."""
    limits = Limits(HandClock(), wait_max_s=30)
    budget = Budget("a", 1)
    await limits.admit([budget])
    with pytest.raises(RetryLater) as refused:
        await limits.admit([budget])
    assert refused.value.after_s == 60


async def test_refused_call_is_not_counted() -> None:
    """Ensure that a wide budget is not charged for calls that a narrow one held back."""
    limits = Limits(HandClock(), wait_max_s=0)
    wide, narrow = Budget("client", 2), Budget("item", 1)
    await limits.admit([wide, narrow])
    with pytest.raises(RetryLater):
        await limits.admit([wide, narrow])
    await limits.admit([wide, Budget("other item", 1)])


async def test_refusal_holds_whom_it_concerns() -> None:
    """Ensure that a connection's own limit does not stop the others, and the client's stops all."""
    limits = Limits(HandClock(), wait_max_s=0)
    one, other = [Budget("client", 100), Budget("one", 100)], [Budget("client", 100), Budget("other", 100)]
    limits.refused(one, RateLimited("no", 7, everyone=False))
    await limits.admit(other)
    with pytest.raises(RetryLater) as refused:
        await limits.admit(one)
    assert refused.value.after_s == 7
    limits.refused(one, RateLimited("no", None))
    with pytest.raises(RetryLater) as refused:
        await limits.admit(other)
    assert refused.value.after_s == 60


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "7"}, 7),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"}, 12),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "12"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000"}, None),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1795000000",
                "Date": "Wed, 18 Nov 2026 11:06:20 GMT",
            },
            20,
        ),
        (
            {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000", "Date": "Wed, 18 Nov 2026 12:00:00 GMT"},
            0,
        ),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795000000", "Date": "soon"}, None),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_headers_say_how_long_to_wait(headers: dict[str, str], wait_s: float | None) -> None:
    """Ensure that Retry-After and X-RateLimit headers are understood, and dates not mistaken for seconds."""
    assert told_wait_s(headers) == wait_s


async def test_exhausted_quota_is_observed_before_a_refusal() -> None:
    """Ensure that the last allowed answer already stops the next call."""
    limits = Limits(HandClock(), wait_max_s=0)
    budget = Budget("a", 250)
    limits.observe(budget, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "5"})
    with pytest.raises(RetryLater):
        await limits.admit([budget])


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
def test_no_minute_holds_more_than_the_limit(pauses_s: list[float], per_minute: int) -> None:
    """Ensure the limit over every stretch of 60 seconds, whatever the pauses between calls."""
    window, now_s, sent = Window(per_minute), 0.0, []
    for pause_s in pauses_s:
        now_s += pause_s
        now_s += window.wait_s(now_s)
        assert window.wait_s(now_s) < 1e-6
        window.count(now_s)
        sent.append(now_s)
    assert all(later - earlier > 60 - 1e-6 for earlier, later in zip(sent, sent[per_minute:], strict=False))
    assert len(window.sent_s) <= per_minute
