"""SnapTrade's users and connections."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from simulator.holdings_state import HoldingsState
from simulator.population import Population, find_logins
from simulator.snaptrade_errors import SnapTradeError
from simulator.snaptrade_users import LOGIN_LIFE_S, Users

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ROBINHOOD = next(login for login in find_logins("ada") if login.institution == "ROBINHOOD")


@pytest.fixture
def users() -> Users:
    return Users(7, HoldingsState.start(Population(7), "snaptrade", NOW))


def test_a_login_link_lives_five_minutes(users: Users) -> None:
    session = users.open_session(users.register("u1"), 1000.0)
    assert users.session(session.token, 1000.0 + LOGIN_LIFE_S) is session
    with pytest.raises(SnapTradeError, match="1006"):
        users.session(session.token, 1001.0 + LOGIN_LIFE_S)
    users.delete("u1")
    with pytest.raises(SnapTradeError, match="1006"):
        users.session(session.token, 1000.0)


def test_the_same_login_is_connected_once(users: Users) -> None:
    user = users.register("u1")
    first, new = users.connect(user, ROBINHOOD, "ada", "read", NOW)
    again, also_new = users.connect(user, ROBINHOOD, "ada", "trade", NOW)
    assert (again, new, also_new, again.type) == (first, True, False, "trade")
    other, _ = users.connect(users.register("u2"), ROBINHOOD, "ada", "read", NOW)
    assert other.id != first.id
    assert other.account_id("ada-robinhood") != first.account_id("ada-robinhood")


def test_a_disabled_connection_is_frozen(users: Users) -> None:
    connection, _ = users.connect(users.register("u1"), ROBINHOOD, "ada", "read", NOW)
    users.disable(connection, NOW)
    users.state.set_cash("ada-robinhood", "USD", Decimal(5), NOW)
    assert users.accounts(connection)[0].cash["USD"] != 5
    users.enable(connection)
    assert users.accounts(connection)[0].cash["USD"] == 5


def test_strangers_and_their_accounts(users: Users) -> None:
    """A wrong secret is 1083, an account of another user 1011, an id that is none 1012."""
    owner, other = users.register("u1"), users.register("u2")
    connection, _ = users.connect(owner, ROBINHOOD, "ada", "read", NOW)
    account_id = connection.account_id("ada-robinhood")
    assert users.account(owner, account_id)[0] is connection
    for call, code in (
        (lambda: users.authenticate("u1", "wrong"), "1083"),
        (lambda: users.authenticate(None, None), "1083"),
        (lambda: users.account(other, account_id), "1011"),
        (lambda: users.account(owner, "x"), "1012"),
        (lambda: users.connection(other, connection.id), "1011"),
        (lambda: users.register("u1"), "1010"),
        (lambda: users.delete("u3"), "1011"),
    ):
        with pytest.raises(SnapTradeError, match=code):
            call()
