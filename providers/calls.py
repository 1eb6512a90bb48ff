"""A blocking SDK call becomes an awaitable: bounded threads, a time-out, rate limits, mapped errors.

Queue card. Bounded to: `threads_max` calls in threads, the rest waits in the event loop. When full: callers wait,
at most `timeout_s`, then `RetryLater`. Order: first come, first served. Lost when: the process ends; it waits for no
call (the threads are daemons, which an executor's are not). A call that timed out goes on in its thread (threads
cannot be stopped) and keeps its place until the SDK's own time-out ends it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TypeVar

from providers.breaker import Breaker
from providers.limits import Budget, Limits, RateLimited
from realtime.domain.account import ProviderName
from realtime.errors import KeysRefused, RetryLater

Answer = TypeVar("Answer")
Translate = Callable[[Exception], Exception]


class Calls:
    """One provider's calls."""

    def __init__(
        self,
        provider: ProviderName,
        limits: Limits,
        translate: Translate,
        failures: tuple[type[Exception], ...],
        *,
        timeout_s: float,
        threads_max: int = 8,
    ) -> None:
        """Keep what calls need.

        Args:
            provider: Whose calls; names the threads.
            limits: What calls must respect; of a call's budgets the widest is the first.
            translate: From an SDK's exception to one of ours.
            failures: The families of exceptions that the SDK raises.
            timeout_s: Longest wait for an answer, including for a thread; seconds.
            threads_max: Calls at the same time.
        """
        self._provider = provider
        self._limits = limits
        self._translate = translate
        self._failures = failures
        self._timeout_s = timeout_s
        self._free = asyncio.Semaphore(threads_max)
        self._breaker = Breaker(limits.clock)

    async def call(
        self, function: Callable[[], Answer], budgets: Sequence[Budget] = (), *, timeout_s: float | None = None
    ) -> Answer:
        """Run a blocking function in a thread and return its result.

        Raises:
            RetryLater: Too slow, or the rate limit is used up.
            KeysRefused: The provider refused our keys not long ago.
            Exception: What `translate` makes of the SDK's exception.
        """
        self._breaker.admit()
        await self._limits.admit(budgets)
        try:
            async with asyncio.timeout(timeout_s or self._timeout_s):
                answer = await self._in_thread(function)
        except TimeoutError:
            raise RetryLater(f"{self._provider} did not answer in time") from None
        except self._failures as error:
            ours = self._translate(error)
            if isinstance(ours, RateLimited):
                self._limits.refused(budgets, ours)
            if isinstance(ours, KeysRefused):
                self._breaker.refused(ours)
            raise ours from error
        self._breaker.answered()
        return answer

    def observe(self, budget: Budget, headers: Mapping[str, str]) -> None:
        """Take the provider's word on its rate limit from an answer's headers."""
        self._limits.observe(budget, headers)

    async def _in_thread(self, function: Callable[[], Answer]) -> Answer:
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Answer] = loop.create_future()

        def work() -> None:
            try:
                answer = function()
            except BaseException as error:  # noqa: BLE001  # whatever it is belongs to who waits
                tell(partial(done.set_exception, error))
            else:
                tell(partial(done.set_result, answer))

        def tell(settle: Callable[[], None]) -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(finish, settle)

        def finish(settle: Callable[[], None]) -> None:
            self._free.release()
            if not done.done():  # else it timed out: nobody waits any more
                settle()

        Thread(target=work, name=f"{self._provider}-call", daemon=True).start()
        return await done
