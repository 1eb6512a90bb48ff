"""What becomes of a job and its connection after a run (pure)."""

from dataclasses import dataclass

from realtime.domain.account import ConnectionStatus
from realtime.errors import (
    KeysRefused,
    Misconfigured,
    ProviderSyncError,
    ReconnectNeeded,
    RetryLater,
    Unsupported,
)
from realtime.log import redact
from realtime.store.sync_runs import KEYS_REFUSED, Outcome

_BACKOFF_FIRST_S = 1.0
_BACKOFF_MAX_S = 1800.0
_LATER_ATTEMPTS_MAX = 15
_KEYS_PAUSE_S = 60.0
_BUG_ATTEMPTS_MAX = 5
_MESSAGE_MAX = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to record.

    Attributes:
        retry_after_s: Wait before the next attempt; None: the job ends.
        status: What the connection becomes; None: it stays what it is.
        code: Of the error; the provider's own where it has one.
        bug: Nobody expected this error: log it whole.
    """

    outcome: Outcome
    retry_after_s: float | None
    status: ConnectionStatus | None
    code: str
    message: str
    bug: bool = False


def backoff_s(attempts: int, chance: float) -> float:
    """Return the wait after so many attempts, seconds: 1, 2, 4 … up to half an hour, less up to half by chance (0..1).

    The spread keeps connections that failed together from coming back together.
    """
    full_s: float = min(_BACKOFF_FIRST_S * 2 ** (min(attempts, 30) - 1), _BACKOFF_MAX_S)
    return full_s * (1 - chance / 2)


def verdict(error: Exception, attempts: int, chance: float) -> Verdict:
    """Return what to do about an error.

    Args:
        error: What the run raised.
        attempts: How often the job was tried, this time included.
        chance: Between 0 and 1, for the spread of retries.
    """
    message = redact(str(error) or type(error).__name__)[:_MESSAGE_MAX]
    wait_s = backoff_s(attempts, chance)
    match error:
        case RetryLater(after_s=after_s) if attempts < _LATER_ATTEMPTS_MAX:
            made = Verdict(Outcome.RETRY_LATER, max(after_s or 0.0, wait_s), None, "retry_later", message)
        case RetryLater():
            made = Verdict(Outcome.RETRY_LATER, None, ConnectionStatus.ERROR, "unavailable", message)
        case ReconnectNeeded(code=code, reason=reason):
            made = Verdict(Outcome.RECONNECT_NEEDED, None, ConnectionStatus.RECONNECT_NEEDED, code, redact(reason))
        case Unsupported():
            made = Verdict(Outcome.UNSUPPORTED, None, ConnectionStatus.ERROR, "unsupported", message)
        case ProviderSyncError():
            made = Verdict(Outcome.FAILED, None, ConnectionStatus.ERROR, "sync_failed", message)
        case KeysRefused(after_s=after_s):  # however long that lasts: no connection is at fault
            pause_s = max(after_s, _KEYS_PAUSE_S) * (1 + chance / 10)
            made = Verdict(Outcome.FAILED, pause_s, None, KEYS_REFUSED, message)
        case Misconfigured():
            made = Verdict(Outcome.FAILED, None, ConnectionStatus.ERROR, "misconfigured", message)
        case _ if attempts < _BUG_ATTEMPTS_MAX:
            made = Verdict(Outcome.FAILED, wait_s, None, _code(error), message, bug=True)
        case _:
            made = Verdict(Outcome.FAILED, None, ConnectionStatus.ERROR, _code(error), message, bug=True)
    return made


def _code(error: Exception) -> str:
    return str(getattr(error, "code", type(error).__name__))
