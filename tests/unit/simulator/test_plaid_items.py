"""Items, tokens and their lives."""

import pytest

from simulator.plaid_errors import PlaidError
from simulator.plaid_items import PUBLIC_TOKEN_LIFE_S, Items, LinkToken, plaid_id, request_id
from simulator.population import find_logins

LOGIN = find_logins("ada")[0]


def create(items: Items, now: float = 0.0) -> str:
    return items.create_item(LOGIN, "ada", ["investments"], "", now).token


def test_ids_look_and_repeat_as_they_should() -> None:
    assert len(plaid_id("a")) == 37
    assert plaid_id("a") == plaid_id("a") != plaid_id("b")
    assert len(request_id("a")) == 15


def test_a_public_token_lives_half_an_hour() -> None:
    items = Items(7)
    token = create(items)
    assert items.exchange(token, PUBLIC_TOKEN_LIFE_S).persona == "ada"
    with pytest.raises(PlaidError, match="INVALID_PUBLIC_TOKEN"):
        items.exchange(token, PUBLIC_TOKEN_LIFE_S + 1)


def test_an_access_token_works_after_its_exchange() -> None:
    items = Items(7)
    token = create(items)
    item = next(iter(items.by_id.values()))
    with pytest.raises(PlaidError, match="INVALID_ACCESS_TOKEN"):
        items.item(item.access_token)
    assert items.exchange(token, 1.0) is items.item(item.access_token)


def test_rotation_and_removal() -> None:
    """An old token is invalid at once; a removed Item is not found by its last one."""
    items = Items(7)
    item = items.exchange(create(items), 1.0)
    old = item.access_token
    new = items.rotate(item)
    with pytest.raises(PlaidError, match="INVALID_ACCESS_TOKEN"):
        items.item(old)
    assert items.item(new) is item
    items.remove(item)
    with pytest.raises(PlaidError, match="ITEM_NOT_FOUND"):
        items.item(new)


def test_a_restarted_simulator_names_things_the_same() -> None:
    """Tokens follow from seed, persona and institution, and never come to mean another login."""
    first, again, other = Items(7), Items(7), Items(7)
    expected = first.exchange(create(first), 1.0)
    assert again.exchange(create(again), 1.0).access_token == expected.access_token
    second = again.exchange(create(again), 1.0)
    assert second.access_token != expected.access_token
    grace = other.create_item(find_logins("grace")[0], "grace", ["investments"], "", 0.0)
    assert other.exchange(grace.token, 1.0).access_token != expected.access_token


def test_link_tokens_expire() -> None:
    items = Items(7)
    link = items.create_link_token(LinkToken(items.next_link_token(), 100.0, ["investments"], "", "u1"))
    assert items.link_token(link.token, 100.0) is link
    with pytest.raises(PlaidError, match="INVALID_LINK_TOKEN"):
        items.link_token(link.token, 101.0)
