"""Newest values of a user for REST: the very ones that WebSocket clients get, so no two screens disagree.

Somebody who is not watched has no values being computed: his interest is announced, and the calculator's answer
awaited for a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.parts import Parts
from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest, read_interest
from realtime.bus.value_states import read_state
from realtime.contract.messages import SubjectState
from realtime.domain.account import AccountId, SubjectKey, UserId
from realtime.domain.partition import partition_of
from realtime.errors import RetryLater

_WAIT_S = 2.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class LiveValues:
    """The newest states of a portfolio and of its accounts; accounts without one are missing.

    Attributes:
        live: A calculator keeps them up to date; otherwise they are as of `portfolio.as_of`, whenever that was.
    """

    portfolio: SubjectState
    accounts: dict[AccountId, SubjectState]
    live: bool


async def live_values(parts: Parts, user_id: UserId, account_ids: Sequence[AccountId]) -> LiveValues:
    """Return the user's portfolio and accounts as they are now, within 2 s.

    Raises:
        RetryLater: Nobody computes values and none are known.
    """
    portfolio = SubjectKey(user_id, None)
    subjects = [SubjectKey(user_id, account_id) for account_id in account_ids] + [portfolio]
    before = await read_state(parts.bus, portfolio)
    watched = await read_interest(parts.bus, [partition_of(user_id)]) >= set(subjects)
    await announce_interest(parts.bus, *subjects)
    if before is not None and watched:
        return LiveValues(before, await _account_states(parts.bus, user_id, account_ids), live=True)
    clock = parts.clock
    ends = clock.monotonic() + _WAIT_S
    while clock.monotonic() < ends:
        state = await read_state(parts.bus, portfolio)
        if state is not None and (before is None or state.revision != before.revision):
            return LiveValues(state, await _account_states(parts.bus, user_id, account_ids), live=True)
        await clock.sleep(_LOOK_EVERY_S)
    if before is None:
        raise RetryLater("values are not computed yet", after_s=_WAIT_S)
    return LiveValues(before, await _account_states(parts.bus, user_id, account_ids), live=False)


async def _account_states(bus: Bus, user_id: UserId, account_ids: Sequence[AccountId]) -> dict[AccountId, SubjectState]:
    states = {account_id: await read_state(bus, SubjectKey(user_id, account_id)) for account_id in account_ids}
    return {account_id: state for account_id, state in states.items() if state is not None}
