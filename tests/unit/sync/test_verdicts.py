"""What becomes of a job after each kind of error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.base import UnexpectedAnswer
from realtime.domain.account import ConnectionStatus, ProviderName
from realtime.errors import Misconfigured, ProviderSyncError, ReconnectNeeded, RetryLater, Unsupported
from realtime.store.sync_runs import Outcome
from sync.verdicts import backoff_s, verdict


@given(st.integers(1, 100), st.floats(0, 1))
def test_backoff_doubles_within_bounds(attempts: int, chance: float) -> None:
    """Ensure that waits grow to half an hour, and that chance takes at most half of one."""
    full_s = min(2.0 ** (attempts - 1), 1800)
    assert full_s / 2 <= backoff_s(attempts, chance) <= full_s


def test_first_waits() -> None:
    """Ensure that the waits are 1, 2, 4 seconds."""
    assert [backoff_s(attempts, 0) for attempts in (1, 2, 3)] == [1, 2, 4]


def test_provider_decides_how_long_to_wait() -> None:
    """Ensure that a retry is never earlier than what the provider asked for."""
    assert verdict(RetryLater("busy", 900), 1, 0.5).retry_after_s == 900
    assert verdict(RetryLater("busy", 1), 5, 0).retry_after_s == 16


def test_passing_fault_leaves_the_connection_as_it_is() -> None:
    """Ensure that an outage is no fault of the connection's until it outlasts all retries."""
    assert verdict(RetryLater("busy"), 14, 0).status is None
    worn_out = verdict(RetryLater("busy"), 15, 0)
    assert worn_out.retry_after_s is None
    assert worn_out.status is ConnectionStatus.ERROR
    assert worn_out.outcome is Outcome.RETRY_LATER


@pytest.mark.parametrize(
    ("error", "outcome", "status", "code"),
    [
        (
            ReconnectNeeded("ITEM_LOGIN_REQUIRED", "Sign in."),
            Outcome.RECONNECT_NEEDED,
            ConnectionStatus.RECONNECT_NEEDED,
            "ITEM_LOGIN_REQUIRED",
        ),
        (Unsupported("no"), Outcome.UNSUPPORTED, ConnectionStatus.ERROR, "unsupported"),
        (ProviderSyncError("no"), Outcome.FAILED, ConnectionStatus.ERROR, "sync_failed"),
        (Misconfigured(("PLAID_SECRET",)), Outcome.FAILED, ConnectionStatus.ERROR, "misconfigured"),
    ],
)
def test_retrying_is_pointless(error: Exception, outcome: Outcome, status: ConnectionStatus, code: str) -> None:
    """Ensure that what time does not heal is not tried again."""
    made = verdict(error, 1, 0)
    assert (made.outcome, made.status, made.code, made.retry_after_s, made.bug) == (outcome, status, code, None, False)


def test_bug_is_tried_a_few_times() -> None:
    """Ensure that an unexpected error is logged whole, retried, then given up with its code."""
    bug = UnexpectedAnswer(ProviderName.PLAID, "UNKNOWN_FIELDS", "no such field")
    assert verdict(bug, 4, 0).retry_after_s == 8
    assert verdict(bug, 4, 0).bug
    given_up = verdict(bug, 5, 0)
    assert (given_up.retry_after_s, given_up.status, given_up.code) == (None, ConnectionStatus.ERROR, "UNKNOWN_FIELDS")
    assert verdict(KeyError("x"), 1, 0).code == "KeyError"


def test_secrets_do_not_reach_the_record() -> None:
    """Ensure that tokens in an error's text are taken out."""
    token = "access-sandbox-8264bdf1-6db2-55e9-83d3-05e49842c169"
    assert token not in verdict(ValueError(f"odd: {token}"), 1, 0).message
    assert "abc" not in verdict(ValueError("/accounts?userSecret=abc"), 1, 0).message
