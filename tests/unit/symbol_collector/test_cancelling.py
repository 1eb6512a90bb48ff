"""Cancellations that a library swallowed."""

import asyncio
from contextlib import suppress

from symbol_collector.cancelling import end_if_cancelled


async def test_a_loop_ends_though_its_call_kept_the_cancellation() -> None:
    """As redis-py does on Python 3.11: the loop must not wait for ever afterwards."""
    called = asyncio.Event()

    async def keep_cancellation() -> None:
        called.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def loop() -> None:
        await keep_cancellation()
        end_if_cancelled()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(loop())
    await called.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=1)
    assert task.cancelled()


async def test_a_time_out_is_no_cancellation() -> None:
    """Whoever gave up waiting goes on."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
    end_if_cancelled()
