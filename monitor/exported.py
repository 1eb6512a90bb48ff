"""What the monitor exports to Prometheus."""

from collections import Counter
from collections.abc import Iterable

from monitor.checks import CHECKS
from realtime import metrics
from realtime.domain.alert import Alert
from realtime.store.work import Work


def export(firing: Iterable[Alert], work: Work | None) -> None:
    """Export a look; of the database's part nothing new while it does not answer."""
    counts = Counter(alert.name for alert in firing)
    for check in CHECKS:
        metrics.MONITOR_ALERT_FIRING.labels(check.name).set(counts[check.name])
    metrics.MONITOR_LOOKS.inc()
    if work is None:
        return
    metrics.MONITOR_JOBS.labels("queued").set(work.jobs_queued)
    metrics.MONITOR_JOBS.labels("running").set(work.jobs_running)
    metrics.MONITOR_JOBS.labels("dead").set(work.jobs_dead)
    metrics.MONITOR_OVERDUE_USERS.set(work.overdue.users_count)
    metrics.MONITOR_RECONNECT_NEEDED.set(work.reconnect_needed)
