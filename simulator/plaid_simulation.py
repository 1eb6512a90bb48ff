"""One simulated Plaid: its Items, accounts, faults and limits, and what one call may use of them (pure)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from simulator.clock import MarketTime, market_time
from simulator.data_dates import market_moment, price_date
from simulator.holdings_state import AccountState, HoldingsState
from simulator.http_faults import Faults
from simulator.institutions import PlaidInstitution, plaid_institution
from simulator.minute_rates import MinuteRates
from simulator.plaid_bank_book import BankBook
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import Item, Items
from simulator.plaid_webhooks import WebhookKeys, body_bytes, payload
from simulator.population import Population

PutWebhook = Callable[[str, bytes], None]
"""(url, body): deliver later."""


@dataclass(slots=True)
class PlaidSimulation:
    """All state of one simulated Plaid environment."""

    state: HoldingsState
    items: Items
    keys: WebhookKeys
    put_webhook: PutWebhook
    market: MarketTime
    client_id: str = "demo-client"
    secret: str = "demo-secret"  # noqa: S105 - the documented default of a simulator
    bank: BankBook = field(default_factory=BankBook)
    faults: Faults = field(default_factory=Faults)
    rates: MinuteRates = field(default_factory=MinuteRates)

    @classmethod
    def start(cls, seed: int, now: float, keys: WebhookKeys, put_webhook: PutWebhook) -> "PlaidSimulation":
        market = market_time()
        state = HoldingsState.start(Population(seed), "plaid", market_moment(market, now))
        return cls(state, Items(seed), keys, put_webhook, market)

    def notify(self, item: Item, webhook_type: str, webhook_code: str, now: float, **extra: Any) -> bool:
        """Send a webhook of the Item; return False when it has no URL."""
        if not item.webhook:
            return False
        body = body_bytes(payload(webhook_type, webhook_code, item.item_id, **extra))
        self.put_webhook(item.webhook, body)
        item.last_webhook = {"sent_at": timestamp(now), "code_sent": webhook_code}
        return True

    def accounts(self, item: Item) -> list[AccountState]:
        found = [self.state.account(plan.key) for plan in item.login.accounts]
        return [account for account in found if not account.hidden]

    def institution(self, item: Item) -> PlaidInstitution:
        institution = plaid_institution(item.login.institution)
        assert institution is not None, "population and institutions agree"
        return institution

    def subjects(self, access_token: object) -> tuple[str, ...]:
        """Return what a fault may name to mean the Item of this token; () for an unknown one."""
        item_id = self.items.by_access_token.get(access_token) if isinstance(access_token, str) else None
        if item_id is None:
            return ()
        item = self.items.by_id[item_id]
        return (item.persona, item.login.institution, item.item_id)

    def error_code(self, item: Item, path: str) -> str | None:
        """Return why the Item does not work now, by its own state or by a fault."""
        if item.error_code is not None:
            return item.error_code
        subjects = (item.persona, item.login.institution, item.item_id)
        if self.faults.take("login_required", path, subjects):
            return "ITEM_LOGIN_REQUIRED"
        if self.faults.take("institution_down", path, subjects):
            return "INSTITUTION_DOWN"
        if self.faults.take("revoked", path, subjects):
            return "USER_PERMISSION_REVOKED"
        return None


@dataclass(slots=True)
class Call:
    """One request: path, decoded body, when it came (seconds since 1970) and the address it came to."""

    simulation: PlaidSimulation
    path: str
    body: dict[str, Any]
    now: float
    origin: str

    @property
    def options(self) -> dict[str, Any]:
        options = self.body.get("options") or {}
        if not isinstance(options, dict):
            raise PlaidError("INVALID_FIELD", "options must be an object")
        return options

    @property
    def price_date(self) -> date:
        """Return the day of the previous close, which providers report prices of."""
        return price_date(self.simulation.market, self.now)

    def item(self) -> Item:
        """Return the Item of the access token, whatever its health."""
        return self.simulation.items.item(text(self.body, "access_token"))

    def working_item(self, product: str | None = None) -> Item:
        """Return the Item when it works and has consent for the product, whose data is ready.

        Raises:
            PlaidError: Its login or institution does not work, the data is not ready, or consent lacks.
        """
        item = self.consented_item(product)
        if product is not None and self.quirk("not_ready", item):
            raise PlaidError("PRODUCT_NOT_READY")
        return item

    def consented_item(self, product: str | None) -> Item:
        """Return the Item when it works and has consent for the product, whether or not the data is ready.

        Raises:
            PlaidError: Its login or institution does not work, or consent lacks.
        """
        item = self.item()
        error_code = self.simulation.error_code(item, self.path)
        if error_code is not None:
            raise PlaidError(error_code)
        if product is not None and product not in item.products:
            raise PlaidError("ADDITIONAL_CONSENT_REQUIRED", product)
        return item

    def quirk(self, kind: str, item: Item) -> bool:
        subjects = (item.persona, item.login.institution, item.item_id)
        return self.simulation.faults.take(kind, self.path, subjects) is not None


def timestamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise PlaidError("INVALID_FIELD", f"{name} must be a string")
    return value


def texts(body: dict[str, Any], name: str) -> list[str]:
    """Return a list of strings, [] when the field is absent."""
    value = body.get(name) or []
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise PlaidError("INVALID_FIELD", f"{name} must be a list of strings")
    return value


def whole(body: dict[str, Any], name: str, default: int, lowest: int, highest: int) -> int:
    """Return a whole number within bounds."""
    value = body.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise PlaidError("INVALID_FIELD", f"{name} must be between {lowest} and {highest}")
    return value


def day(body: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(text(body, name))
    except ValueError as error:
        raise PlaidError("INVALID_FIELD", f"{name} must be a date, YYYY-MM-DD") from error
