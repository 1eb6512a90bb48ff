"""One simulated SnapTrade: users, accounts, faults, limits, webhooks, and what one call may use (pure)."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.clock import MarketTime, market_time
from simulator.data_dates import market_moment
from simulator.holdings_state import AccountState, HoldingsState
from simulator.http_faults import Faults
from simulator.minute_rates import MinuteRates
from simulator.population import Population
from simulator.snaptrade_errors import SnapTradeError, invalid, populating, unreachable
from simulator.snaptrade_shapes import fixed_id
from simulator.snaptrade_users import Connection, User, Users

REQUESTS_PER_MINUTE = 250


@dataclass(slots=True)
class SnapTradeSimulation:
    """All state of one simulated SnapTrade.

    Attributes:
        webhook_url: Where every event goes; None sends nothing (the real one is set in the partner's dashboard).
    """

    state: HoldingsState
    users: Users
    put_webhook: Callable[[str, bytes], None]
    market: MarketTime
    client_id: str = "demo-client"
    consumer_key: str = "demo-consumer-key"
    webhook_url: str | None = None
    requests_per_minute: int = REQUESTS_PER_MINUTE
    faults: Faults = field(default_factory=Faults)
    rates: MinuteRates = field(default_factory=MinuteRates)

    @classmethod
    def start(cls, seed: int, now: float, put_webhook: Callable[[str, bytes], None]) -> "SnapTradeSimulation":
        market = market_time()
        state = HoldingsState.start(Population(seed), "snaptrade", market_moment(market, now))
        return cls(state, Users(seed, state), put_webhook, market)

    def notify(self, event: str, user: User, now: float, **extra: Any) -> None:
        """Send a webhook event about a user."""
        if self.webhook_url is None:
            return
        body = {
            "webhookId": str(uuid.uuid4()),
            "clientId": self.client_id,
            "eventTimestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds"),
            "userId": user.id,
            "eventType": event,
            "webhookSecret": "deprecated",
            **extra,
        }
        self.put_webhook(self.webhook_url, json.dumps(body).encode())

    def notify_connection(self, event: str, user: User, connection: Connection, now: float) -> None:
        extra = {"brokerageAuthorizationId": connection.id}
        if event in {"CONNECTION_ADDED", "CONNECTION_DELETED"}:
            extra["brokerageId"] = fixed_id("brokerage", connection.login.institution)
        self.notify(event, user, now, **extra)

    def notify_account(self, event: str, user: User, connection: Connection, key: str, now: float) -> None:
        extra: dict[str, Any] = {
            "accountId": connection.account_id(key),
            "brokerageAuthorizationId": connection.id,
        }
        if event == "ACCOUNT_HOLDINGS_UPDATED":
            done = {"success": True, "error": None}
            extra["brokerageId"] = fixed_id("brokerage", connection.login.institution)
            extra["details"] = dict.fromkeys(("total_value", "positions", "balances", "orders"), done)
        self.notify(event, user, now, **extra)


@dataclass(slots=True)
class Call:
    """One request, signature checked; `params` come from the path, `now` is seconds since 1970."""

    simulation: SnapTradeSimulation
    path: str
    params: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    now: float
    origin: str
    signed_in: User | None

    @property
    def user(self) -> User:
        assert self.signed_in is not None, "the endpoint's table asks for a user"
        return self.signed_in

    @property
    def moment(self) -> datetime:
        """Return market time now."""
        return market_moment(self.simulation.market, self.now)

    def connection(self) -> Connection:
        return self.simulation.users.connection(self.user, self.params["id"])

    def account(self) -> tuple[Connection, AccountState]:
        return self.simulation.users.account(self.user, self.params["id"])

    def readable_account(self) -> tuple[Connection, AccountState]:
        """Return the account of a data endpoint.

        Raises:
            SnapTradeError: The brokerage is unreachable (503) or a first sync is running (425).
        """
        connection, account = self.account()
        if self.fault("populating", connection, account):
            raise populating()
        if self.fault("institution_down", connection, account):
            raise unreachable()
        return connection, account

    def fault(self, kind: str, connection: Connection, account: AccountState | None = None) -> bool:
        subjects = {connection.id, connection.persona, connection.login.institution, self.user.id}
        if account is not None:
            subjects |= {account.key, connection.account_id(account.key)}
        return self.simulation.faults.take(kind, self.path, subjects) is not None

    def text(self, name: str) -> str | None:
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"{name} must be a string")
        return value


def whole(query: dict[str, str], name: str, default: int, lowest: int, highest: int) -> int:
    """Return a whole number within bounds (400 otherwise)."""
    text = query.get(name, str(default))
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise SnapTradeError(400, "1012", f"{name} must be between {lowest} and {highest}")
    return int(text)
