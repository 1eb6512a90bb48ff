"""A blocking SDK call becomes an awaitable: bounded threads, a time-out, rate limits, mapped errors.

Queue card. Bounded to: `threads_max` calls in threads, the rest waits in the event loop. When full: callers wait,
at most `timeout_s`, then `RetryLater`. Order: first come, first served. Lost when: never; a call that timed out goes
on in its thread (threads cannot be stopped) and keeps its place until the SDK's own time-out ends it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from providers.limits import Budget, Limits, RateLimited
from realtime.domain.account import ProviderName
from realtime.errors import RetryLater

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
        """Prepare the threads.

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
        self._threads = ThreadPoolExecutor(threads_max, thread_name_prefix=provider.value)
        self._free = asyncio.Semaphore(threads_max)

    async def call(
        self, function: Callable[[], Answer], budgets: Sequence[Budget] = (), *, timeout_s: float | None = None
    ) -> Answer:
        """Run a blocking function in a thread and return its result.

        Raises:
            RetryLater: Too slow, or the rate limit is used up.
            Exception: What `translate` makes of the SDK's exception.
        """
        await self._limits.admit(budgets)
        try:
            async with asyncio.timeout(timeout_s or self._timeout_s):
                return await self._in_thread(function)
        except TimeoutError:
            raise RetryLater(f"{self._provider} did not answer in time") from None
        except self._failures as error:
            ours = self._translate(error)
            if isinstance(ours, RateLimited):
                self._limits.refused(budgets, ours)
            raise ours from error

    def observe(self, budget: Budget, headers: Mapping[str, str]) -> None:
        """Take the provider's word on its rate limit from an answer's headers."""
        self._limits.observe(budget, headers)

    async def _in_thread(self, function: Callable[[], Answer]) -> Answer:
        await self._free.acquire()
        try:
            done = asyncio.get_running_loop().run_in_executor(self._threads, function)
        except BaseException:
            self._free.release()
            raise
        done.add_done_callback(self._give_back)
        return await asyncio.shield(done)

    def _give_back(self, done: "asyncio.Future[Answer]") -> None:
        self._free.release()
        if not done.cancelled():
            done.exception()  # a call that nobody waits for any more may fail unheard

    async def close(self) -> None:
        """Let no further call start; running ones end by the SDK's own time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)
