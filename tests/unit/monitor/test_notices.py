"""What the operator's webhook is sent."""

import json
from dataclasses import replace
from datetime import timedelta

from monitor.checks import CHECKS
from monitor.notices import body_of
from realtime.domain.alert import Alert, Notice, Severity, Turn
from realtime.store.keys import new_key
from tests.unit.monitor.builders import NOW

ALERT = Alert(new_key(), "feed_silent", "stock", Severity.CRITICAL, "The stock stream is silent.", NOW)


def test_a_notice_is_json_that_a_program_and_a_chat_understand() -> None:
    """Ensure both turns have one id, what to do is linked, and `text` says it in a line."""
    fired = body_of(Notice(ALERT, Turn.FIRED, NOW))
    cleared = body_of(Notice(ALERT, Turn.CLEARED, NOW + timedelta(minutes=5)))
    assert json.loads(json.dumps(fired)) == fired
    assert fired["id"] == cleared["id"] == str(ALERT.id)
    assert (fired["state"], cleared["state"]) == ("fired", "cleared")
    assert fired["at"] == fired["fired_at"] == cleared["fired_at"] == "2026-11-20T15:30:00+00:00"
    assert cleared["at"] == "2026-11-20T15:35:00+00:00"
    assert fired["text"] == "navstream: feed_silent fired: The stock stream is silent."


def test_each_alert_links_to_its_advice() -> None:
    """Ensure the link's anchor is the alert's name, as the page's headings are."""
    for check in CHECKS:
        alert = replace(ALERT, name=check.name)
        assert body_of(Notice(alert, Turn.FIRED, NOW))["what_to_do"] == f"docs/operations.md#{check.name}"
