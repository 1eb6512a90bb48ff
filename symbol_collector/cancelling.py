"""Cancellations that a library swallowed."""

import asyncio


def end_if_cancelled() -> None:
    """Raise the cancellation of the current task if somebody below us kept it. Call it after every call to Redis.

    redis-py sends under `asyncio.wait_for`, which on Python 3.11 returns normally when the cancellation comes in the
    moment in which the sending is done. The loop around it would then go on for ever, and nobody cancels it twice.

    Raises:
        asyncio.CancelledError: The task was asked to end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
