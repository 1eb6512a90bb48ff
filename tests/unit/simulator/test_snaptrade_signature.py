"""SnapTrade's signatures against the vectors of the provider's sheet."""

import json

from simulator.snaptrade_signature import matches, request_signature, requoted, webhook_signature

KEY = "test-consumer-key"
QUERY = "userId=u1&userSecret=s1&clientId=CID&timestamp=1700000000"


def test_vector_without_a_body() -> None:
    """GET /accounts has this signature; an empty body and `{}` are signed as null."""
    expected = "qvdrW52HXODANirhxoUuKnPPXX//HGWJFUaY7g7Fy+8="
    assert request_signature(KEY, "/accounts", QUERY, None) == expected
    assert request_signature(KEY, "/accounts", QUERY, {}) == expected


def test_vector_with_a_body() -> None:
    """Keys are sorted, non-ASCII is escaped, floats keep their spelling, whatever order the wire has."""
    wire = (
        '{"account_id":"11111111-1111-1111-1111-111111111111","action":"BUY","order_type":"Limit",'
        '"time_in_force":"Day","symbol":"ÉT.TO","price":31.33,"units":2.0}'
    )
    expected = "tMrmIUFRBIvvV+AIcGXBgjcWHeKOyzE9qT0WYnIVryg="
    assert request_signature(KEY, "/trade/place", QUERY, json.loads(wire)) == expected


def test_vector_of_a_webhook() -> None:
    """A webhook is signed over its canonical form, not over the bytes sent."""
    event = {
        "webhookId": "dbaee13a-1184-4677-9741-b6845e60ee3a",
        "clientId": "CID",
        "eventTimestamp": "2026-01-02T03:04:05.000006+00:00",
        "userId": "u1",
        "eventType": "CONNECTION_BROKEN",
        "brokerageAuthorizationId": "dc90a844-367b-4120-8b56-21040bfa6525",
        "webhookSecret": "x",
    }
    assert (
        webhook_signature(KEY, json.dumps(event, indent=4).encode()) == "IUb2RA2yGcVMNybasa0NMRZpN40zgVc94cGBd6FkTJI="
    )


def test_the_legacy_prefix_may_be_signed_or_not() -> None:
    """With /api/v1 in the path both readings of the path are accepted, nothing else is."""
    for signed in ("/api/v1/accounts", "/accounts"):
        assert matches(KEY, "/api/v1/accounts", QUERY, None, request_signature(KEY, signed, QUERY, None))
    assert not matches(KEY, "/accounts", QUERY, None, request_signature(KEY, "/api/v1/accounts", QUERY, None))
    assert not matches(KEY, "/accounts", QUERY, None, "")


def test_a_requoted_query_is_recognised() -> None:
    """What a transport decoded on the way is quoted again as it was signed."""
    assert requoted("type=BUY,SELL&userId=a@b.com&x=a+b%20c") == "type=BUY%2CSELL&userId=a%40b.com&x=a%2Bb%20c"
