"""What the monitor exports."""

from dataclasses import replace

from monitor.exported import export
from realtime.domain.alert import Alert, Severity
from realtime.metrics import REGISTRY
from realtime.store.keys import new_key
from tests.unit.monitor.builders import NOW, WELL


def firing(name: str) -> float | None:
    return REGISTRY.get_sample_value("monitor_alert_firing", {"alert": name})


def test_each_alert_is_exported_whether_it_fires_or_not() -> None:
    """Ensure a rule sees 0 before an alert first fires, two streams as 2, and the end as 0 again."""
    silent = [Alert(new_key(), "feed_silent", each, Severity.CRITICAL, "", NOW) for each in ("stock", "crypto")]
    export(silent, replace(WELL, jobs_dead=3))
    assert (firing("feed_silent"), firing("redis_down")) == (2, 0)
    assert REGISTRY.get_sample_value("monitor_jobs", {"state": "dead"}) == 3
    export([], None)
    assert firing("feed_silent") == 0
    assert REGISTRY.get_sample_value("monitor_jobs", {"state": "dead"}) == 3, "unknown is not zero"
