"""The newest states of subjects, for those who ask once: the very ones that WebSocket clients get.

A subject that nobody watches has no values being computed: interest is announced, and the calculator's answer awaited
for a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from realtime.bus.client import Bus
from realtime.bus.interest import announce_interest, read_interest
from realtime.bus.value_states import read_state
from realtime.clock import Clock
from realtime.contract.messages import SubjectState
from realtime.domain.account import SubjectKey
from realtime.domain.partition import partition_of
from realtime.errors import RetryLater

_WAIT_S = 2.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class LiveStates:
    """The newest states; subjects without one are missing.

    Attributes:
        live: A calculator keeps them up to date; otherwise they are as of their `as_of`, whenever that was.
    """

    states: dict[SubjectKey, SubjectState]
    live: bool


async def live_states(bus: Bus, clock: Clock, wanted: SubjectKey, others: Sequence[SubjectKey] = ()) -> LiveStates:
    """Return a subject's newest state and those of others of the same user, within 2 s.

    Raises:
        RetryLater: Nobody computes values and none of `wanted` are known.
    """
    subjects = [*others, wanted]
    before = await _read_whole(bus, wanted)
    watched = await read_interest(bus, [partition_of(wanted.user_id)]) >= set(subjects)
    await announce_interest(bus, *subjects)
    if before is not None and watched:
        return LiveStates({wanted: before, **await _states(bus, others)}, live=True)
    ends = clock.monotonic() + _WAIT_S
    while clock.monotonic() < ends:
        state = await _read_whole(bus, wanted)
        if state is not None and (before is None or state.revision != before.revision):
            return LiveStates({wanted: state, **await _states(bus, others)}, live=True)
        await clock.sleep(_LOOK_EVERY_S)
    if before is None:
        raise RetryLater("values are not computed yet", after_s=_WAIT_S)
    return LiveStates({wanted: before, **await _states(bus, others)}, live=False)


async def _read_whole(bus: Bus, subject: SubjectKey) -> SubjectState | None:
    """Return a state that has all its rows, which one may lack for a moment after a loss of Redis's data."""
    state = await read_state(bus, subject)
    return None if state is None or len(state.positions) != state.figures.positions_count else state


async def _states(bus: Bus, subjects: Sequence[SubjectKey]) -> dict[SubjectKey, SubjectState]:
    states = {subject: await read_state(bus, subject) for subject in subjects}
    return {subject: state for subject, state in states.items() if state is not None}
