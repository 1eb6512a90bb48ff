"""Alerts fire once, after a while, and clear once."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from monitor.alerts import Alerts
from monitor.checks import Check, Finding, Hours
from realtime.domain.alert import Alert, Notice, Severity, Turn
from tests.unit.monitor.builders import NOW

CHECK = Check("leak", Severity.WARNING, Hours.ALWAYS, 10, lambda _seen, _limits: None)
OTHER = Check("fire", Severity.CRITICAL, Hours.ALWAYS, 0, lambda _seen, _limits: None)


class Looks:
    """Judges one finding a second."""

    def __init__(self, alerts: Alerts | None = None) -> None:
        self.alerts = alerts or Alerts(uuid4)
        self.now_s = 0.0

    def see(self, seconds: int, *subjects: str) -> list[tuple[Turn, str]]:
        """Find these for so many seconds; return what was told."""
        return [turn for _ in range(seconds) for turn in turns(self._judge(tuple(subjects)))]

    def see_nothing_at_all(self, seconds: int) -> list[tuple[Turn, str]]:
        """Be unable to know for so many seconds."""
        return [turn for _ in range(seconds) for turn in turns(self._judge(None))]

    def _judge(self, subjects: tuple[str, ...] | None) -> tuple[Notice, ...]:
        self.now_s += 1
        found = None if subjects is None else tuple(Finding(subject, "It leaks.") for subject in subjects)
        return self.alerts.judge({CHECK: found, OTHER: ()}, self.now_s, NOW)


def turns(notices: Iterable[Notice]) -> list[tuple[Turn, str]]:
    return [(notice.turn, notice.alert.subject) for notice in notices]


def test_what_lasts_fires_once_and_clears_once() -> None:
    """Ensure an hour of a fault is one notice, and its end is one."""
    looks = Looks()
    assert looks.see(10, "tap") == []
    assert looks.see(1, "tap") == [(Turn.FIRED, "tap")]
    assert looks.see(3600, "tap") == []
    assert looks.see(3) == []
    assert looks.see(1) == [(Turn.CLEARED, "tap")]
    assert looks.see(3600) == []
    assert looks.alerts.firing == ()


def test_what_passes_never_fires() -> None:
    """Ensure a fault shorter than the check's patience is not told, however often it comes."""
    looks = Looks()
    assert [looks.see(10, "tap") + looks.see(1) for _ in range(20)] == [[]] * 20


def test_what_flickers_is_one_alert() -> None:
    """Ensure an alert is not cleared and fired again every other second."""
    looks = Looks()
    assert looks.see(11, "tap") == [(Turn.FIRED, "tap")]
    assert [looks.see(2) + looks.see(1, "tap") for _ in range(20)] == [[]] * 20


def test_each_subject_is_an_alert_of_its_own() -> None:
    """Ensure a second leak is told while the first one is known."""
    looks = Looks()
    assert looks.see(11, "tap") == [(Turn.FIRED, "tap")]
    assert looks.see(11, "tap", "roof") == [(Turn.FIRED, "roof")]
    assert looks.see(4, "roof") == [(Turn.CLEARED, "tap")]


def test_what_cannot_be_known_changes_nothing() -> None:
    """Ensure an alert neither clears nor fires because nobody could look."""
    looks = Looks()
    looks.see(11, "tap")
    assert looks.see_nothing_at_all(100) == []
    assert len(looks.alerts.firing) == 1
    assert looks.see(1, "tap") == []


def test_a_restarted_monitor_goes_on_where_the_first_one_was() -> None:
    """Ensure what fired is not fired again, and clears under its old id."""
    first = Looks()
    first.see(11, "tap")
    second = Looks()
    second.alerts.adopt(first.alerts.firing)
    assert second.see(60, "tap") == []
    cleared = [notice for _ in range(5) for notice in second._judge(())]
    assert [notice.alert.id for notice in cleared] == [alert.id for alert in first.alerts.firing]


def test_an_alert_of_a_check_that_is_no_more_is_cleared() -> None:
    """Ensure a new release does not leave the old one's alerts firing for ever."""
    looks = Looks()
    looks.alerts.adopt([Alert(UUID(int=1), "gone", "", Severity.INFO, "Of old.", NOW)])
    assert looks.see(1) == [(Turn.CLEARED, "")]
