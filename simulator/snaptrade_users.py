"""SnapTrade's state: users, their connections, and login sessions (pure; provider sheet, sections 3 and 4)."""

import copy
import uuid
from dataclasses import dataclass, field
from datetime import datetime

from simulator.holdings_state import AccountState, HoldingsState
from simulator.planned import Login
from simulator.snaptrade_errors import SnapTradeError, bad_user, invalid, not_found

LOGIN_LIFE_S = 300.0
REFRESH_PAUSE_S = 60.0


@dataclass(slots=True)
class Connection:
    """One user's connection to one brokerage.

    Attributes:
        frozen: What each account answers while the connection is disabled, by account key.
    """

    id: str
    login: Login
    persona: str
    type: str
    created_at: datetime
    disabled_at: datetime | None = None
    frozen: dict[str, AccountState] = field(default_factory=dict)
    refreshed_at: float = 0.0

    @property
    def disabled(self) -> bool:
        return self.disabled_at is not None

    def account_id(self, account_key: str) -> str:
        return str(uuid.uuid5(uuid.UUID(self.id), account_key))


@dataclass(slots=True)
class User:
    id: str
    secret: str
    connections: dict[str, Connection] = field(default_factory=dict)


@dataclass(slots=True)
class LoginSession:
    """A connection-portal link: works once, for five minutes."""

    token: str
    session_id: str
    user_id: str
    expires_at: float
    broker: str | None
    custom_redirect: str | None
    connection_type: str
    reconnect: str | None


@dataclass(slots=True)
class Users:
    """All users of one simulated SnapTrade; ids and secrets follow from the seed."""

    seed: int
    state: HoldingsState
    by_id: dict[str, User] = field(default_factory=dict)
    sessions: dict[str, LoginSession] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    def register(self, user_id: str) -> User:
        """Register a user; never twice (1010)."""
        if user_id in self.by_id:
            raise SnapTradeError(400, "1010", f"User with the following userId already exist: '{user_id}'")
        self.by_id[user_id] = User(user_id, self.new_id("secret", user_id))
        return self.by_id[user_id]

    def delete(self, user_id: str) -> User:
        user = self.by_id.pop(user_id, None)
        if user is None:
            raise not_found()
        return user

    def authenticate(self, user_id: str | None, secret: str | None) -> User:
        user = self.by_id.get(user_id or "")
        if user is None or user.secret != secret:
            raise bad_user()
        return user

    def reset_secret(self, user: User) -> str:
        user.secret = self.new_id("secret", user.id)
        return user.secret

    def open_session(
        self,
        user: User,
        now: float,
        *,
        broker: str | None = None,
        custom_redirect: str | None = None,
        connection_type: str = "read",
        reconnect: str | None = None,
    ) -> LoginSession:
        if reconnect is not None and reconnect not in user.connections:
            raise not_found()
        token, session_id = self.new_id("token", user.id), self.new_id("session", user.id)
        session = LoginSession(
            token, session_id, user.id, now + LOGIN_LIFE_S, broker, custom_redirect, connection_type, reconnect
        )
        self.sessions[token] = session
        return session

    def session(self, token: str, now: float) -> LoginSession:
        """Return an open login session (1006 when expired, used or unknown)."""
        session = self.sessions.get(token)
        if session is None or session.expires_at < now or session.user_id not in self.by_id:
            raise SnapTradeError(400, "1006", "No authorization in progress")
        return session

    def connect(self, user: User, login: Login, persona: str, kind: str, now: datetime) -> tuple[Connection, bool]:
        """Return the connection of these credentials and whether it is new: the same login is connected once."""
        for connection in user.connections.values():
            if connection.login is login:
                connection.type = "trade" if kind == "trade" else connection.type
                return connection, False
        connection_id = self.new_id("connection", user.id, persona, login.institution)
        connection = Connection(connection_id, login, persona, kind, now)
        user.connections[connection.id] = connection
        return connection, True

    def disable(self, connection: Connection, now: datetime) -> None:
        """Stop reading the brokerage: from now on reads answer what was known."""
        connection.disabled_at = now
        connection.frozen = {
            plan.key: copy.deepcopy(self.state.account(plan.key)) for plan in connection.login.accounts
        }

    def enable(self, connection: Connection) -> None:
        connection.disabled_at = None
        connection.frozen = {}

    def accounts(self, connection: Connection) -> list[AccountState]:
        found = [connection.frozen.get(plan.key) or self.state.account(plan.key) for plan in connection.login.accounts]
        return [account for account in found if not account.hidden]

    def connection(self, user: User, connection_id: str) -> Connection:
        if connection_id not in user.connections:
            raise not_found()
        return user.connections[connection_id]

    def account(self, user: User, account_id: str) -> tuple[Connection, AccountState]:
        """Return one of the user's accounts and its connection."""
        for connection in user.connections.values():
            for account in self.accounts(connection):
                if connection.account_id(account.key) == account_id:
                    return connection, account
        try:
            uuid.UUID(account_id)
        except ValueError:
            raise invalid("Invalid account id") from None
        raise not_found()

    def new_id(self, *of: str) -> str:
        """Return a UUID that follows from the seed, what it names, and how many there were."""
        key = "/".join(of)
        self.counters[key] = self.counters.get(key, 0) + 1
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"snaptrade/{self.seed}/{key}/{self.counters[key]}"))
