"""Plaid's simulated webhooks, verified as the provider documents it, with keys fetched through the real SDK."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import jwt
import plaid
import pytest
import requests
from jwt import PyJWK

from simulator.plaid_http import PlaidServer
from tests.contract.received import Received, Receiver, receiving
from tests.contract.served import served
from tests.contract.test_plaid_simulator import TIMEOUT_S, Plaid, error_of
from tests.contract.waited import wait_for


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def simulated() -> Iterator[Plaid]:
    with served(lambda: PlaidServer(7).app()) as url:
        yield Plaid(url)


def verified(simulated: Plaid, received: Received) -> dict[str, Any]:
    """Return the body of a webhook whose signature, key and hash are right."""
    token = received.headers["plaid-verification"]
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("ES256", "JWT")
    assert len(base64.urlsafe_b64decode(token.split(".")[2] + "==")) == 64, "raw r and s"
    key = simulated.api.webhook_verification_key_get({"key_id": header["kid"]}).key.to_dict()
    claims = jwt.decode(token, PyJWK.from_dict(key, algorithm="ES256").key, algorithms=["ES256"])
    assert claims["request_body_sha256"] == hashlib.sha256(received.body).hexdigest()
    body = json.loads(received.body)
    assert isinstance(body, dict)
    return body


def test_a_signed_webhook_follows_a_trade(simulated: Plaid, receiver: Receiver) -> None:
    """HOLDINGS and INVESTMENTS_TRANSACTIONS arrive at the Item's URL, signed over their exact bytes."""
    token = simulated.link(webhook=receiver.url)
    item_id = simulated.api.item_get({"access_token": token}).item.item_id
    simulated.control("holdings", account="ada-brokerage", symbol="KO", quantity="3")
    wait_for(lambda: len(receiver.requests) == 2)
    bodies = [verified(simulated, one) for one in receiver.requests]
    assert {(body["webhook_type"], body["webhook_code"], body["item_id"]) for body in bodies} == {
        ("HOLDINGS", "DEFAULT_UPDATE", item_id),
        ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE", item_id),
    }
    raw = receiver.requests[0].body
    assert raw == json.dumps(json.loads(raw), indent=2, sort_keys=True).encode()


def test_sandbox_webhooks(simulated: Plaid, receiver: Receiver) -> None:
    """fire_webhook, reset_login and webhook/update send theirs; without a URL or the product they are refused."""
    api, token = simulated.api, simulated.link()
    fire = {"access_token": token, "webhook_code": "DEFAULT_UPDATE", "webhook_type": "HOLDINGS"}
    with pytest.raises(plaid.ApiException) as raised:
        api.sandbox_item_fire_webhook(fire)
    assert error_of(raised)["error_code"] == "SANDBOX_WEBHOOK_INVALID"
    with pytest.raises(plaid.ApiException) as raised:
        api.sandbox_item_fire_webhook(fire | {"webhook_type": "LIABILITIES"})
    assert error_of(raised)["error_code"] == "SANDBOX_PRODUCT_NOT_ENABLED"
    api.item_webhook_update({"access_token": token, "webhook": receiver.url})
    wait_for(lambda: len(receiver.requests) == 1)
    assert api.sandbox_item_fire_webhook(fire).webhook_fired is True
    wait_for(lambda: len(receiver.requests) == 2)
    api.sandbox_item_reset_login({"access_token": token})
    wait_for(lambda: len(receiver.requests) == 3)
    bodies = [verified(simulated, one) for one in receiver.requests]
    assert [body["webhook_code"] for body in bodies] == ["WEBHOOK_UPDATE_ACKNOWLEDGED", "DEFAULT_UPDATE", "ERROR"]
    assert bodies[2]["error"]["error_code"] == "ITEM_LOGIN_REQUIRED"
    assert bodies[2]["error"]["status"] == 400


def test_a_refused_webhook_is_signed_and_sent_again(simulated: Plaid, receiver: Receiver) -> None:
    """An answer other than 200 brings the same body again."""
    receiver.statuses = [500]
    simulated.api.item_webhook_update({"access_token": simulated.link(), "webhook": receiver.url})
    wait_for(lambda: len(receiver.requests) == 2)
    first, second = receiver.requests
    assert first.body == second.body
    verified(simulated, second)


def test_keys_rotate(simulated: Plaid, receiver: Receiver) -> None:
    """After a rotation webhooks name another key; the old one still exists, expired."""
    token = simulated.link(webhook=receiver.url)
    fire = {"access_token": token, "webhook_code": "DEFAULT_UPDATE", "webhook_type": "HOLDINGS"}
    simulated.api.sandbox_item_fire_webhook(fire)
    wait_for(lambda: len(receiver.requests) == 1)
    new = simulated.control("rotate-key")["key_id"]
    simulated.api.sandbox_item_fire_webhook(fire)
    wait_for(lambda: len(receiver.requests) == 2)
    old, current = (jwt.get_unverified_header(one.headers["plaid-verification"])["kid"] for one in receiver.requests)
    assert current == new != old
    assert simulated.api.webhook_verification_key_get({"key_id": old}).key.expired_at is not None
    assert simulated.api.webhook_verification_key_get({"key_id": new}).key.expired_at is None


def test_hosted_link_ends_with_a_webhook(simulated: Plaid, receiver: Receiver) -> None:
    """Approving on the hosted page gives public tokens by SESSION_FINISHED and sends the browser back."""
    link = simulated.api.link_token_create(
        {
            "client_name": "navstream",
            "language": "en",
            "country_codes": ["US"],
            "user": {"client_user_id": "u1"},
            "products": ["investments"],
            "webhook": receiver.url,
            "hosted_link": {"completion_redirect_uri": "http://127.0.0.1:1/done"},
        }
    )
    shown = requests.get(link.hosted_link_url, timeout=TIMEOUT_S)
    assert "Ada Moreau at Northlake Retirement Services" in shown.text
    left = requests.post(
        link.hosted_link_url,
        data={"login": "ada@ins_120200", "action": "approve"},
        allow_redirects=False,
        timeout=TIMEOUT_S,
    )
    assert (left.status_code, left.headers["Location"]) == (303, "http://127.0.0.1:1/done")
    wait_for(lambda: len(receiver.requests) == 1)
    body = verified(simulated, receiver.requests[0])
    assert (body["webhook_type"], body["webhook_code"]) == ("LINK", "SESSION_FINISHED")
    assert body["link_token"] == link.link_token
    exchanged = simulated.api.item_public_token_exchange({"public_token": body["public_tokens"][0]})
    assert simulated.api.investments_holdings_get({"access_token": exchanged.access_token}).holdings
    kept = simulated.api.link_token_get({"link_token": link.link_token}).link_sessions[0]
    assert kept.results.item_add_results[0].public_token == body["public_tokens"][0]
