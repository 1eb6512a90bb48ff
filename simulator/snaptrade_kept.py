"""SnapTrade's users and connections as they are kept over a restart (pure; login sessions are not)."""

from datetime import datetime
from typing import Any

from simulator.kept_state import holdings_document, restore_holdings
from simulator.snaptrade_simulation import SnapTradeSimulation
from simulator.snaptrade_users import Connection, User


def document(simulation: SnapTradeSimulation) -> dict[str, Any]:
    return {
        "holdings": holdings_document(simulation.state),
        "counters": simulation.users.counters,
        "users": [
            {
                "id": user.id,
                "secret": user.secret,
                "connections": [_connection_document(one) for one in user.connections.values()],
            }
            for user in simulation.users.by_id.values()
        ],
    }


def restore(simulation: SnapTradeSimulation, kept: dict[str, Any]) -> None:
    """Put kept users into a fresh simulation; a disabled connection answers what is held now."""
    restore_holdings(simulation.state, kept["holdings"])
    users = simulation.users
    users.counters = kept["counters"]
    for shape in kept["users"]:
        user = User(shape["id"], shape["secret"])
        users.by_id[user.id] = user
        for one in shape["connections"]:
            login = simulation.state.population.login(one["persona"], "snaptrade", one["brokerage"])
            if login is None:
                continue
            created_at = datetime.fromisoformat(one["created_at"])
            connection = Connection(one["id"], login, one["persona"], one["type"], created_at)
            user.connections[connection.id] = connection
            if one["disabled_at"] is not None:
                users.disable(connection, datetime.fromisoformat(one["disabled_at"]))


def _connection_document(one: Connection) -> dict[str, Any]:
    return {
        "id": one.id,
        "persona": one.persona,
        "brokerage": one.login.institution,
        "type": one.type,
        "created_at": one.created_at.isoformat(),
        "disabled_at": None if one.disabled_at is None else one.disabled_at.isoformat(),
    }
