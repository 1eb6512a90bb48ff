"""SnapTrade's endpoints: method, path, who must sign, who answers (pure; provider sheet, section 2)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from simulator import snaptrade_account_answers as accounts
from simulator import snaptrade_user_answers as users
from simulator.snaptrade_simulation import Call

Needs = Literal["nothing", "signature", "user"]
Answer = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    method: str
    pattern: re.Pattern[str]
    needs: Needs
    answer: Answer


def _endpoint(method: str, template: str, needs: Needs, answer: Answer) -> Endpoint:
    pattern = re.compile("^" + template.replace("{id}", r"(?P<id>[^/]+)") + "$")
    return Endpoint(method, pattern, needs, answer)


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("GET", "/", "nothing", users.status),
    _endpoint("POST", "/snapTrade/registerUser", "signature", users.register_user),
    _endpoint("DELETE", "/snapTrade/deleteUser", "signature", users.delete_user),
    _endpoint("POST", "/snapTrade/resetUserSecret", "signature", users.reset_user_secret),
    _endpoint("GET", "/snapTrade/listUsers", "signature", users.list_users),
    _endpoint("POST", "/snapTrade/login", "user", users.login),
    _endpoint("GET", "/snapTrade/partners", "signature", users.partners),
    _endpoint("GET", "/brokerages", "signature", users.brokerages),
    _endpoint("GET", "/authorizations", "user", users.authorizations),
    _endpoint("GET", "/authorizations/{id}", "user", users.authorization),
    _endpoint("GET", "/authorizations/{id}/accounts", "user", accounts.authorization_accounts),
    _endpoint("POST", "/authorizations/{id}/refresh", "user", users.refresh),
    _endpoint("POST", "/authorizations/{id}/disable", "user", users.disable),
    _endpoint("GET", "/connections/{id}/accounts", "user", accounts.connection_accounts),
    _endpoint("DELETE", "/connection/{id}", "user", users.delete_connection),
    _endpoint("GET", "/accounts", "user", accounts.accounts),
    _endpoint("GET", "/accounts/all", "user", accounts.accounts_all),
    _endpoint("GET", "/accounts/{id}", "user", accounts.account),
    _endpoint("GET", "/accounts/{id}/details", "user", accounts.account_details),
    _endpoint("GET", "/accounts/{id}/balances", "user", accounts.balances),
    _endpoint("GET", "/accounts/{id}/positions/all", "user", accounts.positions_all),
    _endpoint("GET", "/accounts/{id}/activities", "user", accounts.activities),
    _endpoint("GET", "/accounts/{id}/orders", "user", accounts.orders),
    _endpoint("GET", "/accounts/{id}/recentOrders", "user", accounts.recent_orders),
    _endpoint("GET", "/accounts/{id}/positions", "user", accounts.retired),
    _endpoint("GET", "/accounts/{id}/options", "user", accounts.retired),
    _endpoint("GET", "/accounts/{id}/holdings", "user", accounts.retired),
    _endpoint("GET", "/holdings", "user", accounts.retired),
    _endpoint("GET", "/activities", "user", accounts.retired),
)


def find(method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """Return the endpoint of a path and the parts of the path that vary."""
    for endpoint in ENDPOINTS:
        match = endpoint.pattern.match(path) if endpoint.method == method else None
        if match is not None:
            return endpoint, match.groupdict()
    return None
