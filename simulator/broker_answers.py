"""Answers of Alpaca's trading API (one account by its keys) and Broker API (a firm's accounts) (pure)."""

import re
from typing import Any

from simulator import broker_shapes as shapes
from simulator.broker_simulation import BrokerError, Call
from simulator.holdings_state import AccountState

PAGE_MAX = 100
_DAYS_BY_PERIOD = {"D": 1, "W": 5, "M": 21, "A": 252, "Y": 252}


def trade_account(call: Call) -> dict[str, Any]:
    account = call.one()
    return shapes.trade_account(call.state, account, call.simulation.account_id(account))


def broker_trade_account(call: Call) -> dict[str, Any]:
    account = call.one()
    return shapes.broker_trade_account(call.state, account, call.simulation.account_id(account))


def positions(call: Call) -> list[dict[str, Any]]:
    return _positions(call, call.one())


def position(call: Call) -> dict[str, Any]:
    """Return the position of a symbol or asset id (404 when none is open)."""
    wanted = call.params["symbol"]
    for shape in _positions(call, call.one()):
        if wanted in {shape["symbol"], shape["asset_id"]}:
            return shape
    raise BrokerError(404, 40410000, "position does not exist")


def all_positions(call: Call) -> dict[str, Any]:
    """Return every account's positions, as of the last close."""
    accounts = call.state.accounts.values()
    return {
        "as_of": call.moment.isoformat(timespec="seconds"),
        "positions": {call.simulation.account_id(account): _positions(call, account) for account in accounts},
    }


def accounts(call: Call) -> list[dict[str, Any]]:
    return [_account(call, account) for account in call.state.accounts.values()]


def account(call: Call) -> dict[str, Any]:
    return _account(call, call.one())


def activities(call: Call) -> list[dict[str, Any]]:
    """Return one page of activities; `page_token` is the last id seen."""
    chosen = [call.account] if call.account is not None else list(call.state.accounts.values())
    wanted = call.query.get("account_id")
    if call.account is None and wanted:
        chosen = [call.simulation.account(wanted)]
    own = call.path.startswith("/v2/")
    rows = [
        shapes.activity(call.state, account, one, None if own else call.simulation.account_id(account))
        for account in chosen
        for one in account.activities
    ]
    types = {name for name in call.params.get("type", call.query.get("activity_types", "")).split(",") if name}
    rows = [row for row in rows if (not types or row["activity_type"] in types) and _in_range(call, row)]
    rows.sort(key=lambda row: str(row["id"]), reverse=call.query.get("direction", "desc") == "desc")
    token = call.query.get("page_token")
    if token:
        position = next((index for index, row in enumerate(rows) if row["id"] == token), len(rows))
        rows = rows[position + 1 :]
    size = call.query.get("page_size", str(PAGE_MAX))
    if not size.isdecimal() or not 1 <= int(size) <= PAGE_MAX:
        raise BrokerError(422, 42210000, f"page_size must be between 1 and {PAGE_MAX}")
    return rows[: int(size)]


def _in_range(call: Call, row: dict[str, Any]) -> bool:
    day = str(row["id"])[:8]
    after, until, only = (call.query.get(name, "")[:10].replace("-", "") for name in ("after", "until", "date"))
    return (not after or day >= after) and (not until or day <= until) and (not only or day == only)


def portfolio_history(call: Call) -> dict[str, Any]:
    """Return daily equity over `period` (`1M` when not given)."""
    period = call.query.get("period") or "1M"
    match = re.fullmatch(r"(\d{1,3})([DWMAY])", period)
    if match is None:
        raise BrokerError(422, 42210000, f"invalid period {period}")
    days = max(2, min(1000, int(match[1]) * _DAYS_BY_PERIOD[match[2]]))
    return shapes.portfolio_history(call.state, call.one(), days, call.moment)


def orders(_call: Call) -> list[dict[str, Any]]:
    return []


def _positions(call: Call, account: AccountState) -> list[dict[str, Any]]:
    held = list(account.holdings.values())
    if call.fault("partial", account):
        held = held[: len(held) // 2]
    null_price = call.fault("null_price", account)
    unknown_enum = call.fault("unknown_enum", account)
    return [shapes.position(call.state, one, null_price=null_price, unknown_enum=unknown_enum) for one in held]


def _account(call: Call, account: AccountState) -> dict[str, Any]:
    return shapes.broker_account(call.state, account, call.simulation.account_id(account))
