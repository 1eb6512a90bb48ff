"""Which stored accounts the unknown ones of an answer are (pure; docs/decisions/0110).

Linking a login again gives its accounts new ids at Plaid and SnapTrade. An account is recognised by its institution,
mask, name and subtype, when exactly one on each side has them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from providers.base import HoldingsReport, ReportedAccount
from realtime.domain.account import ConnectionId, ConnectionStatus
from realtime.store.accounts import Fingerprint, OlderConnection, StoredAccount

Account = TypeVar("Account", ReportedAccount, StoredAccount)

_GIVEN_UP = frozenset({ConnectionStatus.REMOVED, ConnectionStatus.RECONNECT_NEEDED})


@dataclass(frozen=True, slots=True)
class Relinked:
    """What an answer recognises.

    Attributes:
        by_id: The stored account of each reported one, by the provider's new id of it.
        ended: Older connections that have nothing left of their own: to be ended.
    """

    by_id: dict[str, StoredAccount]
    ended: tuple[ConnectionId, ...] = ()


def unknown_accounts(report: HoldingsReport, stored: Iterable[StoredAccount]) -> list[ReportedAccount]:
    """Return the reported accounts whose id is not stored."""
    known = {account.provider_account_id for account in stored}
    return [one.account for one in report.accounts if one.account.id not in known]


def relinked(report: HoldingsReport, stored: Sequence[StoredAccount], older: Sequence[OlderConnection]) -> Relinked:
    """Return which stored accounts the unknown ones of an answer are.

    First those of this connection that the answer lacks. Then those of older connections to the same institution:
    of one that was removed or broke, any; of a working one all, or it is another login's.

    Args:
        report: The provider's answer.
        stored: This connection's accounts.
        older: The user's older connections to the answer's institution, through the same provider.
    """
    unknown = unknown_accounts(report, stored)
    present = {one.account.id for one in report.accounts}
    found = _matches(unknown, [account for account in stored if account.provider_account_id not in present])
    ended = []
    for connection in older:
        left = [account for account in unknown if account.id not in found]
        matched = _matches(left, [one for one in connection.accounts if one.fingerprint.mask is not None])
        active = {one.key for one in connection.accounts if one.active}
        whole = bool(active) and active <= {one.key for one in matched.values()}
        if connection.status in _GIVEN_UP or (whole and not any(not odd.harmless for odd in report.set_aside)):
            found |= matched
            if whole and connection.status is not ConnectionStatus.REMOVED:
                ended.append(connection.id)
    return Relinked(found, tuple(ended))


def _matches(unknown: Iterable[ReportedAccount], candidates: Iterable[StoredAccount]) -> dict[str, StoredAccount]:
    """Return the candidates by the id of what they match; nothing where two look alike."""
    mine, theirs = _by_fingerprint(unknown), _by_fingerprint(candidates)
    return {
        mine[fingerprint][0].id: theirs[fingerprint][0]
        for fingerprint in mine.keys() & theirs.keys()
        if len(mine[fingerprint]) == len(theirs[fingerprint]) == 1
    }


def _by_fingerprint(accounts: Iterable[Account]) -> dict[Fingerprint, list[Account]]:
    found: dict[Fingerprint, list[Account]] = {}
    for account in accounts:
        found.setdefault(_fingerprint(account), []).append(account)
    return found


def _fingerprint(account: ReportedAccount | StoredAccount) -> Fingerprint:
    if isinstance(account, StoredAccount):
        return account.fingerprint
    return Fingerprint(account.mask, account.name, account.subtype)
