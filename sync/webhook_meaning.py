"""What a webhook asks us to do (pure): at most to read something again, or to say something of a connection.

Plaid: https://plaid.com/docs/api/webhooks; SnapTrade: https://docs.snaptrade.com/docs/webhooks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from realtime.domain.account import ConnectionStatus, ProviderName
from realtime.store.jobs import JobKind

_HOLDINGS, _TRANSACTIONS, _BALANCES = JobKind.HOLDINGS, JobKind.TRANSACTIONS, JobKind.BALANCES
_BANK = JobKind.BANK_TRANSACTIONS


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do.

    Attributes:
        refresh: What of the connection is to be read again.
        status: What the connection becomes; None: it stays what it is.
        code, message: Why, for the user; of an active connection: what will be wrong soon.
        repaired: Whatever was wrong is over.
        links: Link sessions, or portal sessions, that have ended.
        check_removed: The connection may be gone at its provider: ask there.
    """

    refresh: tuple[JobKind, ...] = ()
    status: ConnectionStatus | None = None
    code: str = ""
    message: str = ""
    repaired: bool = False
    links: bool = False
    check_removed: bool = False


_NOTHING = Meaning()
_OF_PLAID: Mapping[tuple[str, str], Meaning] = {
    ("HOLDINGS", "DEFAULT_UPDATE"): Meaning(refresh=(_HOLDINGS,)),
    ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE"): Meaning(refresh=(_HOLDINGS, _TRANSACTIONS)),
    ("INVESTMENTS_TRANSACTIONS", "HISTORICAL_UPDATE"): Meaning(refresh=(_HOLDINGS, _TRANSACTIONS)),
    ("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE"): Meaning(refresh=(_BANK, _BALANCES)),
    ("ITEM", "LOGIN_REPAIRED"): Meaning(repaired=True, refresh=(_HOLDINGS, _TRANSACTIONS)),
    ("ITEM", "USER_PERMISSION_REVOKED"): Meaning(
        status=ConnectionStatus.RECONNECT_NEEDED,
        code="USER_PERMISSION_REVOKED",
        message="You have withdrawn the permission at your institution: link it again, or remove it here.",
    ),
    ("ITEM", "USER_ACCOUNT_REVOKED"): Meaning(refresh=(_HOLDINGS,)),
    ("ITEM", "PENDING_EXPIRATION"): Meaning(
        status=ConnectionStatus.ACTIVE,
        code="PENDING_EXPIRATION",
        message="Your permission ends soon: sign in again to keep this connection.",
    ),
    ("ITEM", "PENDING_DISCONNECT"): Meaning(
        status=ConnectionStatus.ACTIVE,
        code="PENDING_DISCONNECT",
        message="Your institution will end this connection soon: sign in again to keep it.",
    ),
    ("ITEM", "NEW_ACCOUNTS_AVAILABLE"): Meaning(
        status=ConnectionStatus.ACTIVE,
        code="NEW_ACCOUNTS_AVAILABLE",
        message="Your institution has more accounts of yours: sign in again to choose them.",
    ),
    ("LINK", "SESSION_FINISHED"): Meaning(links=True),
}
_LOGIN_ERRORS = frozenset({"ITEM_LOGIN_REQUIRED", "ITEM_LOCKED", "PASSWORD_RESET_REQUIRED", "USER_SETUP_REQUIRED"})
_OF_SNAPTRADE: Mapping[str, Meaning] = {
    "CONNECTION_ADDED": Meaning(links=True),
    "CONNECTION_BROKEN": Meaning(
        status=ConnectionStatus.RECONNECT_NEEDED,
        code="CONNECTION_BROKEN",
        message="The brokerage connection is broken: sign in again.",
    ),
    "CONNECTION_FIXED": Meaning(repaired=True, refresh=(_HOLDINGS, _TRANSACTIONS)),
    "CONNECTION_UPDATED": Meaning(refresh=(_HOLDINGS,)),
    "CONNECTION_DELETED": Meaning(check_removed=True),
    "NEW_ACCOUNT_AVAILABLE": Meaning(refresh=(_HOLDINGS,)),
    "ACCOUNT_REMOVED": Meaning(refresh=(_HOLDINGS,)),
    "ACCOUNT_HOLDINGS_UPDATED": Meaning(refresh=(_HOLDINGS,)),
    "ACCOUNT_TRANSACTIONS_INITIAL_UPDATE": Meaning(refresh=(_TRANSACTIONS,)),
    "ACCOUNT_TRANSACTIONS_UPDATED": Meaning(refresh=(_TRANSACTIONS,)),
}


def meaning_of(provider: ProviderName, kind: str, code: str, body: Mapping[str, Any]) -> Meaning:
    """Return what an event asks for; nothing, if it tells of what does not concern us or what we do not know."""
    match provider:
        case ProviderName.PLAID if (kind, code) == ("ITEM", "ERROR"):
            return _item_error(body.get("error"))
        case ProviderName.PLAID:
            return _OF_PLAID.get((kind, code), _NOTHING)
        case ProviderName.SNAPTRADE:
            return _OF_SNAPTRADE.get(code, _NOTHING)
        case _:
            return _NOTHING


def _item_error(error: object) -> Meaning:
    code = error.get("error_code") if isinstance(error, dict) else None
    if code not in _LOGIN_ERRORS:
        return Meaning(refresh=(_HOLDINGS,))  # which finds out what is wrong
    return Meaning(
        status=ConnectionStatus.RECONNECT_NEEDED,
        code=str(code),
        message="Your institution needs you to sign in again.",
    )
