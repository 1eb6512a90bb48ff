"""What clients that went away were last sent, for a while, so that they resume with a delta. Pure."""

from collections import OrderedDict
from typing import NamedTuple

from broadcaster.channels import State
from broadcaster.client import Subscription
from realtime.domain.account import UserId

KEPT_FOR_S = 120.0
_KEPT_MAX = 50_000


class _Kept(NamedTuple):
    user_id: UserId
    seq: int
    states: tuple[State, ...]
    until: float


class RetainedStates:
    """Finds the state that a numbering, `epoch` on one channel, had at a seq.

    Live numberings count too: a client may be back before its old connection is known to be gone.
    Those of clients that left are kept for two minutes; bounded to 50,000, the oldest go first.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._live: dict[tuple[str, str], Subscription] = {}
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, subscription: Subscription) -> None:
        """Know a numbering while it lives."""
        self._live[_key(subscription)] = subscription

    def end(self, subscription: Subscription, now: float) -> None:
        """Keep what a client that left was last sent; of two with one numbering the one that resumed it counts."""
        key = _key(subscription)
        if self._live.get(key) is not subscription:
            return
        del self._live[key]
        if subscription.states:
            self._kept[key] = _Kept(
                subscription.client.user_id, subscription.seq, tuple(subscription.states), now + KEPT_FOR_S
            )
            self._kept.move_to_end(key)
        self.expire(now)

    def forget(self, subscription: Subscription) -> None:
        """Know a numbering no longer, and keep nothing of it."""
        if self._live.get(_key(subscription)) is subscription:
            del self._live[_key(subscription)]

    def expire(self, now: float) -> None:
        """Forget what is too old or too much."""
        while self._kept:
            key, kept = next(iter(self._kept.items()))
            if kept.until > now and len(self._kept) <= _KEPT_MAX:
                return
            del self._kept[key]

    def find(self, user_id: UserId, epoch: str, channel: str, seq: int) -> State | None:
        """Return the state that the user's client had at `seq`; None when it is not known (any more)."""
        key = (epoch, channel)
        live = self._live.get(key)
        if live is not None and live.client.user_id == user_id:
            return live.state_at(seq)
        kept = self._kept.get(key)
        if kept is None or kept.user_id != user_id:
            return None
        back = kept.seq - seq
        return kept.states[-1 - back] if 0 <= back < len(kept.states) else None


def _key(subscription: Subscription) -> tuple[str, str]:
    return subscription.epoch, subscription.channel.name.text
