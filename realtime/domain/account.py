"""Users, connections and accounts, and their ids."""

from enum import StrEnum
from typing import NamedTuple, NewType

UserId = NewType("UserId", str)
"""A UUID in its canonical text form; the `sub` of every token."""

ConnectionId = NewType("ConnectionId", str)
"""A UUID in its canonical text form."""

AccountId = NewType("AccountId", str)
"""Public: the provider's name, an underscore, our UUID's 32 hex digits: `plaid_0195…`."""


class SubjectKey(NamedTuple):
    """What is valued and watched: an account of a user's; his whole portfolio when there is no account."""

    user_id: UserId
    account_id: AccountId | None


class ProviderName(StrEnum):
    PLAID = "plaid"
    SNAPTRADE = "snaptrade"
    ALPACA = "alpaca"


class ConnectionStatus(StrEnum):
    ACTIVE = "active"
    RECONNECT_NEEDED = "reconnect_needed"
    ERROR = "error"
    REMOVED = "removed"


def account_id(provider: ProviderName, uuid_hex: str) -> AccountId:
    """Build the public id of an account from its UUID's 32 hex digits."""
    return AccountId(f"{provider.value}_{uuid_hex}")
