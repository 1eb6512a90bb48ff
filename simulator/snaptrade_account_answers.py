"""Answers of SnapTrade's account endpoints: accounts, balances, positions, activities, orders (pure)."""

from typing import Any

from simulator import snaptrade_shapes as shapes
from simulator.holdings_state import AccountState
from simulator.snaptrade_errors import gone, invalid
from simulator.snaptrade_positions import activity, position
from simulator.snaptrade_simulation import Call, whole
from simulator.snaptrade_users import Connection

ACTIVITIES_MAX = 1000
_POSITION_FAULTS = ("unknown_enum", "null_price", "sweep_unmarked", "per_contract")


def accounts(call: Call) -> list[dict[str, Any]]:
    return [_legacy(call, *pair) for pair in _all(call)]


def accounts_all(call: Call) -> dict[str, Any]:
    return {"results": [_new(call, *pair) for pair in _all(call)]}


def account(call: Call) -> dict[str, Any]:
    return _legacy(call, *call.account())


def account_details(call: Call) -> dict[str, Any]:
    return _new(call, *call.account())


def authorization_accounts(call: Call) -> list[dict[str, Any]]:
    connection = call.connection()
    return [_legacy(call, connection, one) for one in call.simulation.users.accounts(connection)]


def connection_accounts(call: Call) -> dict[str, Any]:
    connection = call.connection()
    return {"results": [_new(call, connection, one) for one in call.simulation.users.accounts(connection)]}


def balances(call: Call) -> list[dict[str, Any]]:
    connection, held = call.readable_account()
    if call.fault("not_ready", connection, held) or call.fault("withheld", connection, held):
        return []
    return shapes.balances(call.simulation.state, held)


def positions_all(call: Call) -> dict[str, Any]:
    """Return every asset class; during the first sync (`not_ready`) nothing, with a 200."""
    connection, held = call.readable_account()
    state = call.simulation.state
    holdings = list(held.holdings.values())
    as_of = held.extracted_at if connection.disabled else call.moment
    if call.fault("not_ready", connection, held):
        return {"results": [], "data_freshness": {"as_of": None}}
    if call.fault("withheld", connection, held):
        holdings = []
    if call.fault("partial", connection, held):
        holdings = holdings[: len(holdings) // 2]
    oddities = [kind for kind in _POSITION_FAULTS if call.fault(kind, connection, held)]
    return {
        "results": [position(state, holding, oddities) for holding in holdings],
        "data_freshness": {"as_of": shapes.iso(as_of)},
    }


def activities(call: Call) -> dict[str, Any]:
    """Return one page of activities, newest first."""
    connection, held = call.readable_account()
    limit = whole(call.query, "limit", ACTIVITIES_MAX, 1, ACTIVITIES_MAX)
    offset = whole(call.query, "offset", 0, 0, 10**9)
    first, last = call.query.get("startDate", ""), call.query.get("endDate", "9999-12-31")
    types = {name.strip() for name in call.query.get("type", "").split(",") if name.strip()}
    institution = shapes.brokerage_of(connection).name
    found = [
        activity(call.simulation.state, held, one, institution)
        for one in held.activities
        if first <= one.day.isoformat() <= last
    ]
    found = [row for row in found if not types or row["type"] in types]
    return {
        "data": found[offset : offset + limit],
        "pagination": {"offset": offset, "limit": limit, "total": len(found)},
    }


def orders(call: Call) -> list[dict[str, Any]]:
    if call.query.get("state", "all") not in {"all", "open", "executed"}:
        raise invalid("state must be all, open or executed")
    call.readable_account()
    return []


def recent_orders(call: Call) -> dict[str, Any]:
    return {"orders": orders(call)}


def retired(_call: Call) -> dict[str, Any]:
    """Answer an endpoint that new customers no longer have."""
    raise gone()


def _all(call: Call) -> list[tuple[Connection, AccountState]]:
    users = call.simulation.users
    return [(connection, one) for connection in call.user.connections.values() for one in users.accounts(connection)]


def _legacy(call: Call, connection: Connection, held: AccountState) -> dict[str, Any]:
    synced = not call.fault("not_ready", connection, held)
    shape = shapes.account(call.simulation.state, connection, held, synced=synced)
    if call.fault("unknown_enum", connection, held):
        shape |= {"status": "hibernating"}
    if call.fault("gross_total", connection, held):
        shape["balance"]["total"]["amount"] += float(shapes.loan(held))
    if call.fault("fx_ignored", connection, held):
        shape["balance"]["total"]["amount"] = float(shapes.unconverted_value(call.simulation.state, held))
    if call.fault("withheld", connection, held):
        shape["sync_status"]["holdings"]["holdings_unavailable"] = True
    return shape


def _new(call: Call, connection: Connection, held: AccountState) -> dict[str, Any]:
    synced = not call.fault("not_ready", connection, held)
    return shapes.connection_account(call.simulation.state, connection, held, synced=synced)
