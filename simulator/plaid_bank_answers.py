"""Answers of `/transactions/sync`: bank lines by cursor (pure; provider sheet, section 5)."""

from typing import Any

from simulator import plaid_shapes as shapes
from simulator.plaid_account_answers import accounts_of
from simulator.plaid_banking import Change, change_log, cursor_for, position_of
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import Item
from simulator.plaid_simulation import Call, PlaidSimulation, text, whole

BANK_KINDS = frozenset({"depository", "credit", "loan"})


def transactions_sync(call: Call) -> dict[str, Any]:
    """Answer one page of `/transactions/sync`: the changes after the cursor.

    A log that grew since the first page of a pagination refuses its later pages, until it begins anew.
    """
    item = call.consented_item("transactions")
    count = whole(call.body, "count", 100, 1, 500)
    cursor = "" if call.body.get("cursor") is None else text(call.body, "cursor")
    position = position_of(cursor)
    if call.quirk("not_ready", item):
        return _page(call, item, [], "", has_more=False, status="NOT_READY")
    item.synced_once = True
    if cursor in item.pages and call.quirk("mutation", item):
        account = next(plan.key for plan in item.login.accounts if plan.kind in BANK_KINDS)
        call.simulation.bank.enter(account, "added", {"name": "MEANWHILE"})
    changes = changes_of(call.simulation, item)
    if item.pages.get(cursor, len(changes)) != len(changes):
        raise PlaidError("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION")
    if position > len(changes):
        raise PlaidError("INVALID_FIELD", "cursor not associated with access_token")
    page = changes[position : position + count]
    seen = position + len(page)
    has_more = seen < len(changes)
    if has_more:
        item.pages[cursor_for(seen)] = len(changes)
    else:
        item.pages.clear()
    return _page(call, item, page, cursor_for(seen), has_more=has_more, status="HISTORICAL_UPDATE_COMPLETE")


def changes_of(simulation: PlaidSimulation, item: Item) -> list[Change]:
    """Return everything that happened to the Item's bank lines, oldest first."""
    accounts = [simulation.state.account(plan.key) for plan in item.login.accounts if plan.kind in BANK_KINDS]
    ids = {account.key: shapes.account_id(item, account) for account in accounts}
    changes: list[Change] = []
    for key, account_id in ids.items():
        changes += change_log(simulation.items.seed, key, account_id)
    for entry in simulation.bank.entries:
        if entry.account in ids:
            changes += entry.changes(ids[entry.account])
    return changes


def tell_of_changes(simulation: PlaidSimulation, account: str, now: float) -> None:
    """Send SYNC_UPDATES_AVAILABLE for each Item of the account that was read by cursor before."""
    for item in simulation.items.by_id.values():
        if item.synced_once and account in {plan.key for plan in item.login.accounts}:
            simulation.notify(item, "TRANSACTIONS", "SYNC_UPDATES_AVAILABLE", now)


def _page(
    call: Call, item: Item, page: list[Change], next_cursor: str, *, has_more: bool, status: str
) -> dict[str, Any]:
    return {
        "accounts": accounts_of(call, item),
        "added": [change.transaction for change in page if change.kind == "added"],
        "has_more": has_more,
        "modified": [change.transaction for change in page if change.kind == "modified"],
        "next_cursor": next_cursor,
        "removed": [
            {key: change.transaction[key] for key in ("transaction_id", "account_id")}
            for change in page
            if change.kind == "removed"
        ],
        "transactions_update_status": status,
    }
