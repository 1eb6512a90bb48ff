"""What webhooks ask for."""

import pytest

from realtime.domain.account import ConnectionStatus, ProviderName
from realtime.store.jobs import JobKind
from sync.webhook_meaning import Meaning, meaning_of

NOTHING = Meaning()


@pytest.mark.parametrize(
    ("kind", "code", "refresh"),
    [
        ("HOLDINGS", "DEFAULT_UPDATE", (JobKind.HOLDINGS,)),
        ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE", (JobKind.HOLDINGS, JobKind.TRANSACTIONS)),
        ("INVESTMENTS_TRANSACTIONS", "HISTORICAL_UPDATE", (JobKind.HOLDINGS, JobKind.TRANSACTIONS)),
        ("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE", (JobKind.BANK_TRANSACTIONS, JobKind.BALANCES)),
        ("ITEM", "LOGIN_REPAIRED", (JobKind.HOLDINGS, JobKind.TRANSACTIONS)),
        ("ITEM", "USER_ACCOUNT_REVOKED", (JobKind.HOLDINGS,)),
    ],
)
def test_news_of_plaids_is_read_again(kind: str, code: str, refresh: tuple[JobKind, ...]) -> None:
    """Ensure each event refreshes what it is about."""
    assert meaning_of(ProviderName.PLAID, kind, code, {}).refresh == refresh


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("USER_PERMISSION_REVOKED", ConnectionStatus.RECONNECT_NEEDED),
        ("PENDING_EXPIRATION", ConnectionStatus.ACTIVE),
        ("PENDING_DISCONNECT", ConnectionStatus.ACTIVE),
        ("NEW_ACCOUNTS_AVAILABLE", ConnectionStatus.ACTIVE),
    ],
)
def test_what_the_user_has_to_do_is_said_to_him(code: str, status: ConnectionStatus) -> None:
    """Ensure the connection says what is wrong, or soon will be, in a sentence."""
    meaning = meaning_of(ProviderName.PLAID, "ITEM", code, {})
    assert (meaning.status, meaning.code) == (status, code)
    assert meaning.message.endswith(".")


def test_an_item_that_needs_a_login_says_so_and_any_other_error_is_looked_into() -> None:
    """Ensure only what the user can repair is told to him at once."""
    login = meaning_of(ProviderName.PLAID, "ITEM", "ERROR", {"error": {"error_code": "ITEM_LOGIN_REQUIRED"}})
    assert (login.status, login.refresh) == (ConnectionStatus.RECONNECT_NEEDED, ())
    for error in ({"error_code": "INTERNAL_SERVER_ERROR"}, None, "odd"):
        other = meaning_of(ProviderName.PLAID, "ITEM", "ERROR", {"error": error})
        assert (other.status, other.refresh) == (None, (JobKind.HOLDINGS,))


@pytest.mark.parametrize(
    ("code", "refresh"),
    [
        ("ACCOUNT_HOLDINGS_UPDATED", (JobKind.HOLDINGS,)),
        ("ACCOUNT_TRANSACTIONS_UPDATED", (JobKind.TRANSACTIONS,)),
        ("ACCOUNT_TRANSACTIONS_INITIAL_UPDATE", (JobKind.TRANSACTIONS,)),
        ("NEW_ACCOUNT_AVAILABLE", (JobKind.HOLDINGS,)),
        ("ACCOUNT_REMOVED", (JobKind.HOLDINGS,)),
        ("CONNECTION_UPDATED", (JobKind.HOLDINGS,)),
        ("CONNECTION_FIXED", (JobKind.HOLDINGS, JobKind.TRANSACTIONS)),
        ("CONNECTION_BROKEN", ()),
    ],
)
def test_news_of_snaptrades_is_read_again(code: str, refresh: tuple[JobKind, ...]) -> None:
    """Ensure each event refreshes what it is about."""
    assert meaning_of(ProviderName.SNAPTRADE, "SNAPTRADE", code, {}).refresh == refresh


def test_what_is_unknown_or_concerns_nobody_asks_for_nothing() -> None:
    """Ensure a new kind of event is no failure."""
    for provider, kind, code in (
        (ProviderName.PLAID, "ITEM", "WEBHOOK_UPDATE_ACKNOWLEDGED"),
        (ProviderName.PLAID, "HOVERCRAFT", "FULL_OF_EELS"),
        (ProviderName.SNAPTRADE, "SNAPTRADE", "USER_REGISTERED"),
        (ProviderName.SNAPTRADE, "SNAPTRADE", "CONNECTION_ATTEMPTED"),
        (ProviderName.SNAPTRADE, "SNAPTRADE", ""),
    ):
        assert meaning_of(provider, kind, code, {}) == NOTHING
