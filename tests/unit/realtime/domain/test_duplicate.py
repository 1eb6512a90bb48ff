"""When two accounts are one, and which of them counts."""

from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.domain.account import ProviderName
from realtime.domain.duplicate import (
    Amount,
    Appearance,
    Pair,
    duplicates,
    found_pairs,
    is_same_institution,
    is_same_mask,
    overlap,
)

PLAID, SNAPTRADE, ALPACA = ProviderName.PLAID, ProviderName.SNAPTRADE, ProviderName.ALPACA
P, S, A, X = (UUID(int=number) for number in (1, 2, 3, 4))
HELD = {"AAPL": Amount(Decimal(10), Decimal(2700)), "CUR:USD": Amount(Decimal(300), Decimal(300))}
PLAIDS = Appearance(P, PLAID, "Robinhood", "8443", working=True)
SNAPTRADES = Appearance(S, SNAPTRADE, "Robinhood", "8443", working=True)
ALPACAS = Appearance(A, ALPACA, "Robinhood", "8443", working=True)


def held(**quantities: int) -> dict[str, Amount]:
    return {name: Amount(Decimal(quantity), Decimal(100 * quantity)) for name, quantity in quantities.items()}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Robinhood", "Robinhood", True),
        ("Charles Schwab", "Schwab", True),
        ("Fidelity Investments", "Fidelity", True),
        ("Interactive Brokers - US", "Interactive Brokers", True),
        ("E*TRADE Financial", "E-Trade", False),
        ("E*TRADE Financial", "ETRADE", True),
        ("Wealthsimple Trade", "Wealthsimple", True),
        ("Vanguard", "Fidelity", False),
        ("First Platypus Bank", "First Gingham Credit Union", False),
        ("Alpaca", "Alpaca Paper", False),
        ("Bank of the US", "Bank", False),
        ("", "Robinhood", False),
    ],
)
def test_institutions_are_told_by_the_words_that_say_something(one: str, other: str, same: bool) -> None:
    """Ensure that what providers add to a name joins nothing, and that what tells firms apart does."""
    assert is_same_institution(one, other) is is_same_institution(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("8443", "8443", True),
        ("8443", "443", True),
        ("8443", "43", False),
        ("8443", "8444", False),
        (None, "8443", False),
        (None, None, False),
    ],
)
def test_masks_end_alike(one: str | None, other: str | None, same: bool) -> None:
    """Ensure that unknown and too short masks join nothing."""
    assert is_same_mask(one, other) is is_same_mask(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        (held(AAPL=10, MSFT=5), held(AAPL=10, MSFT=5), "1"),
        (held(AAPL=10), held(MSFT=10), "0"),
        (held(AAPL=10), held(AAPL=8), "0.8"),
        (held(AAPL=9), held(AAPL=9, MSFT=1), "0.9"),
        (held(AAPL=10), held(AAPL=-10), "0"),
        ({}, {}, "0"),
        ({"AAPL": Amount(Decimal(5), None)}, {"AAPL": Amount(Decimal(5), None)}, "0"),
    ],
)
def test_overlap(one: dict[str, Amount], other: dict[str, Amount], share: str) -> None:
    """Ensure that the share is of the value, and that nothing known is no likeness."""
    assert overlap(one, other) == overlap(other, one) == Decimal(share)


def test_one_account_through_two_providers_is_found() -> None:
    """Ensure that institution, mask and holdings together join, and each alone does not."""
    assert found_pairs([PLAIDS, SNAPTRADES], {P: HELD, S: HELD}) == [(P, S)]
    assert found_pairs([PLAIDS, SNAPTRADES], {P: HELD, S: held(MSFT=3)}) == []
    assert found_pairs([replace(PLAIDS, mask="8444"), SNAPTRADES], {P: HELD, S: HELD}) == []
    assert found_pairs([replace(PLAIDS, institution="Vanguard"), SNAPTRADES], {P: HELD, S: HELD}) == []
    assert found_pairs([replace(PLAIDS, provider=SNAPTRADE), SNAPTRADES], {P: HELD, S: HELD}) == []


def test_two_candidates_are_none() -> None:
    """Ensure that an account that could be either of two is joined to neither, new or known."""
    twin = replace(PLAIDS, key=X)
    everything = {P: HELD, S: HELD, X: HELD}
    assert found_pairs([PLAIDS, SNAPTRADES, twin], everything) == []
    assert found_pairs([PLAIDS, SNAPTRADES, twin], everything, same=[(P, S)]) == []
    assert found_pairs([PLAIDS, SNAPTRADES, twin], everything, other=[(P, S)]) == [(S, X)]


MASKS = st.sampled_from(["1111", "2222", "3333", "111", None])
ACCOUNTS = st.lists(
    st.tuples(st.sampled_from([PLAID, SNAPTRADE, ALPACA]), MASKS, st.booleans()), min_size=2, max_size=7
).map(
    lambda rows: [
        Appearance(UUID(int=number), provider, "Robinhood", mask, working)
        for number, (provider, mask, working) in enumerate(rows, 1)
    ]
)


@given(ACCOUNTS)
def test_other_masks_are_never_joined(accounts: list[Appearance]) -> None:
    """Ensure that accounts at one institution with the same holdings and other masks stay apart, however many."""
    by_key = {account.key: account for account in accounts}
    pairs = found_pairs(accounts, dict.fromkeys(by_key, HELD))
    for one, other in pairs:
        assert is_same_mask(by_key[one].mask, by_key[other].mask)
        assert by_key[one].provider is not by_key[other].provider


@given(ACCOUNTS, st.data())
def test_one_of_each_counts(accounts: list[Appearance], data: st.DataObject) -> None:
    """Ensure that every account counts, or has one that counts in its place, and that the user's word holds."""
    pairs = list(combinations([account.key for account in accounts], 2))
    same: list[Pair] = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    other: list[Pair] = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    found = duplicates(accounts, same, other)
    by_key = {account.key: account for account in accounts}
    for key, winner in found.items():
        assert winner in by_key
        assert winner not in found
        assert by_key[winner].working or not by_key[key].working
    for one, two in other:
        assert found.get(one, one) != found.get(two, two)
    assert duplicates(accounts, reversed(same), other).keys() <= by_key.keys()


@pytest.mark.parametrize(
    ("accounts", "winner"),
    [
        ((PLAIDS, SNAPTRADES), S),
        ((PLAIDS, replace(SNAPTRADES, working=False)), P),
        ((replace(PLAIDS, working=False), replace(SNAPTRADES, working=False)), S),
        ((PLAIDS, SNAPTRADES, ALPACAS), A),
        ((PLAIDS, SNAPTRADES, replace(ALPACAS, working=False)), S),
        ((PLAIDS,), P),
    ],
)
def test_who_counts(accounts: tuple[Appearance, ...], winner: UUID) -> None:
    """Ensure the order: the broker itself, SnapTrade, Plaid; a broken connection gives way, and comes back."""
    keys = [account.key for account in accounts]
    found = duplicates(accounts, [(P, S), (S, A), (P, A)])
    assert found == {key: winner for key in keys if key != winner}


def test_the_users_word_is_not_gone_round() -> None:
    """Ensure that two accounts that the user told apart do not meet through a third."""
    found = duplicates([PLAIDS, SNAPTRADES, ALPACAS], [(P, S), (P, A)], [(S, A)])
    assert found.get(S, S) != found.get(A, A)
    assert len(found) == 1
