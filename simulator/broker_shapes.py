"""Alpaca's JSON shapes of trading accounts, positions, activities and history (pure; provider sheet, section 5).

All numbers are strings, options are in contracts, crypto symbols have no slash, shorts are negative.
"""

import random
import uuid
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from simulator.activity import Activity
from simulator.catalog import Security
from simulator.data_dates import NEW_YORK, previous_weekday
from simulator.holdings_state import AccountState, HoldingsState
from simulator.population import StartHolding

ASSET_CLASSES = {"option": "us_option", "crypto": "crypto"}
_CENT = Decimal("0.01")
_RATIO = Decimal("0.0000000001")
_DAILY_VOLATILITY = 0.009
_TYPES = {
    "dividend": "DIV",
    "interest": "INT",
    "deposit": "CSD",
    "withdrawal": "CSW",
    "fee": "FEE",
}


def alpaca_id(*of: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "alpaca/" + "/".join(map(str, of))))


def plain(amount: Decimal) -> str:
    """Return plain digits without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def symbol(security: Security) -> str:
    return security.symbol.replace("/", "") if security.kind == "crypto" else security.symbol


def position(state: HoldingsState, held: StartHolding, *, null_price: bool, unknown_enum: bool) -> dict[str, Any]:
    """Return one open position; without a price its values are null."""
    security = state.security(held.symbol)
    price, last = state.reported_price(held.symbol), security.base_price
    units = held.quantity * security.multiplier
    value = units * price
    cost = value if held.cost_basis is None else held.cost_basis
    intraday = units * (price - last)
    known = None if null_price else True
    return {
        "asset_id": alpaca_id("asset", held.symbol),
        "symbol": symbol(security),
        "exchange": security.exchange if security.kind != "option" else "",
        "asset_class": "us_quantum" if unknown_enum else ASSET_CLASSES.get(security.kind, "us_equity"),
        "asset_marginable": security.kind not in ASSET_CLASSES,
        "qty": plain(held.quantity),
        "qty_available": plain(held.quantity),
        "avg_entry_price": plain((cost / units).quantize(_RATIO)),
        "side": "long" if held.quantity > 0 else "short",
        "market_value": known and plain(value),
        "cost_basis": plain(cost),
        "unrealized_pl": known and plain(value - cost),
        "unrealized_plpc": known and plain(_ratio(value - cost, abs(cost))),
        "unrealized_intraday_pl": known and plain(intraday),
        "unrealized_intraday_plpc": known and plain(_ratio(intraday, abs(units * last))),
        "current_price": known and plain(price),
        "lastday_price": known and plain(last),
        "change_today": known and plain(_ratio(price - last, last)),
    }


def _ratio(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(_RATIO) if whole else Decimal(0)


def trade_account(state: HoldingsState, account: AccountState, account_id: str) -> dict[str, Any]:
    """Return the trading account of `GET /v2/account`."""
    values = [state.holding_value(held) for held in account.holdings.values()]
    long_value = sum((value for value in values if value > 0), Decimal(0)).quantize(_CENT)
    short_value = sum((value for value in values if value < 0), Decimal(0)).quantize(_CENT)
    cash = account.cash.get("USD", Decimal(0))
    equity = cash + long_value + short_value
    buying_power = max(cash, Decimal(0)) * (2 if account.plan.margin else 1)
    margin = (long_value - short_value) / 2
    return {
        "id": account_id,
        "account_number": account_number(account),
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "buying_power": plain(buying_power),
        "regt_buying_power": plain(buying_power),
        "non_marginable_buying_power": plain(max(cash, Decimal(0))),
        "options_buying_power": plain(max(cash, Decimal(0))),
        "options_approved_level": 2,
        "options_trading_level": 2,
        "cash": plain(cash),
        "accrued_fees": "0",
        "pending_transfer_in": "0",
        "pending_transfer_out": "0",
        "portfolio_value": plain(equity),
        "trading_blocked": False,
        "transfers_blocked": False,
        "account_blocked": False,
        "created_at": "2024-02-12T15:04:05.123456Z",
        "trade_suspended_by_user": False,
        "multiplier": "2" if account.plan.margin else "1",
        "shorting_enabled": account.plan.margin,
        "equity": plain(equity),
        "last_equity": plain(equity),
        "long_market_value": plain(long_value),
        "short_market_value": plain(short_value),
        "initial_margin": plain(margin),
        "maintenance_margin": plain(margin),
        "last_maintenance_margin": plain(margin),
        "sma": plain(cash),
    }


def broker_trade_account(state: HoldingsState, account: AccountState, account_id: str) -> dict[str, Any]:
    """Return the trading account as the Broker API does: with the figures of the last close."""
    shape = trade_account(state, account, account_id)
    last_close = datetime.combine(previous_weekday(account.extracted_at.date()), time(16), NEW_YORK)
    return shape | {
        "cash_withdrawable": shape["cash"],
        "cash_transferable": shape["cash"],
        "previous_close": last_close.isoformat(),
        "last_long_market_value": shape["long_market_value"],
        "last_short_market_value": shape["short_market_value"],
        "last_cash": shape["cash"],
        "last_initial_margin": shape["initial_margin"],
        "last_regt_buying_power": shape["regt_buying_power"],
        "last_buying_power": shape["buying_power"],
        "clearing_broker": "ALPACA_APCA",
    }


def account_number(account: AccountState) -> str:
    return f"9{int(uuid.UUID(alpaca_id('number', account.key)).hex[:8], 16) % 10**8:08d}"


def broker_account(state: HoldingsState, account: AccountState, account_id: str) -> dict[str, Any]:
    """Return one account of `GET /v1/accounts`; entities that are not asked for are absent."""
    return {
        "id": account_id,
        "account_number": account_number(account),
        "account_type": "trading",
        "status": "ACTIVE",
        "crypto_status": "ACTIVE",
        "currency": "USD",
        "last_equity": trade_account(state, account, account_id)["equity"],
        "created_at": "2024-02-12T15:04:05.123456Z",
        "enabled_assets": ["us_equity", "crypto", "us_option"],
    }


def activity(state: HoldingsState, account: AccountState, one: Activity, account_id: str | None) -> dict[str, Any]:
    """Return one activity; the trading API does not repeat the account's id."""
    identity = alpaca_id("activity", account.key, one.id)
    shape: dict[str, Any] = {"id": f"{one.day:%Y%m%d}000000000::{identity}"}
    if account_id is not None:
        shape["account_id"] = account_id
    spelled = None if one.symbol is None else symbol(state.security(one.symbol))
    if one.kind in {"buy", "sell"}:
        moment = datetime.combine(one.day, time(15, 30), UTC)
        return shape | {
            "activity_type": "FILL",
            "transaction_time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "type": "fill",
            "price": plain(one.price),
            "qty": plain(abs(one.quantity)),
            "side": one.kind,
            "symbol": spelled,
            "leaves_qty": "0",
            "order_id": alpaca_id("order", account.key, one.id),
            "cum_qty": plain(abs(one.quantity)),
            "order_status": "filled",
        }
    shape |= {
        "activity_type": _TYPES[one.kind],
        "date": one.day.isoformat(),
        "net_amount": plain(one.amount),
        "description": one.description,
        "status": "executed",
    }
    return shape | ({} if spelled is None else {"symbol": spelled})


def portfolio_history(state: HoldingsState, account: AccountState, days: int, now: datetime) -> dict[str, Any]:
    """Return daily equity that ends at today's: a walk back in time that is the same at every call."""
    rng = random.Random(f"equity/{state.population.seed}/{account.key}")
    equity = float(trade_account(state, account, "")["equity"])
    day, values, stamps = now.astimezone(NEW_YORK).date(), [], []
    for _ in range(days):
        stamps.append(int(datetime.combine(day, time(16), NEW_YORK).timestamp()))
        values.append(round(equity, 2))
        equity /= 1 + rng.gauss(0.0004, _DAILY_VOLATILITY)
        day = previous_weekday(day)
    values.reverse()
    stamps.reverse()
    base = values[0]
    return {
        "timestamp": stamps,
        "equity": values,
        "profit_loss": [round(value - base, 2) for value in values],
        "profit_loss_pct": [round(value / base - 1, 6) if base else 0.0 for value in values],
        "base_value": base,
        "base_value_asof": (day + timedelta(days=1)).isoformat(),
        "timeframe": "1D",
        "cashflow": {},
    }
