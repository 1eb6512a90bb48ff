"""Channels' names and states."""

import pytest

from broadcaster.channels import ChannelKind, Channels, State, parse_channel
from broadcaster.encoding import JSON, MSGPACK
from tests.unit.broadcaster.builders import ADA, BOB, channel_named, state_of


@pytest.mark.parametrize(
    ("text", "kind", "argument"),
    [
        ("portfolio", ChannelKind.PORTFOLIO, ""),
        ("positions", ChannelKind.POSITIONS, ""),
        ("market", ChannelKind.MARKET, ""),
        ("account:plaid_1", ChannelKind.ACCOUNT, "plaid_1"),
        ("positions:plaid_1", ChannelKind.ACCOUNT_POSITIONS, "plaid_1"),
        ("prices:BRK.B", ChannelKind.PRICES, "BRK.B"),
        ("prices:CUR:USD", ChannelKind.PRICES, "CUR:USD"),
    ],
)
def test_names(text: str, kind: ChannelKind, argument: str) -> None:
    """Six kinds; only the first colon separates."""
    name = parse_channel(text)
    assert name is not None
    assert (name.kind, name.argument, name.text) == (kind, argument, text)


@pytest.mark.parametrize(
    "text", ["", ":", "account", "account:", "prices", "portfolio:", "portfolio:x", "market:x", "Portfolio", "x" * 200]
)
def test_other_names(text: str) -> None:
    """Anything else is no channel."""
    assert parse_channel(text) is None


def test_users_channels_are_apart_and_public_ones_shared() -> None:
    """Two users' portfolios are two channels, the price of a symbol is one."""
    channels = Channels()
    portfolio, prices = parse_channel("portfolio"), parse_channel("prices:AAPL")
    assert portfolio is not None
    assert prices is not None
    assert channels.open(ADA, portfolio) is not channels.open(BOB, portfolio)
    assert channels.open(ADA, prices) is channels.open(BOB, prices)
    channels.close(ADA, portfolio)
    assert channels.find(ADA, portfolio) is None
    assert channels.find(BOB, portfolio) is not None
    assert len(channels) == 2


def test_clients_with_one_last_state_share_the_bytes() -> None:
    """Encoded once for each pair of last sent and new state, and each encoding."""
    channel = channel_named()
    first, second, third = state_of({"a": 1}), state_of({"a": 2}), state_of({"a": 3})
    body = third.body_after(second, channel, JSON)
    assert third.body_after(second, channel, JSON) is body
    other = third.body_after(first, channel, JSON)
    packed = third.body_after(second, channel, MSGPACK)
    assert third.body_after(second, channel, JSON) is body
    assert third.body_after(first, channel, JSON) is other
    assert third.body_after(second, channel, MSGPACK) is packed
    assert other == body
    assert other is not body


def test_a_first_message_is_a_snapshot_and_no_news_none() -> None:
    """Without a last state everything is said, with an equal one nothing."""
    channel = channel_named()
    state = state_of({"a": 1})
    body = state.body_after(None, channel, JSON)
    assert body is not None
    assert body.is_snapshot
    assert state.body_after(state_of({"a": 1}), channel, JSON) is None


def test_a_row_that_lost_a_field_is_a_snapshot() -> None:
    """Where a delta cannot say it, everything is said."""
    body = state_of({"i": {"x": 1}}).body_after(state_of({"i": {"x": 1, "y": 2}}), channel_named(), JSON)
    assert body is not None
    assert body.is_snapshot


def test_many_last_states_are_bounded() -> None:
    """A channel whose clients all stand elsewhere keeps a handful of bodies, and every one is right."""
    channel, newest = channel_named(), state_of({"a": -1})
    sent = [state_of({"a": number}) for number in range(100)]
    for state in sent:
        body = newest.body_after(state, channel, JSON)
        assert body is not None
        assert b'{"a":-1}' in body.tail


def test_an_old_state_keeps_no_bytes() -> None:
    """What is not the newest state any more is only compared with."""
    channel = channel_named()
    old = state_of({"a": 1})
    channel.show(old)
    old.body_after(None, channel, JSON)
    channel.show(state_of({"a": 2}))
    assert old._last is None
    assert isinstance(channel.state, State)
