"""SnapTrade's JSON shapes of connections, accounts and balances (pure; provider sheet, sections 4 and 5)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulator.catalog import USD_PER_CAD
from simulator.holdings_state import AccountState, HoldingsState
from simulator.institutions import Brokerage
from simulator.institutions import brokerage as find_brokerage
from simulator.off_market import MONEY_MARKET
from simulator.snaptrade_users import Connection

_CURRENCY_NAMES = {"USD": "US Dollar", "CAD": "Canadian Dollar"}
_FACE = {"USD": Decimal(1), "CAD": USD_PER_CAD}
_CENT = Decimal("0.01")


def fixed_id(*of: str) -> str:
    """Return the UUID of something that SnapTrade has once for all clients."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "snaptrade/" + "/".join(of)))


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def currency(code: str) -> dict[str, Any]:
    return {"id": fixed_id("currency", code), "code": code, "name": _CURRENCY_NAMES.get(code, code)}


def brokerage(one: Brokerage) -> dict[str, Any]:
    return {
        "id": fixed_id("brokerage", one.slug),
        "slug": one.slug,
        "name": one.name,
        "display_name": one.name,
        "description": one.name,
        "aws_s3_logo_url": f"https://passiv-brokerage-logos.s3.ca-central-1.amazonaws.com/{one.slug.lower()}-logo.png",
        "aws_s3_square_logo_url": None,
        "url": one.url,
        "enabled": True,
        "maintenance_mode": False,
        "is_degraded": False,
        "allows_trading": one.allows_trading,
        "allows_fractional_units": None,
        "has_reporting": None,
        "is_real_time_connection": one.realtime,
        "brokerage_type": {"id": fixed_id("type", "traditional"), "name": "Traditional Brokerage"},
        "exchanges": [],
        "open_url": None,
    }


def connection(one: Connection) -> dict[str, Any]:
    broker = brokerage_of(one)
    freshness = "realtime" if broker.realtime else "delayed"
    return {
        "id": one.id,
        "created_date": iso(one.created_at),
        "updated_date": iso(one.created_at),
        "name": f"{broker.name} connection",
        "type": one.type,
        "disabled": one.disabled,
        "disabled_date": None if one.disabled_at is None else iso(one.disabled_at),
        "meta": {},
        "is_eligible_for_payout": False,
        "data_freshness_mode": {"institution": freshness, "snaptrade": freshness},
        "brokerage": brokerage(broker),
    }


def brokerage_of(one: Connection) -> Brokerage:
    broker = find_brokerage(one.login.institution)
    assert broker is not None, "population and institutions agree"
    return broker


def account(state: HoldingsState, one: Connection, held: AccountState, *, synced: bool) -> dict[str, Any]:
    """Return the legacy `Account`; before the first sync its dates are null."""
    broker = brokerage_of(one)
    total = {"amount": float(net_value(state, held)), "currency": held.plan.currency}
    return {
        "id": one.account_id(held.key),
        "brokerage_authorization": one.id,
        "portfolio_group": fixed_id("group", one.account_id(held.key)),
        "name": held.plan.name,
        "number": f"****{held.plan.mask}",
        "institution_account_id": fixed_id("institution", held.key)[:8],
        "institution_name": broker.name,
        "created_date": iso(one.created_at),
        "funding_date": None,
        "opening_date": None,
        "sync_status": _sync_status(held, synced=synced),
        "balance": {"total": total if synced else None},
        "status": "open",
        "raw_type": held.plan.subtype,
        "account_category": "INVESTMENT",
        "meta": {"type": held.plan.subtype, "status": "ACTIVE", "institution_name": broker.name},
        "cash_restrictions": [],
        "is_paper": broker.slug.endswith("-PAPER"),
    }


def _sync_status(held: AccountState, *, synced: bool) -> dict[str, Any]:
    first = held.activities[-1].day.isoformat() if held.activities else None
    return {
        "transactions": {
            "initial_sync_completed": synced,
            "last_successful_sync": held.extracted_at.date().isoformat() if synced else None,
            "first_transaction_date": first if synced else None,
        },
        "holdings": {
            "initial_sync_completed": synced,
            # A space, not a T: the provider writes it so.
            "last_successful_sync": held.extracted_at.strftime("%Y-%m-%d %H:%M:%S.%f+00:00") if synced else None,
            "holdings_unavailable": False,
        },
    }


def connection_account(state: HoldingsState, one: Connection, held: AccountState, *, synced: bool) -> dict[str, Any]:
    """Return the new `ConnectionAccount` of `/accounts/all` and `/accounts/{id}/details`."""
    broker = brokerage_of(one)
    moment = iso(held.extracted_at) if synced else None
    total = {"amount": float(net_value(state, held)), "currency": held.plan.currency}
    return {
        "kind": "investment",
        "id": one.account_id(held.key),
        "connection_id": one.id,
        "display_name": held.plan.name,
        "masked_account_number": f"****{held.plan.mask}",
        "institution_account_id": fixed_id("institution", held.key)[:8],
        "institution_id": fixed_id("brokerage", broker.slug),
        "opening_date": None,
        "funding_date": None,
        "raw_type": held.plan.subtype,
        "cash_or_margin": "margin" if held.plan.margin else "cash",
        "is_paper": broker.slug.endswith("-PAPER"),
        "net_value": total if synced else None,
        "sync_status": {
            "transactions": _sync_status(held, synced=synced)["transactions"],
            "orders": moment,
            "positions": moment,
            "balances": moment,
        },
    }


def cash(state: HoldingsState, held: AccountState) -> dict[str, Decimal]:
    """Return cash by currency; the money-market sweep is inside, as brokers report it."""
    amounts = dict(held.cash)
    for holding in held.holdings.values():
        if holding.symbol in MONEY_MARKET:
            code = state.security(holding.symbol).currency
            amounts[code] = amounts.get(code, Decimal(0)) + state.holding_value(holding)
    return amounts


def balances(state: HoldingsState, held: AccountState) -> list[dict[str, Any]]:
    times = 2 if held.plan.margin else 1
    return [
        {
            "currency": currency(code),
            "cash": float(amount.quantize(_CENT)),
            "buying_power": float(max(amount, Decimal(0)) * times),
        }
        for code, amount in cash(state, held).items()
    ]


def loan(held: AccountState) -> Decimal:
    """Return the margin loan in the account's own currency."""
    return max(-held.cash.get(held.plan.currency, Decimal(0)), Decimal(0))


def unconverted_value(state: HoldingsState, held: AccountState) -> Decimal:
    """Return cash and holdings of all currencies as if they were one."""
    codes = {state.security(symbol).currency for symbol in held.holdings} | held.cash.keys()
    return sum((state.value(held, code) for code in codes), Decimal(0)).quantize(_CENT)


def net_value(state: HoldingsState, held: AccountState) -> Decimal:
    """Return cash and holdings of all currencies in the account's own."""
    own = _FACE[held.plan.currency]
    codes = {state.security(symbol).currency for symbol in held.holdings} | held.cash.keys()
    total = sum((state.value(held, code) * _FACE[code] for code in codes), Decimal(0))
    return (total / own).quantize(_CENT)
