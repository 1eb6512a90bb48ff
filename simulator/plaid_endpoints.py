"""Plaid's endpoints: who answers, which fields a body may have, how often one may call (pure; sheet section 7)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator import plaid_account_answers as accounts
from simulator import plaid_item_answers as items
from simulator.plaid_bank_answers import transactions_sync
from simulator.plaid_simulation import Call

Answer = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Limit:
    """Requests a minute for each Item and for the client (sandbox figures); None is unlimited."""

    per_item: int | None = None
    per_client: int | None = None
    item_code: str = "RATE_LIMIT"
    client_code: str = "RATE_LIMIT"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint; `optional` None lets unknown fields pass."""

    answer: Answer
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] | None = ()
    limit: Limit = Limit()


_TOKEN = ("access_token",)
_CLIENT_FIELDS = frozenset({"client_id", "secret"})


def _limit(per_item: int, per_client: int, code: str, client_code: str | None = None) -> Limit:
    return Limit(per_item, per_client, code, client_code or code)


ENDPOINTS: dict[str, Endpoint] = {
    "/link/token/create": Endpoint(items.link_token_create, ("client_name", "language", "country_codes"), None),
    "/link/token/get": Endpoint(items.link_token_get, ("link_token",)),
    "/sandbox/public_token/create": Endpoint(
        items.sandbox_public_token_create,
        ("institution_id", "initial_products"),
        ("options", "user_token", "user_id"),
    ),
    "/item/public_token/exchange": Endpoint(items.item_public_token_exchange, ("public_token",)),
    "/item/get": Endpoint(items.item_get, _TOKEN, (), _limit(40, 5000, "ITEM_GET_LIMIT")),
    "/item/remove": Endpoint(items.item_remove, _TOKEN, ("reason_code", "reason_note"), _limit(100, 500, "RATE_LIMIT")),
    "/item/webhook/update": Endpoint(items.item_webhook_update, _TOKEN, ("webhook",)),
    "/item/access_token/invalidate": Endpoint(items.item_access_token_invalidate, _TOKEN),
    "/sandbox/item/reset_login": Endpoint(items.sandbox_item_reset_login, _TOKEN),
    "/sandbox/item/fire_webhook": Endpoint(
        items.sandbox_item_fire_webhook, ("access_token", "webhook_code"), ("webhook_type", "options")
    ),
    "/institutions/get": Endpoint(
        items.institutions_get,
        ("count", "offset", "country_codes"),
        ("options",),
        Limit(None, 10, client_code="INSTITUTIONS_GET_LIMIT"),
    ),
    "/institutions/get_by_id": Endpoint(
        items.institutions_get_by_id,
        ("institution_id", "country_codes"),
        ("options",),
        Limit(None, 400, client_code="INSTITUTIONS_GET_BY_ID_LIMIT"),
    ),
    "/institutions/search": Endpoint(items.institutions_search, ("query", "country_codes"), ("products", "options")),
    "/webhook_verification_key/get": Endpoint(items.webhook_verification_key_get, ("key_id",)),
    "/accounts/get": Endpoint(accounts.accounts_get, _TOKEN, ("options",), _limit(100, 5000, "ACCOUNTS_LIMIT")),
    "/accounts/balance/get": Endpoint(
        accounts.accounts_balance_get,
        _TOKEN,
        ("options",),
        _limit(25, 100, "BALANCE_LIMIT", "ACCOUNTS_BALANCE_GET_LIMIT"),
    ),
    "/investments/holdings/get": Endpoint(
        accounts.holdings_get, _TOKEN, ("options",), _limit(100, 1000, "INVESTMENT_HOLDINGS_GET_LIMIT")
    ),
    "/investments/transactions/get": Endpoint(
        accounts.investments_transactions_get,
        ("access_token", "start_date", "end_date"),
        ("options",),
        _limit(100, 1000, "INVESTMENT_TRANSACTIONS_LIMIT"),
    ),
    "/investments/refresh": Endpoint(
        items.investments_refresh, _TOKEN, (), _limit(1, 100, "INVESTMENTS_REFRESH_LIMIT")
    ),
    "/transactions/sync": Endpoint(
        transactions_sync,
        _TOKEN,
        ("cursor", "count", "options"),
        _limit(50, 1000, "TRANSACTIONS_SYNC_LIMIT"),
    ),
}


def allowed_fields(endpoint: Endpoint) -> frozenset[str] | None:
    """Return the names that a body may have; None when any may stand there."""
    if endpoint.optional is None:
        return None
    return _CLIENT_FIELDS | frozenset(endpoint.required) | frozenset(endpoint.optional)
