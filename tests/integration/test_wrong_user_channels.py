"""Every channel that docs/asyncapi.yaml describes, as the wrong user. A new one is covered once it has a sample."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from realtime.bus.client import Bus
from realtime.domain.account import AccountId
from realtime.store.pool import Pool
from tests.support.broadcasting import (
    Publisher,
    add_account,
    add_user,
    broadcaster_at,
    figures_of,
    new_instrument,
    peer_of,
    position_of,
)

CHANNELS: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs" / "asyncapi.yaml").read_text())[
    "x-channels"
]
OF_ACCOUNT = {"account:{account}", "positions:{account}"}
OF_CALLER = {"portfolio", "positions"}
OF_EVERYBODY = {"prices:{symbol}", "market"}
THEIRS, OWN = "4242.42", "1.00"


def test_every_channel_is_tried() -> None:
    """Ensure a new channel is said to be an account's, the caller's own, or everybody's."""
    assert CHANNELS.keys() == OF_ACCOUNT | OF_CALLER | OF_EVERYBODY


@pytest.mark.parametrize("channel", sorted(OF_ACCOUNT))
async def test_wrong_user_of_an_account_channel(
    pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str, channel: str
) -> None:
    """Ensure another's account is refused exactly like one that nobody has, and its owner is let in."""
    ada, grace = await add_user(pool), await add_user(pool)
    account = await add_account(pool, ada)
    await Publisher(bus, ada).publish(figures_of(THEIRS), account_id=account)
    theirs, nobodys = (channel.replace("{account}", each) for each in (account, AccountId(f"plaid_{'0' * 32}")))
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster:
        async with peer_of(broadcaster) as peer:
            await peer.sign_in(grace)
            answer = await peer.subscribe(theirs, nobodys)
            assert answer["channels"] == []
            assert answer["rejected"] == [{"channel": each, "code": "forbidden"} for each in (theirs, nobodys)]
            resumed = await peer.subscribe(theirs, resume={theirs: {"epoch": "e", "seq": 1}})
            assert resumed["channels"] == []
            await peer.send(op="ping", id=2)
            assert (await peer.receive())["type"] == "pong"
        async with peer_of(broadcaster) as peer:
            await peer.sign_in(ada)
            assert (await peer.subscribe(theirs))["channels"] == [theirs]


@pytest.mark.parametrize("channel", sorted(OF_CALLER))
async def test_wrong_user_of_a_channel_without_a_name(
    pool: Pool, bus: Bus, postgres_dsn: str, redis_url: str, channel: str
) -> None:
    """Ensure a channel that names nobody is the caller's, while another's values are published on the same name."""
    ada, grace = await add_user(pool), await add_user(pool)
    for user, value in ((ada, THEIRS), (grace, OWN)):
        instrument = new_instrument()
        await Publisher(bus, user).publish(figures_of(value, 1), {instrument: position_of(instrument, value)})
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.sign_in(grace)
        await peer.subscribe(channel)
        data = str((await peer.receive_kind("snapshot", channel))["data"])
        assert f"_value': {float(OWN)}," in data
        assert THEIRS not in data


@pytest.mark.parametrize("channel", sorted(CHANNELS))
async def test_wrong_user_of_no_token_gets_no_channel(postgres_dsn: str, redis_url: str, channel: str) -> None:
    """Ensure nobody follows anything before he has said who he is."""
    async with broadcaster_at(postgres_dsn, redis_url) as broadcaster, peer_of(broadcaster) as peer:
        await peer.send(op="subscribe", id=1, channels=[channel])
        assert (await peer.receive())["code"] == "not_authenticated"
        assert await peer.close_code() == 4401
