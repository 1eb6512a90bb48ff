"""Waiting for a condition with a deadline, instead of sleeping for luck."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, TypeVar, overload

T = TypeVar("T")

DEADLINE_S = 10.0
_POLL_EVERY_S = 0.01


@overload
async def wait_until(
    condition: Callable[[], Awaitable[T | None]], deadline_s: float = DEADLINE_S, what: str = "condition"
) -> T: ...
@overload
async def wait_until(
    condition: Callable[[], T | None], deadline_s: float = DEADLINE_S, what: str = "condition"
) -> T: ...
async def wait_until(condition: Callable[[], Any], deadline_s: float = DEADLINE_S, what: str = "condition") -> Any:
    """Return the condition's first truthy result.

    Raises:
        AssertionError: It was not truthy before the deadline.
    """
    ends = time.monotonic() + deadline_s
    while True:
        outcome = condition()
        result = await outcome if isawaitable(outcome) else outcome
        if result:
            return result
        if time.monotonic() > ends:
            raise AssertionError(f"{what}: still {result!r} after {deadline_s:g} s")
        await asyncio.sleep(_POLL_EVERY_S)
