"""Which alerts fire: once when something has been wrong for long enough, cleared once when it is over (pure)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from monitor.checks import Check, Finding
from realtime.domain.alert import Alert, Notice, Turn

_CLEAR_AFTER_S = 3.0
"""What is wrong every other second is one alert."""

_Key = tuple[str, str]


class Alerts:
    """The alerts that fire, and what may fire soon.

    Card: one entry a thing that is wrong, so bounded by checks and their subjects; written and read by one loop; lost
    on restart but for what fires, which is stored.

    Args:
        new_id: Makes the id of an alert.
        patience: Scales how long things must be wrong, or over; 1 but in tests.
    """

    def __init__(self, new_id: Callable[[], UUID], patience: float = 1.0) -> None:
        self._new_id = new_id
        self._patience = patience
        self._firing: dict[_Key, Alert] = {}
        self._wrong_since: dict[_Key, float] = {}
        self._over_since: dict[_Key, float] = {}

    @property
    def firing(self) -> tuple[Alert, ...]:
        return tuple(self._firing.values())

    def adopt(self, alerts: Iterable[Alert]) -> None:
        """Take over what fired before we started; it replaces what we fired before we knew of it."""
        self._firing.update({(alert.name, alert.subject): alert for alert in alerts})

    def judge(
        self, found: Mapping[Check, tuple[Finding, ...] | None], now_s: float, at: datetime
    ) -> tuple[Notice, ...]:
        """Return what fires and what is over, given what each check finds now.

        Args:
            found: None where a check cannot know: its alerts stay as they are.
            now_s: Monotonic.
            at: Wall time.
        """
        notices: list[Notice] = []
        known = {check.name for check, findings in found.items() if findings is not None}
        wrong = {(check.name, each.subject) for check, findings in found.items() for each in findings or ()}
        for check, findings in found.items():
            for finding in findings or ():
                notices += self._wrong(check, finding, now_s, at)
        for key in [key for key in self._wrong_since if key[0] in known and key not in wrong]:
            del self._wrong_since[key]
        for key in [key for key in self._firing if key[0] in known and key not in wrong]:
            notices += self._over(key, now_s, at)
        self._forget_retired({check.name for check in found}, notices, at)
        return tuple(notices)

    def _wrong(self, check: Check, finding: Finding, now_s: float, at: datetime) -> Iterable[Notice]:
        key = (check.name, finding.subject)
        self._over_since.pop(key, None)
        since = self._wrong_since.setdefault(key, now_s)
        if key in self._firing or now_s - since < check.after_s * self._patience:
            return
        alert = Alert(self._new_id(), check.name, finding.subject, check.severity, finding.message, at)
        self._firing[key] = alert
        yield Notice(alert, Turn.FIRED, at)

    def _over(self, key: _Key, now_s: float, at: datetime) -> Iterable[Notice]:
        since = self._over_since.setdefault(key, now_s)
        if now_s - since >= _CLEAR_AFTER_S * self._patience:
            del self._over_since[key]
            yield Notice(self._firing.pop(key), Turn.CLEARED, at)

    def _forget_retired(self, names: set[str], notices: list[Notice], at: datetime) -> None:
        """Clear what an earlier release fired by a check that is no more."""
        retired = [key for key in self._firing if key[0] not in names]
        notices += [Notice(self._firing.pop(key), Turn.CLEARED, at) for key in retired]
