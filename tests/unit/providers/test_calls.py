"""Blocking calls never block the loop, never wait for ever, and never pass on a foreign exception."""

import asyncio
import threading
import time

import pytest

from providers.calls import Calls
from providers.limits import Budget, Limits, RateLimited
from realtime.clock import WallClock
from realtime.domain.account import ProviderName
from realtime.errors import RetryLater, Unsupported


class ForeignError(Exception):
    pass


def translate(error: Exception) -> Exception:
    return RateLimited("slow down", 50) if str(error) == "429" else Unsupported(str(error))


@pytest.fixture
async def calls() -> Calls:
    return Calls(
        ProviderName.PLAID,
        Limits(WallClock(), wait_max_s=0),
        translate,
        (ForeignError,),
        timeout_s=0.2,
        threads_max=2,
    )


def fail(text: str) -> None:
    raise ForeignError(text)


async def test_result_comes_from_a_thread(calls: Calls) -> None:
    """Ensure that the function runs outside of the loop's thread, one named for its provider."""
    name = await calls.call(lambda: threading.current_thread().name)
    assert name.startswith("plaid")


async def test_foreign_exception_is_translated_with_its_cause(calls: Calls) -> None:
    """Ensure that callers see our errors alone."""
    with pytest.raises(Unsupported) as caught:
        await calls.call(lambda: fail("odd"))
    assert isinstance(caught.value.__cause__, ForeignError)


async def test_bug_is_passed_on(calls: Calls) -> None:
    """Ensure that what is not a provider's failure is not dressed up as one."""
    with pytest.raises(ZeroDivisionError):
        await calls.call(lambda: 1 / 0)


async def test_slow_call_ends_in_time(calls: Calls) -> None:
    """Ensure that a call without an answer raises RetryLater while its thread goes on."""
    release = threading.Event()
    with pytest.raises(RetryLater):
        await calls.call(lambda: release.wait(5))
    release.set()


async def test_threads_are_bounded(calls: Calls) -> None:
    """Ensure that hung calls fill the threads and no more, and that a thread comes back when its call ends."""
    release = threading.Event()
    hung = [asyncio.ensure_future(calls.call(lambda: release.wait(5))) for _ in range(2)]
    await asyncio.gather(*hung, return_exceptions=True)
    with pytest.raises(RetryLater):
        await calls.call(lambda: 1)
    release.set()
    assert await calls.call(lambda: 1, timeout_s=5) == 1


async def test_process_waits_for_no_call(calls: Calls) -> None:
    """Ensure that a hung call does not keep the process from ending."""
    threads: list[threading.Thread] = []
    await calls.call(lambda: threads.append(threading.current_thread()))
    assert threads[0].daemon


async def test_loop_goes_on_meanwhile(calls: Calls) -> None:
    """Ensure that a blocking call costs other tasks nothing."""
    call = asyncio.ensure_future(calls.call(lambda: time.sleep(0.1)))
    ticks = 0
    while not call.done():
        await asyncio.sleep(0.005)
        ticks += 1
    assert ticks > 5


async def test_rate_limit_stops_the_next_call(calls: Calls) -> None:
    """Ensure that after a 429 nothing is sent until the time that the provider named."""
    budget = Budget("client", 1000)
    with pytest.raises(RateLimited):
        await calls.call(lambda: fail("429"), (budget,))
    sent = []
    with pytest.raises(RetryLater) as refused:
        await calls.call(lambda: sent.append(1), (budget,))
    assert sent == []
    assert refused.value.after_s == pytest.approx(50, abs=1)
