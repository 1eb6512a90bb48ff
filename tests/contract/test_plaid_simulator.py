"""The simulated Plaid through the real SDK's strict models, over sockets."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import plaid
import pytest
import requests
import urllib3
from plaid.api import plaid_api

from simulator.plaid_http import PlaidServer
from tests.contract.served import served

TIMEOUT_S = 5.0


@dataclass(slots=True)
class Plaid:
    url: str
    api: Any = field(init=False)

    def __post_init__(self) -> None:
        self.api = client(self.url)

    def link(self, institution: str = "ins_109508", persona: str = "user_good", **options: str) -> str:
        """Return an access token of a new Item, by the real flow."""
        products = ["investments"] if institution == "ins_120200" else ["investments", "transactions"]
        created = self.api.sandbox_public_token_create(
            {
                "institution_id": institution,
                "initial_products": products,
                "options": {"override_username": persona, **options},
            }
        )
        return str(self.api.item_public_token_exchange({"public_token": created.public_token}).access_token)

    def control(self, path: str, /, **body: Any) -> Any:
        answer = requests.post(f"{self.url}/control/{path}", json=body, timeout=TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()

    def raw_holdings(self, token: str) -> Any:
        answer = self.api.investments_holdings_get({"access_token": token}, _preload_content=False)
        return json.loads(answer.data, parse_float=Decimal)


def client(url: str, secret: str = "demo-secret") -> Any:
    configuration = plaid.Configuration(host=url, api_key={"clientId": "demo-client", "secret": secret})
    configuration.retries = False
    return plaid_api.PlaidApi(plaid.ApiClient(configuration))


@pytest.fixture
def simulated() -> Iterator[Plaid]:
    with served(lambda: PlaidServer(7).app()) as url:
        yield Plaid(url)


def error_of(raised: pytest.ExceptionInfo[plaid.ApiException]) -> dict[str, Any]:
    body = json.loads(str(raised.value.body))
    assert isinstance(body, dict)
    return body


def test_every_item_answer_passes_the_strict_models(simulated: Plaid) -> None:
    """Each endpoint of Link, Items and institutions gives what SDK 46 insists on."""
    api, token = simulated.api, simulated.link()
    link = {
        "client_name": "navstream",
        "language": "en",
        "country_codes": ["US"],
        "user": {"client_user_id": "u1"},
        "products": ["investments"],
        "hosted_link": {},
    }
    created = api.link_token_create(link)
    assert created.link_token.startswith("link-sandbox-")
    assert created.hosted_link_url.startswith(f"{simulated.url}/hosted-link/")
    assert api.link_token_get({"link_token": created.link_token}).link_token == created.link_token
    assert api.item_get({"access_token": token}).item.institution_name == "First Platypus Bank"
    assert api.item_webhook_update({"access_token": token, "webhook": None}).item.webhook == ""
    search = {"query": "plat", "country_codes": ["US"], "products": ["investments"]}
    assert "First Platypus Bank" in [one.name for one in api.institutions_search(search).institutions]
    by_id = {
        "institution_id": "ins_120100",
        "country_codes": ["US"],
        "options": {"include_optional_metadata": True},
    }
    assert api.institutions_get_by_id(by_id).institution.url == "https://meridianfunds.example"
    page = api.institutions_get({"count": 5, "offset": 0, "country_codes": ["US"]})
    assert (len(page.institutions), page.total) == (5, 13)


def test_every_account_answer_passes_the_strict_models(simulated: Plaid) -> None:
    """Accounts, balances, holdings and transactions of every persona at Plaid parse."""
    logins = [
        ("ins_109508", "ada"),
        ("ins_120200", "ada"),
        ("ins_120100", "grace"),
        ("ins_120300", "mary"),
    ]
    for institution, persona in logins:
        token = {"access_token": simulated.link(institution, persona)}
        assert simulated.api.accounts_get(token).accounts
        assert simulated.api.accounts_balance_get(token).accounts
        assert simulated.api.investments_holdings_get(token).holdings
        window = {"start_date": "2025-01-01", "end_date": "2026-12-31"}
        assert simulated.api.investments_transactions_get(token | window).investment_transactions


def test_holdings_add_up_to_the_account(simulated: Plaid) -> None:
    """`balances.current` is cash and holdings: cash is a holding and counts once."""
    document = simulated.raw_holdings(simulated.link())
    brokerage = next(account for account in document["accounts"] if account["subtype"] == "brokerage")
    values = sum(holding["institution_value"] for holding in document["holdings"])
    assert values == Decimal(brokerage["balances"]["current"])


def test_options_come_in_units_of_the_underlying(simulated: Plaid) -> None:
    """An option's quantity already holds the multiplier: two contracts are 200."""
    document = simulated.raw_holdings(simulated.link())
    security = next(one for one in document["securities"] if one["option_contract"])
    holding = next(one for one in document["holdings"] if one["security_id"] == security["security_id"])
    assert security["ticker_symbol"] == "AAPL280121C00250000"
    assert security["option_contract"] == {
        "contract_type": "call",
        "expiration_date": "2028-01-21",
        "strike_price": 250,
        "underlying_security_ticker": "AAPL",
    }
    assert holding["quantity"] == 200
    assert holding["quantity"] * holding["institution_price"] == holding["institution_value"]


def test_institutions_spell_symbols_their_own_way(simulated: Plaid) -> None:
    """BRK.B is BRK-B at one institution and BRKB at another; bonds have a CUSIP only; cash is CUR:USD."""
    bank = simulated.raw_holdings(simulated.link("ins_109508"))["securities"]
    plan = simulated.raw_holdings(simulated.link("ins_120200"))["securities"]
    tickers = {security["ticker_symbol"] for security in bank}
    assert {"BRK-B", "CUR:BTC", "CUR:USD", None} <= tickers
    assert {security["cusip"] for security in bank} == {None, "037833AL4", "912797SK4"}
    assert {"BRKB", "NHX105509"} <= {security["ticker_symbol"] for security in plan}


def test_investment_transactions_are_paged(simulated: Plaid) -> None:
    """Pages of ten hold every transaction exactly once, newest first."""
    token = simulated.link()
    seen: list[tuple[Any, str]] = []
    request = {"access_token": token, "start_date": "2025-01-01", "end_date": "2026-12-31"}
    total = 1
    while len(seen) < total:
        page = simulated.api.investments_transactions_get(request | {"options": {"count": 10, "offset": len(seen)}})
        total = page.total_investment_transactions
        assert len(page.investment_transactions) == min(10, total - len(seen))
        seen += [(one.date, one.investment_transaction_id) for one in page.investment_transactions]
    assert len({identity for _, identity in seen}) == total > 10
    assert [day for day, _ in seen] == sorted((day for day, _ in seen), reverse=True)


def test_bank_transactions_sync_by_cursor(simulated: Plaid) -> None:
    """The cursor gives each change once; the pending purchase is replaced by the posted one."""
    token = simulated.link()
    added: dict[str, Any] = {}
    removed: set[str] = set()
    cursor, more = "", True
    while more:
        page = simulated.api.transactions_sync({"access_token": token, "cursor": cursor, "count": 50})
        added |= {one.transaction_id: one for one in page.added}
        removed |= {one.transaction_id for one in page.removed}
        cursor, more = page.next_cursor, page.has_more
    posted = [one for one in added.values() if one.pending_transaction_id]
    assert {one.pending_transaction_id for one in posted} == removed
    assert len(added) > 100
    last = simulated.api.transactions_sync({"access_token": token, "cursor": cursor})
    assert (last.added, last.modified, last.removed, last.has_more) == ([], [], [], False)


def test_a_purchase_reaches_the_next_answer(simulated: Plaid) -> None:
    """What the user buys through the control API is in holdings and transactions; selling all removes it."""
    token = simulated.link()
    simulated.control("holdings", account="ada-brokerage", symbol="KO", quantity="12.5", cost_basis="900.25")
    document = simulated.raw_holdings(token)
    ko = next(one["security_id"] for one in document["securities"] if one["ticker_symbol"] == "KO")
    holding = next(one for one in document["holdings"] if one["security_id"] == ko)
    assert (holding["quantity"], holding["cost_basis"]) == (Decimal("12.5"), Decimal("900.25"))
    simulated.control("holdings", account="ada-brokerage", symbol="KO", quantity=0)
    tickers = {one["ticker_symbol"] for one in simulated.raw_holdings(token)["securities"]}
    assert "KO" not in tickers


def test_wrong_credentials_and_tokens_are_named(simulated: Plaid) -> None:
    """Keys, tokens, fields and paths each have their code, all with a 15-character request id."""
    token = simulated.link()
    cases: list[tuple[Callable[[], Any], int, str]] = [
        (lambda: client(simulated.url, "wrong").accounts_get({"access_token": token}), 400, "INVALID_API_KEYS"),
        (lambda: simulated.api.accounts_get({"access_token": "access-sandbox-x"}), 400, "INVALID_ACCESS_TOKEN"),
        (
            lambda: simulated.api.item_public_token_exchange({"public_token": "public-x"}),
            400,
            "INVALID_PUBLIC_TOKEN",
        ),
        (lambda: simulated.link(persona="nobody"), 400, "INVALID_CREDENTIALS"),
        (lambda: simulated.link("ins_132361"), 400, "INSTITUTION_DOWN"),
        (lambda: simulated.link("ins_133402"), 400, "INSTITUTION_NO_LONGER_SUPPORTED"),
        (
            lambda: simulated.api.webhook_verification_key_get({"key_id": "x"}),
            400,
            "INVALID_WEBHOOK_VERIFICATION_KEY_ID",
        ),
        (
            lambda: simulated.api.investments_holdings_get({"access_token": token, "options": {"account_ids": ["x"]}}),
            400,
            "INVALID_ACCOUNT_ID",
        ),
    ]
    for call, status, code in cases:
        with pytest.raises(plaid.ApiException) as raised:
            call()
        error = error_of(raised)
        assert (raised.value.status, error["error_code"]) == (status, code)
        assert len(error["request_id"]) == 15
        assert error["request_id"].isalnum()
        assert "display_message" in error


def test_bodies_are_checked(simulated: Plaid) -> None:
    """Missing and unknown fields, unreadable JSON and unknown paths are the client's fault, by name."""
    keys = {"client_id": "demo-client", "secret": "demo-secret"}
    cases = [
        ("/accounts/get", json.dumps(keys), 400, "MISSING_FIELDS"),
        ("/accounts/get", json.dumps(keys | {"access_token": "x", "colour": 1}), 400, "UNKNOWN_FIELDS"),
        ("/accounts/get", "{", 400, "INVALID_BODY"),
        ("/nothing/here", json.dumps(keys), 404, "NOT_FOUND"),
    ]
    for path, body, status, code in cases:
        answer = requests.post(simulated.url + path, data=body, timeout=TIMEOUT_S)
        assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_tokens_rotate_and_items_are_removed(simulated: Plaid) -> None:
    """A rotated token is INVALID_ACCESS_TOKEN, a removed Item ITEM_NOT_FOUND."""
    old = simulated.link()
    new = simulated.api.item_access_token_invalidate({"access_token": old}).new_access_token
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.item_get({"access_token": old})
    assert error_of(raised)["error_code"] == "INVALID_ACCESS_TOKEN"
    simulated.api.item_remove({"access_token": new})
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.item_get({"access_token": new})
    assert error_of(raised)["error_code"] == "ITEM_NOT_FOUND"


def test_a_broken_login_is_told_by_products_and_item(simulated: Plaid) -> None:
    """ITEM_LOGIN_REQUIRED: product endpoints fail, /item/get answers 200 with the error inside."""
    token = simulated.link()
    assert simulated.api.sandbox_item_reset_login({"access_token": token}).reset_login is True
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.investments_holdings_get({"access_token": token})
    assert error_of(raised)["error_code"] == "ITEM_LOGIN_REQUIRED"
    assert simulated.api.item_get({"access_token": token}).item.error.error_code == "ITEM_LOGIN_REQUIRED"
    simulated.control("login", persona="ada", working=True)
    assert simulated.api.investments_holdings_get({"access_token": token}).holdings


def test_update_mode_repairs_the_item(simulated: Plaid) -> None:
    """Signing in again through Hosted Link in update mode makes the same token work."""
    token = simulated.link()
    simulated.api.sandbox_item_reset_login({"access_token": token})
    link = simulated.api.link_token_create(
        {
            "client_name": "navstream",
            "language": "en",
            "country_codes": ["US"],
            "user": {"client_user_id": "u1"},
            "access_token": token,
            "hosted_link": {},
        }
    )
    requests.post(link.hosted_link_url, data={"action": "approve"}, timeout=TIMEOUT_S).raise_for_status()
    assert simulated.api.investments_holdings_get({"access_token": token}).holdings


FAULTS = [
    ("rate_limit", 429, "INVESTMENT_HOLDINGS_GET_LIMIT"),
    ("server_error", 500, "INTERNAL_SERVER_ERROR"),
    ("unavailable", 503, "PLANNED_MAINTENANCE"),
    ("institution_down", 400, "INSTITUTION_DOWN"),
    ("login_required", 400, "ITEM_LOGIN_REQUIRED"),
    ("not_ready", 400, "PRODUCT_NOT_READY"),
]


@pytest.mark.parametrize(("kind", "status", "code"), FAULTS)
def test_a_fault_strikes_once_and_is_over(simulated: Plaid, kind: str, status: int, code: str) -> None:
    """A fault with `times` 1 for one persona breaks his next answer only."""
    token, other = simulated.link(), simulated.link("ins_120100", "grace")
    simulated.control("faults", kind=kind, subject="ada", times=1)
    assert simulated.api.investments_holdings_get({"access_token": other}).holdings
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.investments_holdings_get({"access_token": token})
    assert (raised.value.status, error_of(raised)["error_code"]) == (status, code)
    assert simulated.api.investments_holdings_get({"access_token": token}).holdings


def test_faults_below_the_api(simulated: Plaid) -> None:
    """A proxy's HTML, a slow answer, half a document, a closed connection: each as the SDK meets it."""
    token = {"access_token": simulated.link()}
    simulated.control("faults", kind="bad_gateway", times=1)
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.accounts_get(token)
    assert raised.value.status == 502
    assert str(raised.value.body).startswith("<html>")
    simulated.control("faults", kind="slow", seconds=5, times=1)
    with pytest.raises(urllib3.exceptions.TimeoutError):
        simulated.api.accounts_get(token, _request_timeout=0.1)
    simulated.control("faults", kind="truncated", times=1)
    with pytest.raises(plaid.ApiTypeError):
        simulated.api.accounts_get(token)
    simulated.control("faults", kind="drop", times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        simulated.api.accounts_get(token)
    assert simulated.api.accounts_get(token).accounts


def test_odd_data(simulated: Plaid) -> None:
    """Null prices break the strict model, unknown types do not, and a partial answer is still a 200."""
    token = simulated.link()
    whole = len(simulated.raw_holdings(token)["holdings"])
    simulated.control("faults", kind="null_price", times=1)
    with pytest.raises(plaid.ApiTypeError):
        simulated.api.investments_holdings_get({"access_token": token})
    simulated.control("faults", kind="unknown_enum", times=1)
    assert {str(one.type) for one in simulated.api.investments_holdings_get({"access_token": token}).securities} >= {
        "quantum"
    }
    simulated.control("faults", kind="partial", times=1)
    assert len(simulated.raw_holdings(token)["holdings"]) == whole // 2


def test_the_minute_limit_of_an_item(simulated: Plaid) -> None:
    """/item/get allows 40 calls a minute for each Item."""
    token, other = {"access_token": simulated.link()}, {"access_token": simulated.link("ins_120200")}
    for _ in range(40):
        simulated.api.item_get(token, _check_return_type=False)
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.item_get(token)
    assert (raised.value.status, error_of(raised)["error_code"]) == (429, "ITEM_GET_LIMIT")
    assert simulated.api.item_get(other).item


def test_an_item_without_investments(simulated: Plaid) -> None:
    """A savings account has no holdings: NO_INVESTMENT_ACCOUNTS; without consent ADDITIONAL_CONSENT_REQUIRED."""
    savings = simulated.link("ins_109509", "linus")
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.investments_holdings_get({"access_token": savings})
    assert error_of(raised)["error_code"] == "NO_INVESTMENT_ACCOUNTS"
    with pytest.raises(plaid.ApiException) as raised:
        simulated.api.transactions_sync({"access_token": simulated.link("ins_120200")})
    assert error_of(raised)["error_code"] == "ADDITIONAL_CONSENT_REQUIRED"


def test_the_same_seed_gives_the_same_world() -> None:
    """Holdings, prices and ids do not depend on the run."""
    documents = []
    for _ in range(2):
        with served(lambda: PlaidServer(11).app()) as url:
            simulated = Plaid(url)
            document = simulated.raw_holdings(simulated.link())
            document["item"].pop("created_at")
            document.pop("request_id")
            documents.append(document)
    assert documents[0] == documents[1]
