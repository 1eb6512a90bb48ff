"""Answers of Plaid's account endpoints: accounts, holdings, investment transactions (pure)."""

from decimal import Decimal
from typing import Any

from simulator import plaid_shapes as shapes
from simulator.activity import Activity
from simulator.holdings_state import AccountState
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import Item, plaid_id
from simulator.plaid_simulation import Call, day, texts, whole

# kind of activity: (Plaid's type, Plaid's subtype)
PENDING = Decimal("2500.00")
"""What the line of pending activity says."""
_ACTIVITY_TYPES = {
    "buy": ("buy", "buy"),
    "sell": ("sell", "sell"),
    "dividend": ("cash", "dividend"),
    "interest": ("cash", "interest"),
    "deposit": ("cash", "deposit"),
    "withdrawal": ("cash", "withdrawal"),
    "fee": ("fee", "account fee"),
}


def accounts_get(call: Call) -> dict[str, Any]:
    item = call.working_item()
    return {"accounts": accounts_of(call, item), "item": _item(call, item)}


def accounts_balance_get(call: Call) -> dict[str, Any]:
    return accounts_get(call)


def holdings_get(call: Call) -> dict[str, Any]:
    """Answer `/investments/holdings/get` from the last extraction."""
    item = call.working_item("investments")
    chosen = _investment_accounts(call, item)
    quirks = shapes.Quirks(
        null_price=call.quirk("null_price", item),
        unknown_enum=call.quirk("unknown_enum", item),
        cash_apart=call.quirk("cash_apart", item),
        loan_apart=call.quirk("loan_apart", item),
        cash_twice=call.quirk("cash_twice", item),
        pending_line=call.quirk("pending_line", item),
        unsettled=call.quirk("unsettled", item),
    )
    securities: dict[str, dict[str, Any]] = {}
    holdings: list[dict[str, Any]] = []
    for account in chosen:
        lines = _holdings(call, item, account, securities, quirks)
        if quirks.null_price and lines:
            lines[0] |= {"institution_price": None, "institution_value": None}
        holdings += lines
    if call.quirk("partial", item):
        holdings = holdings[: len(holdings) // 2]
    return {
        "accounts": accounts_of(call, item, investments=True, quirks=quirks),
        "holdings": holdings,
        "is_investments_fallback_item": False,
        "item": _item(call, item),
        "securities": list(securities.values()),
    }


def investments_transactions_get(call: Call) -> dict[str, Any]:
    """Answer one page of `/investments/transactions/get`, newest first."""
    item = call.working_item("investments")
    first, last = day(call.body, "start_date"), day(call.body, "end_date")
    if first > last:
        raise PlaidError("INVALID_FIELD", "start_date must not be after end_date")
    count = whole(call.options, "count", 100, 1, 500)
    offset = whole(call.options, "offset", 0, 0, 10**9)
    found = [
        (account, activity)
        for account in _investment_accounts(call, item)
        for activity in account.activities
        if first <= activity.day <= last
    ]
    found.sort(key=lambda pair: (pair[1].day, pair[1].id), reverse=True)
    page = found[offset : offset + count]
    securities: dict[str, dict[str, Any]] = {}
    for account, activity in page:
        _remember_security(call, account, activity.symbol, securities)
    return {
        "accounts": accounts_of(call, item, investments=True),
        "investment_transactions": [_investment_transaction(call, item, *pair) for pair in page],
        "is_investments_fallback_item": False,
        "item": _item(call, item),
        "securities": list(securities.values()),
        "total_investment_transactions": len(found),
    }


def _chosen(call: Call, item: Item) -> list[AccountState]:
    """Return the Item's accounts, or those of `options.account_ids`."""
    accounts = call.simulation.accounts(item)
    wanted = texts(call.options, "account_ids")
    if not wanted:
        return accounts
    by_id = {shapes.account_id(item, account): account for account in accounts}
    if not set(wanted) <= by_id.keys():
        raise PlaidError("INVALID_ACCOUNT_ID")
    return [by_id[account_id] for account_id in wanted]


def _investment_accounts(call: Call, item: Item) -> list[AccountState]:
    chosen = [account for account in _chosen(call, item) if account.plan.kind == "investment"]
    if not chosen:
        raise PlaidError("NO_INVESTMENT_ACCOUNTS")
    return chosen


def accounts_of(
    call: Call, item: Item, *, investments: bool = False, quirks: shapes.Quirks = shapes.NO_QUIRKS
) -> list[dict[str, Any]]:
    state = call.simulation.state
    return [
        shapes.account(state, item, account, investments=investments, quirks=quirks) for account in _chosen(call, item)
    ]


def _item(call: Call, item: Item) -> dict[str, Any]:
    return shapes.item(item, call.simulation.institution(item), error_code=item.error_code)


def _holdings(
    call: Call,
    item: Item,
    account: AccountState,
    securities: dict[str, dict[str, Any]],
    quirks: shapes.Quirks,
) -> list[dict[str, Any]]:
    """Return the account's holdings, cash last, and add their securities to the pool."""
    state, price_date = call.simulation.state, call.price_date
    account_id = shapes.account_id(item, account)
    lines = []
    for held in account.holdings.values():
        security, price = state.security(held.symbol), state.reported_price(held.symbol)
        lines.append(shapes.holding(account_id, held, security, price, price_date))
        shape = shapes.security(security, held.spelling, price, price_date, quirks)
        securities[shape["security_id"]] = shape
    return lines + _cash(call, item, account, securities, quirks)


def _cash(
    call: Call,
    item: Item,
    account: AccountState,
    securities: dict[str, dict[str, Any]],
    quirks: shapes.Quirks,
) -> list[dict[str, Any]]:
    lines = []
    account_id = shapes.account_id(item, account)

    def add(security: dict[str, Any], currency: str, amount: Decimal) -> None:
        line = shapes.cash_holding(account_id, currency, amount, call.price_date)
        securities[security["security_id"]] = security
        lines.append(line | {"security_id": security["security_id"]})

    for currency, booked in account.cash.items():
        amount = booked - account.dealt_lately(currency) if quirks.unsettled else booked
        apart = quirks.cash_apart or (quirks.loan_apart and amount < 0)
        if amount and not apart:
            add(shapes.cash_security(currency), currency, amount)
            if quirks.cash_twice:
                add(shapes.cash_security(currency, ticker=currency), currency, amount)
    if quirks.pending_line:
        add(shapes.pending_security(item.login.institution), account.plan.currency, PENDING)
    return lines


def _remember_security(
    call: Call, account: AccountState, symbol: str | None, securities: dict[str, dict[str, Any]]
) -> str | None:
    """Add the security of a transaction to the pool and return its id; None for cash alone."""
    if symbol is None:
        return None
    state = call.simulation.state
    held = account.holdings.get(symbol)
    spelling = held.spelling if held else None
    shape = shapes.security(state.security(symbol), spelling, state.price(symbol), call.price_date, shapes.Quirks())
    securities[shape["security_id"]] = shape
    return str(shape["security_id"])


def _investment_transaction(call: Call, item: Item, account: AccountState, activity: Activity) -> dict[str, Any]:
    """Return one line; a positive amount is cash out, units of an option are contracts by 100."""
    kind, subtype = _ACTIVITY_TYPES[activity.kind]
    units = activity.quantity
    if activity.symbol is not None:
        security = call.simulation.state.security(activity.symbol)
        units *= security.multiplier if security.kind == "option" else Decimal(1)
    account_id = shapes.account_id(item, account)
    return {
        "account_id": account_id,
        "amount": float(-activity.amount),
        "cancel_transaction_id": None,
        "date": activity.day.isoformat(),
        "fees": float(activity.fee),
        "investment_transaction_id": plaid_id("investment", account_id, activity.id),
        "iso_currency_code": activity.currency,
        "name": activity.description,
        "price": float(activity.price),
        "quantity": float(units),
        "security_id": _remember_security(call, account, activity.symbol, {}),
        "subtype": subtype,
        "transaction_datetime": None,
        "type": kind,
        "unofficial_currency_code": None,
    }
