"""Plaid's Items as they are kept over a restart (pure; link and public tokens are not: they are short-lived)."""

from typing import Any

from simulator.kept_state import holdings_document, restore_holdings
from simulator.plaid_items import Item
from simulator.plaid_simulation import PlaidSimulation


def document(simulation: PlaidSimulation) -> dict[str, Any]:
    items = simulation.items
    return {
        "holdings": holdings_document(simulation.state),
        "bank": simulation.bank.document(),
        "counters": items.counters,
        "removed_tokens": sorted(items.removed_tokens),
        "items": [_item_document(item) for item in items.by_id.values() if _exchanged(simulation, item)],
    }


def restore(simulation: PlaidSimulation, kept: dict[str, Any]) -> None:
    """Put kept Items into a fresh simulation; those of logins that no longer exist are left out."""
    restore_holdings(simulation.state, kept["holdings"])
    simulation.bank.restore(kept.get("bank", []))
    items = simulation.items
    items.counters = kept["counters"]
    items.removed_tokens = set(kept["removed_tokens"])
    for shape in kept["items"]:
        login = simulation.state.population.login(shape["persona"], "plaid", shape.pop("institution"))
        if login is not None:
            item = Item(login=login, **shape)
            items.by_id[item.item_id] = item
            items.by_access_token[item.access_token] = item.item_id


def _exchanged(simulation: PlaidSimulation, item: Item) -> bool:
    return item.access_token in simulation.items.by_access_token


def _item_document(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.item_id,
        "access_token": item.access_token,
        "institution": item.login.institution,
        "persona": item.persona,
        "products": item.products,
        "webhook": item.webhook,
        "created_at": item.created_at,
        "error_code": item.error_code,
        "synced_once": item.synced_once,
        "numbering": item.numbering,
    }
