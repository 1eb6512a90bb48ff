"""Newest values of a user for REST: the very ones that WebSocket clients get, so no two screens disagree."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.parts import Parts
from realtime.bus.live_states import live_states
from realtime.contract.messages import SubjectState
from realtime.domain.account import AccountId, SubjectKey, UserId


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
    accounts = {account_id: SubjectKey(user_id, account_id) for account_id in account_ids}
    found = await live_states(parts.bus, parts.clock, portfolio, list(accounts.values()))
    states = {account_id: found.states[key] for account_id, key in accounts.items() if key in found.states}
    return LiveValues(found.states[portfolio], states, found.live)
