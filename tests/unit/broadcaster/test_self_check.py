"""What clients are told of the hash that their states should have."""

from decimal import Decimal

import msgspec
import pytest

from broadcaster.encoding import JSON, MSGPACK, Encoding
from broadcaster.self_check import send_check
from navstream.protocol.state_hash import state_hash
from tests.unit.broadcaster.builders import Page, channel_named, client_of, state_of


@pytest.mark.parametrize("encoding", [JSON, MSGPACK])
def test_a_check_is_of_what_was_sent_last(encoding: Encoding) -> None:
    """Not of a newer state that the client has not been sent yet."""
    page = Page()
    client, channel = client_of(page, encoding), channel_named()
    subscription = client.subscribe(channel, None)
    subscription.self_check = True
    channel.show(state_of({"total_value": Decimal("5.10")}))
    subscription.next_frame()
    channel.show(state_of({"total_value": Decimal("6.20")}))
    send_check(client)
    [frame] = page.frames
    expected = {"type": "check", "channel": "portfolio", "seq": 1, "hash": state_hash({"total_value": 5.1})}
    decode = msgspec.json.decode if encoding is JSON else msgspec.msgpack.decode
    assert decode(frame[2:]) == expected


def test_who_is_not_checked() -> None:
    """A client that did not ask, one that was sent nothing yet, one that cannot keep up."""
    page = Page()
    client, channel = client_of(page), channel_named()
    subscription = client.subscribe(channel, None)
    channel.show(state_of({"a": 1}))
    subscription.next_frame()
    send_check(client)
    other = client.subscribe(channel_named("market"), None)
    other.self_check = True
    send_check(client)
    subscription.self_check = True
    page.has_room = False
    send_check(client)
    assert page.frames == []
    page.has_room = True
    send_check(client)
    assert len(page.frames) == 1
