"""What an account simulator remembers over a restart (`--state FILE`): its connections and what was traded.

Without a file a restarted simulator has forgotten every Item, user and connection, as a real provider never does.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulator.activity import Activity
from simulator.holdings_state import AccountState, HoldingsState
from simulator.population import StartHolding


class KeptFile:
    """One JSON file, replaced as a whole and only when something changed."""

    def __init__(self, path: Path | None, document: Callable[[], dict[str, Any]]) -> None:
        self.path = path
        self._document = document
        self._written = ""

    def load(self) -> dict[str, Any] | None:
        """Return what was kept, None the first time."""
        if self.path is None or not self.path.exists():
            return None
        document = json.loads(self.path.read_text())
        assert isinstance(document, dict), "written by save"
        return document

    def save(self) -> None:
        if self.path is None:
            return
        text = json.dumps(self._document(), default=str)
        if text != self._written:
            beside = self.path.with_suffix(".new")
            beside.write_text(text)
            beside.replace(self.path)
            self._written = text


def holdings_document(state: HoldingsState) -> dict[str, Any]:
    """Return cash, holdings, traded activities and set prices."""
    return {
        "prices": {symbol: str(price) for symbol, price in state.prices.items()},
        "accounts": {account.key: _account_document(state, account) for account in state.accounts.values()},
    }


def _account_document(state: HoldingsState, account: AccountState) -> dict[str, Any]:
    past = {activity.id for activity in state.population.activities(account.plan)}
    return {
        "cash": {currency: str(amount) for currency, amount in account.cash.items()},
        "extracted_at": account.extracted_at.isoformat(),
        "holdings": [asdict(holding) for holding in account.holdings.values()],
        "traded": [asdict(activity) for activity in account.activities if activity.id not in past],
    }


def restore_holdings(state: HoldingsState, document: dict[str, Any]) -> None:
    """Put kept holdings into a fresh state; accounts and symbols that no longer exist are left out."""
    known = state.population.securities
    for symbol, price in document["prices"].items():
        if symbol in known:
            state.set_price(symbol, Decimal(price))
    for key, kept in document["accounts"].items():
        account = state.accounts.get(key)
        if account is None:
            continue
        account.cash = {currency: Decimal(amount) for currency, amount in kept["cash"].items()}
        account.extracted_at = datetime.fromisoformat(kept["extracted_at"])
        holdings = [_holding(shape) for shape in kept["holdings"] if shape["symbol"] in known]
        account.holdings = {holding.symbol: holding for holding in holdings}
        account.activities[:0] = [_activity(shape) for shape in kept["traded"] if shape["symbol"] in known]


def _holding(shape: dict[str, Any]) -> StartHolding:
    cost = shape["cost_basis"]
    return StartHolding(
        shape["symbol"], Decimal(shape["quantity"]), None if cost is None else Decimal(cost), shape["spelling"]
    )


def _activity(shape: dict[str, Any]) -> Activity:
    numbers = {name: Decimal(shape[name]) for name in ("quantity", "price", "amount", "fee")}
    return Activity(**(shape | numbers | {"day": date.fromisoformat(shape["day"])}))
