"""Answers of SnapTrade's user, login, connection and reference endpoints (pure)."""

from typing import Any

from simulator import snaptrade_shapes as shapes
from simulator.data_dates import market_moment
from simulator.institutions import BROKERAGES, brokerage
from simulator.snaptrade_errors import SnapTradeError, disabled, invalid
from simulator.snaptrade_simulation import Call, SnapTradeSimulation
from simulator.snaptrade_users import REFRESH_PAUSE_S, Connection, User

PORTAL_PATH = "/snapTrade/redeemToken"
CONNECTION_TYPES = ("read", "trade", "trade-if-available")


def status(call: Call) -> dict[str, Any]:
    return {"version": 153, "timestamp": shapes.iso(call.moment), "online": True}


def register_user(call: Call) -> dict[str, Any]:
    user_id = call.text("userId")
    if not user_id:
        raise invalid("userId is required")
    user = call.simulation.users.register(user_id)
    call.simulation.notify("USER_REGISTERED", user, call.now)
    return {"userId": user.id, "userSecret": user.secret}


def delete_user(call: Call) -> dict[str, Any]:
    user = call.simulation.users.delete(call.query.get("userId", ""))
    call.simulation.notify("USER_DELETED", user, call.now)
    return {
        "status": "deleted",
        "detail": "User queued for deletion; please wait for webhook for confirmation.",
        "userId": user.id,
    }


def list_users(call: Call) -> list[str]:
    return list(call.simulation.users.by_id)


def reset_user_secret(call: Call) -> dict[str, Any]:
    """Give the user a new secret; ids are in the body here."""
    users = call.simulation.users
    user = users.authenticate(call.text("userId"), call.text("userSecret"))
    return {"userId": user.id, "userSecret": users.reset_secret(user)}


def login(call: Call) -> dict[str, Any]:
    """Open a connection-portal link, valid for five minutes."""
    broker = call.text("broker")
    connection_type = call.text("connectionType") or "read"
    if broker is not None and brokerage(broker) is None:
        raise invalid(f"Unknown broker {broker}")
    if connection_type not in CONNECTION_TYPES:
        raise invalid(f"Unknown connectionType {connection_type}")
    session = call.simulation.users.open_session(
        call.user,
        call.now,
        broker=broker,
        custom_redirect=call.text("customRedirect"),
        connection_type=connection_type,
        reconnect=call.text("reconnect"),
    )
    query = f"token={session.token}&clientId={call.simulation.client_id}"
    query += f"&broker={broker}" if broker else ""
    query += f"&connectionPortalVersion=v4&sessionId={session.session_id}"
    return {"redirectURI": f"{call.origin}{PORTAL_PATH}?{query}", "sessionId": session.session_id}


def approve(simulation: SnapTradeSimulation, token: str, persona: str, broker: str, now: float) -> Connection:
    """End a login session as a person does who signs in at the brokerage, and return the connection.

    Raises:
        SnapTradeError: The link is no longer valid (1006), the credentials are wrong (1066), or they are another
            account's than the one to reconnect (1023).
    """
    users = simulation.users
    session = users.session(token, now)
    user = users.by_id[session.user_id]
    found = simulation.state.population.login(persona, "snaptrade", broker)
    known = simulation.state.population.persona(persona)
    if found is None or known is None or (session.broker or broker).upper() != broker.upper():
        raise SnapTradeError(403, "1066", "Invalid credentials")
    if session.reconnect is not None:
        connection = users.connection(user, session.reconnect)
        if connection.login is not found:
            raise SnapTradeError(400, "1023", "Different account")
    del users.sessions[token]
    _connected(simulation, user, session.connection_type, now, known.name, broker)
    return next(one for one in user.connections.values() if one.login is found)


def _connected(
    simulation: SnapTradeSimulation, user: User, wanted_type: str, now: float, persona: str, broker: str
) -> None:
    """Create or repair the connection and send its events."""
    login = simulation.state.population.login(persona, "snaptrade", broker)
    institution = brokerage(broker)
    assert login is not None, "approve has found it"
    assert institution is not None, "population and institutions agree"
    kind = "trade" if wanted_type != "read" and institution.allows_trading else "read"
    moment = market_moment(simulation.market, now)
    connection, new = simulation.users.connect(user, login, persona, kind, moment)
    if new:
        simulation.notify_connection("CONNECTION_ADDED", user, connection, now)
        for plan in login.accounts:
            simulation.notify_account("NEW_ACCOUNT_AVAILABLE", user, connection, plan.key, now)
            simulation.notify_account("ACCOUNT_TRANSACTIONS_INITIAL_UPDATE", user, connection, plan.key, now)
            simulation.notify_account("ACCOUNT_HOLDINGS_UPDATED", user, connection, plan.key, now)
    elif connection.disabled:
        simulation.users.enable(connection)
        simulation.notify_connection("CONNECTION_FIXED", user, connection, now)


def authorizations(call: Call) -> list[dict[str, Any]]:
    return [_connection(call, connection) for connection in call.user.connections.values()]


def authorization(call: Call) -> dict[str, Any]:
    return _connection(call, call.connection())


def _connection(call: Call, connection: Connection) -> dict[str, Any]:
    """Return the connection; a fault `disabled` or `login_required` disables it now."""
    broken = call.fault("disabled", connection) or call.fault("login_required", connection)
    if broken and not connection.disabled:
        disable_connection(call.simulation, call.user, connection, call.now)
    return shapes.connection(connection)


def disable_connection(simulation: SnapTradeSimulation, user: User, connection: Connection, now: float) -> None:
    simulation.users.disable(connection, market_moment(simulation.market, now))
    simulation.notify_connection("CONNECTION_BROKEN", user, connection, now)


def disable(call: Call) -> dict[str, Any]:
    connection = call.connection()
    if connection.disabled:
        raise SnapTradeError(402, "3011", "Connection already disabled")
    disable_connection(call.simulation, call.user, connection, call.now)
    return {"detail": f"Connection {connection.id} has been disabled"}


def refresh(call: Call) -> dict[str, Any]:
    """Schedule a refresh: one ACCOUNT_HOLDINGS_UPDATED per account follows."""
    connection = call.connection()
    if connection.disabled:
        raise disabled()
    if call.now - connection.refreshed_at < REFRESH_PAUSE_S:
        raise SnapTradeError(429, "throttled", "Connection refreshed too recently. Please try again later.")
    connection.refreshed_at = call.now
    for account in call.simulation.users.accounts(connection):
        account.extracted_at = call.moment
        call.simulation.notify_account("ACCOUNT_HOLDINGS_UPDATED", call.user, connection, account.key, call.now)
    return {"detail": f"Connection {connection.id} scheduled for refresh"}


def delete_connection(call: Call) -> dict[str, Any]:
    connection = call.connection()
    del call.user.connections[connection.id]
    call.simulation.notify_connection("CONNECTION_DELETED", call.user, connection, call.now)
    return {
        "detail": "Connection queued for deletion; please wait for webhook for confirmation.",
        "connection_id": connection.id,
    }


def brokerages(_call: Call) -> list[dict[str, Any]]:
    return [shapes.brokerage(one) for one in BROKERAGES]


def partners(call: Call) -> dict[str, Any]:
    return {
        "slug": call.simulation.client_id,
        "name": "Demo partner",
        "logo_url": None,
        "allowed_brokerages": brokerages(call),
        "can_access_trades": True,
        "can_access_holdings": True,
        "can_access_account_history": True,
        "can_access_reference_data": True,
        "can_access_portfolio_management": False,
        "can_access_orders": True,
        "redirect_uri": "",
        "pin_required": False,
    }
