"""What is done with a connection that is not heard of, or does not read."""

from dataclasses import dataclass

import pytest

from broadcaster.watchdog import STALLED_AFTER_S, Verdict, judge


@dataclass
class Sight:
    heard_at: float
    full_since: float | None = None


@pytest.mark.parametrize(
    ("silent_s", "verdict"),
    [
        (0, Verdict.WELL), (14.9, Verdict.WELL), (15, Verdict.PROBE), (15.9, Verdict.PROBE), (16, Verdict.WELL),
        (30.5, Verdict.PROBE), (45.5, Verdict.PROBE), (59, Verdict.WELL), (60, Verdict.SILENT), (500, Verdict.SILENT),
    ],
)  # fmt: skip
def test_silence(silent_s: float, verdict: Verdict) -> None:
    """A ping each heartbeat without a sound; after three without an answer the client is gone."""
    assert judge(Sight(heard_at=1000 - silent_s), 1000, 15) is verdict


def test_a_ping_for_each_heartbeat_of_silence() -> None:
    """Looked at once a second, at whatever fraction, exactly three pings go out."""
    for fraction in (0.0, 0.3, 0.999):
        verdicts = [judge(Sight(0), second + fraction, 15) for second in range(60)]
        assert verdicts.count(Verdict.PROBE) == 3


@pytest.mark.parametrize("full_s", [0, STALLED_AFTER_S - 1, STALLED_AFTER_S])
def test_a_full_socket(full_s: float) -> None:
    """A client that does not read is not pinged, and closed after a minute."""
    verdict = judge(Sight(heard_at=0, full_since=1000 - full_s), 1000, 15)
    assert verdict is (Verdict.STALLED if full_s >= STALLED_AFTER_S else Verdict.WELL)
