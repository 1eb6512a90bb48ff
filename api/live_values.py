"""Newest values of a user for REST: the very ones that WebSocket clients get, so no two screens disagree.

Somebody who is not watched has no values being computed: his interest is announced, and the calculator's answer
awaited for a moment.
"""

from dataclasses import dataclass

from api.parts import Parts
from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest, read_interest
from realtime.bus.value_states import read_state
from realtime.contract.messages import SubjectState
from realtime.domain.account import AccountId, UserId
from realtime.domain.partition import partition_of
from realtime.errors import RetryLater

_WAIT_S = 2.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class LiveValues:
    """The newest state of a portfolio.

    Attributes:
        live: A calculator keeps it up to date; otherwise it is as of `portfolio.as_of`, whenever that was.
    """

    portfolio: SubjectState
    live: bool


async def live_values(parts: Parts, user_id: UserId) -> LiveValues:
    """Return the user's portfolio as it is now, within 2 s.

    Raises:
        RetryLater: Nobody computes values and none are known.
    """
    before = await read_state(parts.bus, user_id, None)
    watched = await _is_watched(parts.bus, user_id)
    await announce_interest(parts.bus, user_id)
    if before is not None and watched:
        return LiveValues(before, live=True)
    clock = parts.clock
    ends = clock.monotonic() + _WAIT_S
    while clock.monotonic() < ends:
        state = await read_state(parts.bus, user_id, None)
        if state is not None and (before is None or state.revision != before.revision):
            return LiveValues(state, live=True)
        await clock.sleep(_LOOK_EVERY_S)
    if before is None:
        raise RetryLater("values are not computed yet", after_s=_WAIT_S)
    return LiveValues(before, live=False)


async def account_states(bus: Bus, user_id: UserId, account_ids: list[AccountId]) -> dict[AccountId, SubjectState]:
    """Return the newest states of these accounts; those without one are missing."""
    states = {account_id: await read_state(bus, user_id, account_id) for account_id in account_ids}
    return {account_id: state for account_id, state in states.items() if state is not None}


async def _is_watched(bus: Bus, user_id: UserId) -> bool:
    return user_id in await read_interest(bus, [partition_of(user_id)])
