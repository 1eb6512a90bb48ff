"""Plaid's JSON shapes of accounts, holdings, securities and items, every required key present (pure).

Sources: provider sheet sections 3 and 4. Quantities of options are units of the underlying (contracts by 100) at a
premium per unit; `cost_basis` is the total; cash is a holding of `CUR:USD`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from simulator.catalog import Security
from simulator.holdings_state import AccountState, HoldingsState
from simulator.institutions import PlaidInstitution
from simulator.occ import parse_occ
from simulator.off_market import MONEY_MARKET, PLAN_FUNDS
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import Item, plaid_id
from simulator.population import StartHolding

# kind of the catalog: (Plaid's type, Plaid's subtype)
_TYPES = {
    "equity": ("equity", "common stock"),
    "etf": ("etf", "etf"),
    "mutual_fund": ("mutual fund", "mutual fund"),
    "option": ("derivative", "option"),
    "crypto": ("cryptocurrency", "cryptocurrency"),
    "bond": ("fixed income", "bond"),
}
_MARKETS = {"NASDAQ": "XNAS", "NYSE": "XNYS", "ARCA": "ARCX", "TSX": "XTSE"}
_BOND_TERMS = re.compile(r"(?:(?P<coupon>[\d.]+)% )?(?P<maturity>\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True, slots=True)
class Quirks:
    """Oddities that a fault asks for in one answer."""

    null_price: bool = False
    unknown_enum: bool = False
    cash_apart: bool = False
    loan_apart: bool = False
    cash_twice: bool = False
    pending_line: bool = False
    unsettled: bool = False


NO_QUIRKS = Quirks()


def number(amount: Decimal) -> float:
    """Return the JSON number that carries this decimal."""
    return float(amount)


def account_id(item: Item, account: AccountState) -> str:
    return plaid_id("account", item.item_id, account.key, *range(item.numbering))


def balances(
    state: HoldingsState, account: AccountState, *, investments: bool, quirks: Quirks = NO_QUIRKS
) -> dict[str, Any]:
    """Return balances; `margin_loan_amount` exists in the investments endpoints only.

    Some institutions tell cash by `available` alone, or a loan by `margin_loan_amount` beside a gross `current`.
    """
    currency = account.plan.currency
    cash = account.cash.get(currency, Decimal(0))
    loan = -cash if cash < 0 and (account.plan.margin or quirks.loan_apart) else None
    current = state.value(account, currency) + (loan or 0 if quirks.loan_apart else 0)
    shape: dict[str, Any] = {
        "available": number(cash) if account.plan.kind == "depository" or quirks.cash_apart else None,
        "current": number(current.quantize(Decimal("0.01"))),
        "iso_currency_code": currency,
        "limit": None,
        "unofficial_currency_code": None,
    }
    if investments:
        shape["margin_loan_amount"] = None if loan is None else number(loan)
    return shape


def account(
    state: HoldingsState, item: Item, held: AccountState, *, investments: bool = False, quirks: Quirks = NO_QUIRKS
) -> dict[str, Any]:
    return {
        "account_id": account_id(item, held),
        "balances": balances(state, held, investments=investments, quirks=quirks),
        "holder_category": "personal",
        "mask": held.plan.mask,
        "name": held.plan.name,
        "official_name": held.plan.official_name,
        "subtype": held.plan.subtype,
        "type": held.plan.kind,
    }


def item(item: Item, institution: PlaidInstitution, *, error_code: str | None) -> dict[str, Any]:
    """Return the Item as it stands beside accounts; `error_code` is why it does not work now."""
    return {
        "auth_method": None,
        "available_products": [product for product in institution.products if product not in item.products],
        "billed_products": item.products,
        "consent_expiration_time": None,
        "created_at": datetime.fromtimestamp(item.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "error": None if error_code is None else PlaidError(error_code).fields(),
        "institution_id": institution.id,
        "institution_name": institution.name,
        "item_id": item.item_id,
        "products": item.products,
        "update_type": "background",
        "webhook": item.webhook,
    }


def ticker(security: Security, spelling: str | None) -> str | None:
    """Return how an institution writes the symbol at Plaid; None where it gives none."""
    if spelling is not None:
        return spelling
    if security.kind == "crypto":
        return f"CUR:{security.symbol.split('/')[0]}"
    if security.kind == "bond":
        return None
    return security.symbol


def security_id(security: Security, spelling: str | None) -> str:
    return plaid_id("security", security.symbol, spelling or "")


def security(security: Security, spelling: str | None, price: Decimal, day: date, quirks: Quirks) -> dict[str, Any]:
    """Return one security of the pool; `day` is the date of its close price."""
    kind, subtype = _TYPES[security.kind]
    if security.kind == "bond" and "bill" in security.name:
        subtype = "bill"
    option = parse_occ(security.symbol) if security.kind == "option" else None
    internal = security.symbol in PLAN_FUNDS
    return {
        "security_id": security_id(security, spelling),
        "cfi_code": None,
        "close_price": None if quirks.null_price or internal else number(price),
        "close_price_as_of": None if quirks.null_price or internal else day.isoformat(),
        "cusip": security.cusip if security.kind == "bond" else None,
        "figi": security.figi,
        "fixed_income": _fixed_income(security),
        "industry": None,
        "institution_id": "ins_120200" if internal else None,
        "institution_security_id": security.symbol if internal else None,
        "is_cash_equivalent": security.symbol in MONEY_MARKET,
        "isin": None,
        "iso_currency_code": security.currency,
        "market_identifier_code": _MARKETS.get(security.exchange),
        "name": security.name,
        "option_contract": option
        and {
            "contract_type": "call" if option.call else "put",
            "expiration_date": option.expiration.isoformat(),
            "strike_price": number(option.strike),
            "underlying_security_ticker": option.underlying,
        },
        "proxy_security_id": None,
        "sector": None,
        "sedol": None,
        "subtype": "quantum unit" if quirks.unknown_enum else subtype,
        "ticker_symbol": ticker(security, spelling),
        "type": "quantum" if quirks.unknown_enum else kind,
        "unofficial_currency_code": None,
        "update_datetime": None,
    }


def _fixed_income(security: Security) -> dict[str, Any] | None:
    """Return the terms of a bond, read from its name ("… 3.85% 2043-05-04")."""
    terms = _BOND_TERMS.search(security.name) if security.kind == "bond" else None
    if terms is None:
        return None
    coupon = terms["coupon"]
    return {
        "face_value": 1,
        "issue_date": None,
        "maturity_date": terms["maturity"],
        "yield_rate": None if coupon is None else {"percentage": float(coupon), "type": "coupon"},
    }


def pending_security(institution: str) -> dict[str, Any]:
    """Return the pseudo-security under which some institutions list what is not settled."""
    return cash_security("USD") | {
        "security_id": plaid_id("security", institution, "PENDING"),
        "close_price": None,
        "institution_id": institution,
        "institution_security_id": "PENDING",
        "is_cash_equivalent": False,
        "name": "Pending activity",
        "subtype": "other",
        "ticker_symbol": None,
        "type": "other",
    }


def cash_security(currency: str, ticker: str | None = None) -> dict[str, Any]:
    """Return the pseudo-security of uninvested cash, `CUR:USD`."""
    return {
        "security_id": plaid_id("security", ticker or f"CUR:{currency}"),
        "cfi_code": None,
        "close_price": 1,
        "close_price_as_of": None,
        "cusip": None,
        "figi": None,
        "fixed_income": None,
        "industry": None,
        "institution_id": None,
        "institution_security_id": None,
        "is_cash_equivalent": True,
        "isin": None,
        "iso_currency_code": currency,
        "market_identifier_code": None,
        "name": {"USD": "U S Dollar", "CAD": "Canadian Dollar"}.get(currency, currency),
        "option_contract": None,
        "proxy_security_id": None,
        "sector": None,
        "sedol": None,
        "subtype": "cash",
        "ticker_symbol": ticker or f"CUR:{currency}",
        "type": "cash",
        "unofficial_currency_code": None,
        "update_datetime": None,
    }


def holding(account_id: str, held: StartHolding, security: Security, price: Decimal, day: date) -> dict[str, Any]:
    units = held.quantity * (security.multiplier if security.kind == "option" else Decimal(1))
    value = held.quantity * security.multiplier * price
    return {
        "account_id": account_id,
        "cost_basis": None if held.cost_basis is None else number(held.cost_basis),
        "institution_price": number(price),
        "institution_price_as_of": day.isoformat(),
        "institution_price_datetime": None,
        "institution_value": number(value.quantize(Decimal("0.01"))),
        "iso_currency_code": security.currency,
        "quantity": number(units),
        "security_id": security_id(security, held.spelling),
        "tax_lots": [],
        "unofficial_currency_code": None,
        "vested_quantity": None,
        "vested_value": None,
    }


def cash_holding(account_id: str, currency: str, amount: Decimal, day: date) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "cost_basis": None,
        "institution_price": 1,
        "institution_price_as_of": day.isoformat(),
        "institution_price_datetime": None,
        "institution_value": number(amount),
        "iso_currency_code": currency,
        "quantity": number(amount),
        "security_id": plaid_id("security", f"CUR:{currency}"),
        "tax_lots": [],
        "unofficial_currency_code": None,
        "vested_quantity": None,
        "vested_value": None,
    }


def institution(institution: PlaidInstitution, *, metadata: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "country_codes": list(institution.country_codes),
        "institution_id": institution.id,
        "name": institution.name,
        "oauth": institution.oauth,
        "products": list(institution.products),
        "routing_numbers": [],
        "dtc_numbers": [],
        "connection_availability": "NOT_SUPPORTED" if institution.state == "unsupported" else "SUPPORTED",
    }
    if metadata:
        shape |= {"logo": None, "primary_color": institution.color, "url": institution.url}
    return shape
