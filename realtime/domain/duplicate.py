"""One real account that is reached through two providers, and which of its appearances counts (pure).

Told by institution, mask and holdings, all three (docs/decisions/0171); which one counts: docs/decisions/0172.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple
from uuid import UUID

from realtime.domain.account import ProviderName

Pair = tuple[UUID, UUID]
"""Two accounts, the lesser key first."""

OVERLAP_MIN = Decimal("0.8")
"""Share of the value that both must hold alike: what was dealt today is at one of the providers only."""
_MASK_MIN = 3
"""Digits of a mask that two accounts must have in common, at least."""
_ORDER = (ProviderName.ALPACA, ProviderName.SNAPTRADE, ProviderName.PLAID)
_SAYS_NOTHING = frozenset(
    {
        "bank", "brokerage", "co", "company", "corp", "financial", "group", "inc", "investing", "investment",
        "investments", "invest", "llc", "na", "national", "of", "securities", "services", "the", "trade", "us", "usa",
    }
)  # fmt: skip
_SAYS_OTHER = frozenset({"paper", "sandbox"})


class Amount(NamedTuple):
    """How much of something an account holds, and what that is worth; None when its provider does not say."""

    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Appearance:
    """An account as one provider shows it.

    Attributes:
        institution: Its name, as the provider writes it.
        working: Its connection is read.
    """

    key: UUID
    provider: ProviderName
    institution: str
    mask: str | None
    working: bool


def pair_of(one: UUID, other: UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def comparable(accounts: Sequence[Appearance]) -> list[Pair]:
    """Return the pairs whose holdings decide: of two providers, one institution and one mask."""
    return [
        pair_of(one.key, other.key)
        for one, other in combinations(accounts, 2)
        if one.provider is not other.provider
        and is_same_institution(one.institution, other.institution)
        and is_same_mask(one.mask, other.mask)
    ]


def found_pairs(
    accounts: Sequence[Appearance],
    held: Mapping[UUID, Mapping[str, Amount]],
    same: Collection[Pair] = (),
    other: Collection[Pair] = (),
) -> list[Pair]:
    """Return the new pairs that are one account; none where an account has two such partners at one provider.

    Args:
        accounts: Of one user.
        held: What each comparable account holds, by instrument.
        same: Pairs that are known to be one account.
        other: Pairs that the user says are two.
    """
    provider_of = {account.key: account.provider for account in accounts}
    alike = [
        (one, two)
        for one, two in comparable(accounts)
        if (one, two) in same
        or ((one, two) not in other and overlap(held.get(one, {}), held.get(two, {})) >= OVERLAP_MIN)
    ]
    partners: dict[tuple[UUID, ProviderName], int] = {}
    for one, two in alike:
        for place in ((one, provider_of[two]), (two, provider_of[one])):
            partners[place] = partners.get(place, 0) + 1
    return [
        (one, two)
        for one, two in alike
        if partners[one, provider_of[two]] == partners[two, provider_of[one]] == 1 and (one, two) not in same
    ]


def duplicates(accounts: Sequence[Appearance], same: Iterable[Pair], other: Iterable[Pair] = ()) -> dict[UUID, UUID]:
    """Return the accounts that do not count, each with the one that counts in its place.

    Args:
        accounts: Of one user.
        same: Pairs that are one account.
        other: Pairs that the user says are two: they never come together, not by way of a third account either.
    """
    apart = set(other)
    by_key = {account.key: account for account in accounts}
    group: dict[UUID, set[UUID]] = {key: {key} for key in by_key}
    for one, two in sorted(same):
        if one not in group or two not in group or group[one] is group[two]:
            continue
        if any(pair_of(left, right) in apart for left in group[one] for right in group[two]):
            continue
        together = group[one] | group[two]
        group |= dict.fromkeys(together, together)
    first = {key: min((by_key[each] for each in keys), key=_rank).key for key, keys in group.items()}
    return {key: winner for key, winner in first.items() if winner != key}


def is_same_institution(one: str, other: str) -> bool:
    """Whether two providers' names mean one firm: the words that say something of the one are among the other's."""
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs or (mine ^ theirs) & _SAYS_OTHER:
        return False
    return mine <= theirs or theirs <= mine


def is_same_mask(one: str | None, other: str | None) -> bool:
    """Whether two masks end alike, as far as the shorter one goes."""
    if one is None or other is None:
        return False
    length = min(len(one), len(other))
    return length >= _MASK_MIN and one[-length:] == other[-length:]


def overlap(one: Mapping[str, Amount], other: Mapping[str, Amount]) -> Decimal:
    """Return the share, 0 to 1, of what either holds that both hold: by quantity, weighted by value."""
    whole = both = Decimal(0)
    for name in one.keys() | other.keys():
        mine, theirs = one.get(name), other.get(name)
        weight = max((abs(each.value) for each in (mine, theirs) if each is not None and each.value), default=None)
        if weight is None:
            continue
        whole += weight
        if mine is not None and theirs is not None and mine.quantity * theirs.quantity > 0:
            less, more = sorted((abs(mine.quantity), abs(theirs.quantity)))
            both += weight * less / more
    return both / whole if whole else Decimal(0)


def _rank(account: Appearance) -> tuple[bool, int, UUID]:
    known = account.provider in _ORDER
    return not account.working, _ORDER.index(account.provider) if known else len(_ORDER), account.key


def _words(name: str) -> frozenset[str]:
    joined = re.sub(r"[^\w\s-]", "", name.casefold())
    return frozenset(re.split(r"[\s_-]+", joined)) - _SAYS_NOTHING - {""}
