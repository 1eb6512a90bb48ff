"""SnapTrade's JSON shapes of positions and activities (pure; provider sheet, sections 5.4 and 5.7)."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from simulator.activity import Activity
from simulator.catalog import Security
from simulator.holdings_state import AccountState, HoldingsState
from simulator.occ import OccOption, parse_occ
from simulator.off_market import MONEY_MARKET
from simulator.population import StartHolding
from simulator.snaptrade_shapes import currency, fixed_id

_KINDS = {
    "equity": "stock",
    "etf": "etf",
    "mutual_fund": "mutualfund",
    "option": "option",
    "crypto": "crypto",
    "bond": "bond",
}
_MICS = {"NASDAQ": "XNAS", "NYSE": "XNYS", "ARCA": "ARCX", "TSX": "XTSE"}
_TYPE_CODES = {
    "equity": ("cs", "Common Stock"),
    "etf": ("et", "ETF"),
    "mutual_fund": ("oef", "Open Ended Fund"),
    "crypto": ("crypto", "Cryptocurrency"),
    "bond": ("bnd", "Bond"),
}
_TYPES = {
    "buy": "BUY",
    "sell": "SELL",
    "dividend": "DIVIDEND",
    "interest": "INTEREST",
    "deposit": "CONTRIBUTION",
    "withdrawal": "WITHDRAWAL",
    "fee": "FEE",
}
_PER_SHARE = Decimal("0.0000000001")


def decimal_text(amount: Decimal) -> str:
    """Return plain digits without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def position(state: HoldingsState, held: StartHolding, oddities: Collection[str] = ()) -> dict[str, Any]:
    """Return one line of `/positions/all`: decimal strings, cost basis and price per share, options in contracts.

    `oddities` are faults among `unknown_enum`, `null_price`, `sweep_unmarked`, `per_contract`.
    """
    security = state.security(held.symbol)
    cost = None
    if held.cost_basis is not None:
        cost = (held.cost_basis / (held.quantity * security.multiplier)).quantize(_PER_SHARE)
    instrument = _instrument(state, security)
    price = state.reported_price(held.symbol) * (security.multiplier if "per_contract" in oddities else 1)
    if "unknown_enum" in oddities:
        instrument |= {"kind": "quantum_unit"}
    shape: dict[str, Any] = {
        "instrument": instrument,
        "units": decimal_text(held.quantity),
        "price": None if "null_price" in oddities else decimal_text(price),
        "cost_basis": None if cost is None else decimal_text(cost),
        "currency": security.currency,
    }
    if security.kind == "mutual_fund":
        shape["cash_equivalent"] = held.symbol in MONEY_MARKET and "sweep_unmarked" not in oddities
    return shape


def _instrument(state: HoldingsState, security: Security) -> dict[str, Any]:
    option = parse_occ(security.symbol) if security.kind == "option" else None
    if option is not None:
        return _option_instrument(state, security, option)
    shape: dict[str, Any] = {
        "kind": _KINDS[security.kind],
        "id": fixed_id("instrument", security.symbol),
        "symbol": spelled(security),
        "raw_symbol": _raw_symbol(security),
        "description": security.name,
        "currency": security.currency,
        "figi_instrument": {"figi_code": security.figi, "figi_share_class": None} if security.figi else None,
    }
    if security.kind != "crypto":
        shape["exchange"] = _MICS.get(security.exchange, "OTC")
    return shape


def _option_instrument(state: HoldingsState, security: Security, option: OccOption) -> dict[str, Any]:
    underlying = state.population.securities.get(option.underlying)
    return {
        "kind": "option",
        "id": fixed_id("instrument", security.symbol),
        "symbol": option.padded,
        "option_type": "CALL" if option.call else "PUT",
        "strike_price": decimal_text(option.strike),
        "expiration_date": option.expiration.isoformat(),
        "multiplier": decimal_text(security.multiplier),
        "description": None,
        "underlying": None if underlying is None else _instrument(state, underlying),
    }


def spelled(security: Security) -> str:
    """Return how SnapTrade writes the symbol: crypto by its coin, options padded."""
    option = parse_occ(security.symbol) if security.kind == "option" else None
    if option is not None:
        return option.padded
    return security.symbol.split("/")[0] if security.kind == "crypto" else security.symbol


def _raw_symbol(security: Security) -> str:
    return spelled(security).removesuffix(".TO")


def universal_symbol(security: Security) -> dict[str, Any]:
    code, description = _TYPE_CODES[security.kind]
    mic = _MICS.get(security.exchange)
    shape: dict[str, Any] = {
        "id": fixed_id("instrument", security.symbol),
        "symbol": spelled(security),
        "raw_symbol": _raw_symbol(security),
        "description": security.name,
        "currency": currency(security.currency),
        "type": {
            "id": fixed_id("symbol-type", code),
            "code": code,
            "description": description,
            "is_supported": True,
        },
        "figi_code": security.figi,
        "figi_instrument": {"figi_code": security.figi, "figi_share_class": None} if security.figi else None,
        "currencies": [],
    }
    if mic is not None:  # else absent: the strict model refuses null
        shape["exchange"] = {
            "id": fixed_id("exchange", mic),
            "code": security.exchange,
            "mic_code": mic,
            "name": security.exchange,
            "timezone": "America/New_York",
            "start_time": "09:30:00",
            "close_time": "16:00:00",
            "suffix": ".TO" if mic == "XTSE" else None,
        }
    return shape


def _option_symbol(state: HoldingsState, security: Security, option: OccOption) -> dict[str, Any]:
    underlying = state.population.securities.get(option.underlying)
    return {
        "id": fixed_id("instrument", security.symbol),
        "ticker": option.padded,
        "option_type": "CALL" if option.call else "PUT",
        "strike_price": float(option.strike),
        "expiration_date": option.expiration.isoformat(),
        "is_mini_option": False,
        "underlying_symbol": None if underlying is None else universal_symbol(underlying),
    }


def activity(state: HoldingsState, account: AccountState, one: Activity, institution: str) -> dict[str, Any]:
    """Return one activity; JSON numbers, bought units positive and their amount negative."""
    security = None if one.symbol is None else state.security(one.symbol)
    option = parse_occ(security.symbol) if security is not None and security.kind == "option" else None
    symbol = None if security is None or option is not None else universal_symbol(security)
    return {
        "id": fixed_id("activity", account.key, one.id),
        "symbol": symbol,
        "currency_universal_symbol": None,
        "option_symbol": None if security is None or option is None else _option_symbol(state, security, option),
        "price": float(one.price),
        "units": float(one.quantity),
        "amount": float(one.amount),
        "currency": currency(one.currency),
        "type": _TYPES[one.kind],
        "option_type": "" if option is None else f"{_TYPES[one.kind]}_TO_OPEN",
        "description": one.description,
        "trade_date": f"{one.day.isoformat()}T00:00:00Z",
        "settlement_date": f"{one.day.isoformat()}T00:00:00Z",
        "fee": float(one.fee),
        "fx_rate": None,
        "institution": institution,
        "external_reference_id": None,
    }
