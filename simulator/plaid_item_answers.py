"""Answers of Plaid's Link, Item, institution and sandbox endpoints (pure; provider sheet, section 2)."""

from typing import Any

from simulator import plaid_shapes as shapes
from simulator.institutions import PLAID_INSTITUTIONS, PlaidInstitution, plaid_institution
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import LINK_TOKEN_LIFE_S, UPDATE_TOKEN_LIFE_S, Item, LinkToken, PublicToken, plaid_id
from simulator.plaid_simulation import Call, PlaidSimulation, text, texts, timestamp, whole
from simulator.population import SANDBOX_USER

HOSTED_LINK_PATH = "/hosted-link/"
INSTITUTIONS_MAX = 10
PASSWORD = "pass_good"  # noqa: S105 - Plaid's public sandbox password
BAD_PASSWORD = "pass_bad"  # noqa: S105 - plays wrong credentials


def link_token_create(call: Call) -> dict[str, Any]:
    """Open a Link session; with `access_token` it repairs that Item."""
    body, items = call.body, call.simulation.items
    repaired = call.item() if body.get("access_token") else None
    products = [*texts(body, "products"), *texts(body, "optional_products")]
    products += texts(body, "required_if_supported_products") + texts(body, "additional_consented_products")
    if repaired is None and not texts(body, "products"):
        raise PlaidError("MISSING_FIELDS", "products")
    if not isinstance(body.get("user"), dict) and not body.get("user_id"):
        raise PlaidError("MISSING_FIELDS", "user or user_id")
    life_s = UPDATE_TOKEN_LIFE_S if repaired else LINK_TOKEN_LIFE_S
    hosted = body.get("hosted_link")
    link = LinkToken(
        token=items.next_link_token(),
        expires_at=call.now + life_s,
        products=list(dict.fromkeys(products)),
        webhook=str(body.get("webhook") or ""),
        client_user_id=str((body.get("user") or {}).get("client_user_id") or body.get("user_id")),
        item_id=repaired.item_id if repaired else None,
        hosted=hosted is not None,
        completion_redirect_uri=(hosted or {}).get("completion_redirect_uri"),
        redirect_uri=body.get("redirect_uri"),
    )
    items.link_tokens[link.token] = link
    answer = {"expiration": timestamp(link.expires_at), "link_token": link.token}
    if link.hosted:
        answer["hosted_link_url"] = call.origin + HOSTED_LINK_PATH + link.token
    return answer


def link_token_get(call: Call) -> dict[str, Any]:
    """Return the session and the public tokens that it ended with."""
    link = call.simulation.items.link_token(text(call.body, "link_token"), call.now)
    results: list[dict[str, Any]] = [
        {"public_token": token, "accounts": [], "institution": None} for token in link.public_tokens
    ]
    session: dict[str, Any] = {
        "link_session_id": plaid_id("session", link.token),
        "started_at": timestamp(call.now),
        "finished_at": timestamp(call.now) if results else None,
        "events": [],
        "results": {
            "bank_employment_results": [],
            "bank_income_results": [],
            "cra_item_add_results": [],
            "cra_update_results": [],
            "document_income_results": None,
            "item_add_results": results,
            "payroll_income_results": [],
        },
    }
    return {
        "created_at": timestamp(call.now),
        "expiration": timestamp(link.expires_at),
        "link_sessions": [session] if results else [],
        "link_token": link.token,
        "metadata": {
            "client_name": None,
            "country_codes": ["US"],
            "initial_products": link.products,
            "language": "en",
            "redirect_uri": link.redirect_uri,
            "webhook": link.webhook or None,
        },
    }


def sandbox_public_token_create(call: Call) -> dict[str, Any]:
    """Create an Item without Link; `override_username` is the persona."""
    institution = _known_institution(call.body)
    username = str(call.options.get("override_username") or SANDBOX_USER)
    token = sign_in(
        call.simulation,
        institution,
        username,
        products=texts(call.body, "initial_products"),
        webhook=str(call.options.get("webhook") or ""),
        now=call.now,
        password=str(call.options.get("override_password") or PASSWORD),
    )
    return {"public_token": token.token}


def sign_in(
    simulation: PlaidSimulation,
    institution: PlaidInstitution,
    username: str,
    *,
    products: list[str],
    webhook: str,
    now: float,
    password: str = PASSWORD,
) -> PublicToken:
    """Sign a persona in at an institution and return the new Item's public token.

    Raises:
        PlaidError: The institution is down or unsupported, lacks a product, or does not know the persona.
    """
    if institution.state == "down":
        raise PlaidError("INSTITUTION_DOWN")
    if institution.state == "unsupported":
        raise PlaidError("INSTITUTION_NO_LONGER_SUPPORTED")
    missing = [product for product in products if product not in institution.products]
    if missing:
        raise PlaidError("PRODUCTS_NOT_SUPPORTED", ", ".join(missing))
    login = simulation.state.population.login(username, "plaid", institution.id)
    persona = simulation.state.population.persona(username)
    if login is None or persona is None or password == BAD_PASSWORD:
        raise PlaidError("INVALID_CREDENTIALS")
    return simulation.items.create_item(login, persona.name, products, webhook, now)


def item_public_token_exchange(call: Call) -> dict[str, Any]:
    item = call.simulation.items.exchange(text(call.body, "public_token"), call.now)
    return {"access_token": item.access_token, "item_id": item.item_id}


def item_get(call: Call) -> dict[str, Any]:
    """Answer 200 for a broken Item too, with its error inside."""
    item = call.item()
    simulation = call.simulation
    extracted_at = max(account.extracted_at for account in simulation.accounts(item))
    update = {
        "last_successful_update": extracted_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "last_failed_update": None,
    }
    error_code = simulation.error_code(item, call.path)
    shape = shapes.item(item, simulation.institution(item), error_code=error_code)
    shape |= {
        "consented_data_scopes": ["account_balance_info", "transactions", "investments"],
        "consented_products": item.products,
        "consented_use_cases": ["See your accounts in one place"],
    }
    status = {
        "investments": update if "investments" in item.products else None,
        "last_webhook": item.last_webhook,
        "transactions": update if "transactions" in item.products else None,
    }
    return {"item": shape, "status": status}


def item_remove(call: Call) -> dict[str, Any]:
    call.simulation.items.remove(call.item())
    return {}


def item_access_token_invalidate(call: Call) -> dict[str, Any]:
    return {"new_access_token": call.simulation.items.rotate(call.item())}


def item_webhook_update(call: Call) -> dict[str, Any]:
    """Set the webhook URL; the new one gets WEBHOOK_UPDATE_ACKNOWLEDGED."""
    item = call.item()
    item.webhook = str(call.body.get("webhook") or "")
    call.simulation.notify(
        item, "ITEM", "WEBHOOK_UPDATE_ACKNOWLEDGED", call.now, error=None, new_webhook_url=item.webhook
    )
    return {"item": _item(call, item)}


def sandbox_item_reset_login(call: Call) -> dict[str, Any]:
    item = call.item()
    require_login(call.simulation, item, call.now)
    return {"reset_login": True}


def require_login(simulation: PlaidSimulation, item: Item, now: float) -> None:
    """Put the Item into ITEM_LOGIN_REQUIRED and tell its webhook."""
    item.error_code = "ITEM_LOGIN_REQUIRED"
    simulation.notify(item, "ITEM", "ERROR", now)


def repair(simulation: PlaidSimulation, item: Item, now: float) -> None:
    """End the Item's error, as update mode does, and tell its webhook."""
    item.error_code = None
    simulation.notify(item, "ITEM", "LOGIN_REPAIRED", now)


_WEBHOOK_TYPES = {
    "DEFAULT_UPDATE": "TRANSACTIONS",
    "SYNC_UPDATES_AVAILABLE": "TRANSACTIONS",
}
_PRODUCT_OF_TYPE = {
    "HOLDINGS": "investments",
    "INVESTMENTS_TRANSACTIONS": "investments",
    "TRANSACTIONS": "transactions",
    "LIABILITIES": "liabilities",
    "AUTH": "auth",
}


def sandbox_item_fire_webhook(call: Call) -> dict[str, Any]:
    item = call.item()
    code = text(call.body, "webhook_code")
    kind = str(call.body.get("webhook_type") or _WEBHOOK_TYPES.get(code, "ITEM"))
    product = _PRODUCT_OF_TYPE.get(kind)
    if product is not None and product not in item.products:
        raise PlaidError("SANDBOX_PRODUCT_NOT_ENABLED")
    if code == "SYNC_UPDATES_AVAILABLE" and not item.synced_once:
        return {"webhook_fired": False}
    if not call.simulation.notify(item, kind, code, call.now):
        raise PlaidError("SANDBOX_WEBHOOK_INVALID")
    return {"webhook_fired": True}


def institutions_get_by_id(call: Call) -> dict[str, Any]:
    metadata = bool(call.options.get("include_optional_metadata"))
    return {"institution": shapes.institution(_known_institution(call.body), metadata=metadata)}


def institutions_search(call: Call) -> dict[str, Any]:
    """Return up to ten institutions whose name contains the query and that have all the products."""
    query = text(call.body, "query").casefold()
    products = texts(call.body, "products")
    metadata = bool(call.options.get("include_optional_metadata"))
    found = [
        institution
        for institution in PLAID_INSTITUTIONS
        if query in institution.name.casefold() and set(products) <= set(institution.products)
    ]
    return {"institutions": [shapes.institution(one, metadata=metadata) for one in found[:INSTITUTIONS_MAX]]}


def institutions_get(call: Call) -> dict[str, Any]:
    count = whole(call.body, "count", 100, 1, 500)
    offset = whole(call.body, "offset", 0, 0, 10**6)
    page = PLAID_INSTITUTIONS[offset : offset + count]
    metadata = bool(call.options.get("include_optional_metadata"))
    return {
        "institutions": [shapes.institution(institution, metadata=metadata) for institution in page],
        "total": len(PLAID_INSTITUTIONS),
    }


def webhook_verification_key_get(call: Call) -> dict[str, Any]:
    return {"key": call.simulation.keys.public_key(text(call.body, "key_id"))}


def investments_refresh(call: Call) -> dict[str, Any]:
    """Extract again at once and tell the webhook."""
    item = call.working_item("investments")
    call.simulation.notify(item, "HOLDINGS", "DEFAULT_UPDATE", call.now)
    return {}


def _item(call: Call, item: Item) -> dict[str, Any]:
    return shapes.item(item, call.simulation.institution(item), error_code=item.error_code)


def _known_institution(body: dict[str, Any]) -> PlaidInstitution:
    institution = plaid_institution(text(body, "institution_id"))
    if institution is None:
        raise PlaidError("INVALID_INSTITUTION")
    return institution
