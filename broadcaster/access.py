"""Whether a user may see an account (loop).

Somebody else's account and one that does not exist are told apart by nobody: both are simply not among the user's.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from realtime.clock import Clock
from realtime.contract.names import HOLDINGS_CHANGED
from realtime.domain.account import AccountId, UserId
from realtime.errors import RetryLater
from realtime.log import Log
from realtime.store.access import accounts_of_user
from realtime.store.notify import listen
from realtime.store.pool import Pool

_KNOWN_FOR_S = 30.0
_ASK_AGAIN_AFTER_S = 1.0
_USERS_MAX = 50_000
_TRIES = 5
_TRY_AGAIN_AFTER_S = 0.5


@dataclass(frozen=True, slots=True)
class _Known:
    accounts: frozenset[AccountId]
    asked_at: float


class Access:
    """Which accounts are whose, remembered for half a minute.

    Bounded to 50,000 users; when full, all is forgotten and asked again.
    """

    def __init__(self, pool: Pool, clock: Clock) -> None:
        """Start knowing nothing."""
        self._pool = pool
        self._clock = clock
        self._known: dict[UserId, _Known] = {}

    async def may_see(self, user_id: UserId, account_id: AccountId) -> bool:
        """Return whether an account is the user's; an unknown id is looked up, at most once a second for a user.

        Raises:
            RetryLater: The database does not answer, and did not for some seconds.
        """
        known = self._known.get(user_id)
        age_s = float("inf") if known is None else self._clock.monotonic() - known.asked_at
        if known is None or age_s > _KNOWN_FOR_S or (account_id not in known.accounts and age_s > _ASK_AGAIN_AFTER_S):
            known = await self._ask(user_id)
        return account_id in known.accounts

    def forget(self, user_id: UserId | None) -> None:
        """Look a user up anew when he is next asked about; everybody without one."""
        if user_id is None:
            self._known.clear()
        else:
            self._known.pop(user_id, None)

    async def follow_changes(
        self, database_url: str, log: Log, on_change: Callable[[UserId | None], Awaitable[None]]
    ) -> None:
        """Forget users whose accounts may have changed and tell of them, for ever; None is everybody."""
        async for payload in listen(database_url, HOLDINGS_CHANGED, self._clock, log):
            user_id = None if payload is None else UserId(payload.partition(" ")[0])
            self.forget(user_id)
            await on_change(user_id)

    async def _ask(self, user_id: UserId) -> _Known:
        for attempt in range(1, _TRIES + 1):
            try:
                accounts = await accounts_of_user(self._pool, user_id)
                break
            except RetryLater:
                if attempt == _TRIES:
                    raise
                await self._clock.sleep(_TRY_AGAIN_AFTER_S)
        if len(self._known) >= _USERS_MAX:
            self._known.clear()
        known = _Known(accounts, self._clock.monotonic())
        self._known[user_id] = known
        return known
