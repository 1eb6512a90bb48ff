"""What the broadcaster refuses, by name, while other clients notice nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from broadcaster.stage import Running
from realtime.auth import Tokens
from realtime.bus.client import Bus
from realtime.domain.account import UserId
from realtime.store.pool import Pool
from tests.support.broadcasting import (
    SECRET,
    TOKENS,
    Peer,
    Publisher,
    add_user,
    broadcaster_at,
    connect_to,
    figures_of,
    peer_of,
    token_for,
)

LIMIT = 1_048_576


@pytest.fixture
async def user(pool: Pool) -> UserId:
    return await add_user(pool)


@pytest.fixture
async def broadcaster(postgres_dsn: str, redis_url: str) -> AsyncIterator[Running]:
    async with broadcaster_at(postgres_dsn, redis_url) as running:
        yield running


@pytest.fixture
async def bystander(broadcaster: Running, user: UserId, bus: Bus) -> AsyncIterator[Peer]:
    """Another client of the same user; after the test it has noticed nothing and is still served."""
    publisher = Publisher(bus, user)
    await publisher.publish(figures_of("1.00"))
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.subscribe("portfolio")
        assert (await peer.receive())["seq"] == 1
        yield peer
        await publisher.publish(figures_of("2.00"))
        assert (await peer.receive())["seq"] == 2


def expired(user: UserId) -> str:
    return TOKENS.issue(user, datetime.now(UTC) - timedelta(hours=2), 3600)


def unsigned(user: UserId) -> str:
    claims = {"sub": user, "iss": "navstream", "aud": "navstream", "exp": datetime.now(UTC) + timedelta(hours=1)}
    return jwt.encode(claims, "", algorithm="none")


def for_another_audience(user: UserId) -> str:
    return Tokens(SECRET, "navstream", "somebody-else").issue(user, datetime.now(UTC), 600)


def from_another_issuer(user: UserId) -> str:
    return Tokens(SECRET, "somebody-else", "navstream").issue(user, datetime.now(UTC), 600)


def with_another_secret(user: UserId) -> str:
    return Tokens(SECRET[::-1], "navstream", "navstream").issue(user, datetime.now(UTC), 600)


def within_leeway(user: UserId) -> str:
    """Expired ten seconds ago: the signature check still takes it, an open socket does not."""
    return TOKENS.issue(user, datetime.now(UTC) - timedelta(seconds=70), 60)


def of_nobody(_user: UserId) -> str:
    return TOKENS.issue(UserId("root"), datetime.now(UTC), 600)


BAD_TOKENS = [
    expired, unsigned, for_another_audience, from_another_issuer, with_another_secret, within_leeway, of_nobody,
    lambda _user: "", lambda _user: "not a token",
]  # fmt: skip


@pytest.mark.parametrize("make_token", BAD_TOKENS)
async def test_bad_tokens(
    broadcaster: Running, bystander: Peer, user: UserId, make_token: Callable[[UserId], str]
) -> None:
    """A token that is not ours, not for us, not valid any more or not signed closes with 4401, op or header."""
    token = make_token(user)
    async with peer_of(broadcaster) as peer:
        await peer.send(op="auth", token=token)
        assert await peer.close_code() == 4401
    async with peer_of(broadcaster, additional_headers={"Authorization": f"Bearer {token}"}) as peer:
        assert await peer.close_code() == 4401


@pytest.mark.parametrize("name", ["token", "access_token", "q"])
async def test_a_token_in_the_url(broadcaster: Running, bystander: Peer, user: UserId, name: str) -> None:
    """A valid token in the URL is refused whatever its parameter is called: URLs end up in logs."""
    async with peer_of(broadcaster, f"/v1?{name}={token_for(user)}") as peer:
        assert await peer.close_code() == 4401
    headers = {"Authorization": f"Bearer {token_for(user)}"}
    async with peer_of(broadcaster, f"/v1?{name}={token_for(user)}", additional_headers=headers) as peer:
        assert await peer.close_code() == 4401


async def test_no_auth_in_time(broadcaster: Running, bystander: Peer) -> None:
    """A client that says nothing is closed with 4408."""
    async with peer_of(broadcaster) as peer:
        assert await peer.close_code() == 4408


@pytest.mark.parametrize("op", ["subscribe", "ping", "unsubscribe", "launch"])
async def test_nothing_before_auth(broadcaster: Running, bystander: Peer, op: str) -> None:
    """The first op must be auth: not_authenticated, then 4401."""
    async with peer_of(broadcaster) as peer:
        await peer.send(op=op, id=7, channels=["portfolio"])
        error = await peer.receive()
        assert (error["type"], error["id"], error["code"]) == ("error", 7, "not_authenticated")
        assert await peer.close_code() == 4401


@pytest.mark.parametrize(
    "data",
    [
        b"{", b"", b"[1]", b'"auth"', b"null", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b'{"op":"ping"}{"op":"ping"}',
        b"NaN",
    ],
)  # fmt: skip
async def test_malformed(broadcaster: Running, bystander: Peer, user: UserId, data: bytes) -> None:
    """What is no JSON object gets the error `malformed` and 4400, before auth (if small) and after it."""
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.connection.send(data, text=True)
        error = await peer.receive()
        assert (error["type"], error["code"]) == ("error", "malformed")
        assert await peer.close_code() == 4400
    if len(data) < 10_000:
        async with peer_of(broadcaster) as peer:
            await peer.connection.send(data, text=True)
            assert (await peer.receive())["code"] == "malformed"
            assert await peer.close_code() == 4400


async def test_malformed_msgpack(broadcaster: Running, bystander: Peer, user: UserId) -> None:
    """The same in the other encoding."""
    async with peer_of(broadcaster, subprotocols=[Subprotocol("navstream.v1.msgpack")]) as peer:
        await peer.connection.send(msgspec.msgpack.encode({"op": "auth", "token": token_for(user)}))
        assert (await peer.receive())["type"] == "welcome"
        await peer.connection.send(b"\xc1")
        assert (await peer.receive())["code"] == "malformed"
        assert await peer.close_code() == 4400


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ({"op": "launch", "id": 1}, "unknown_op"),
        ({"id": 1}, "unknown_op"),
        ({"op": 5, "id": 1}, "unknown_op"),
        ({"op": "subscribe", "id": 1}, "bad_request"),
        ({"op": "subscribe", "id": 1, "channels": "portfolio"}, "bad_request"),
        ({"op": "subscribe", "id": 1, "channels": [7]}, "bad_request"),
        ({"op": "subscribe", "id": 1, "channels": ["portfolio"], "max_rate_hz": 0}, "bad_request"),
        ({"op": "subscribe", "id": 1, "channels": ["portfolio"], "max_rate_hz": -5}, "bad_request"),
        ({"op": "subscribe", "id": 1, "channels": ["portfolio"], "resume": {"portfolio": 41}}, "bad_request"),
        ({"op": "subscribe", "id": 1, "channels": [f"prices:S{n}" for n in range(10_000)]}, "too_many_channels"),
        ({"op": "subscribe", "id": 1, "channels": [f"account:a_{n:032}" for n in range(10_000)]}, "too_many_channels"),
    ],
)  # fmt: skip
async def test_wrong_ops_leave_the_connection_open(
    broadcaster: Running, bystander: Peer, user: UserId, op: dict[str, Any], code: str
) -> None:
    """An op that is wrong gets a named error with its id, and the next one is served."""
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.send(**op)
        error = await peer.receive()
        assert (error["type"], error["id"], error["code"]) == ("error", 1, code)
        await peer.send(op="ping", id=2)
        assert await peer.receive() == {"type": "pong", "id": 2}


async def test_channels_add_up(postgres_dsn: str, redis_url: str, user: UserId) -> None:
    """The limit counts all of a client's channels, each once."""
    async with (
        broadcaster_at(postgres_dsn, redis_url, channels_max=2) as broadcaster,
        peer_of(broadcaster) as peer,
    ):
        await peer.sign_in(user)
        await peer.subscribe("portfolio", "positions")
        await peer.subscribe("portfolio", "portfolio")
        await peer.send(op="subscribe", id=3, channels=["market"])
        assert (await peer.receive_kind("error"))["code"] == "too_many_channels"


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT])
async def test_too_large(broadcaster: Running, bystander: Peer, user: UserId, size: int) -> None:
    """A message over the limit closes with 4413, unread."""
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await send_quietly(peer, b"x" * size)
        assert await peer.close_code() == 4413


async def test_too_large_before_auth(broadcaster: Running, bystander: Peer) -> None:
    """Strangers get less room than users."""
    async with peer_of(broadcaster) as peer:
        await send_quietly(peer, b"x" * 20_000)
        assert await peer.close_code() == 4413


async def test_too_large_in_fragments(broadcaster: Running, bystander: Peer, user: UserId) -> None:
    """Fragments add up."""
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        with suppress(ConnectionClosed):
            await peer.connection.send(["x" * (LIMIT // 2)] * 3)
        assert await peer.close_code() == 4413


async def test_the_largest_message_is_read(broadcaster: Running, user: UserId) -> None:
    """The limit itself is not over the limit."""
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        op = msgspec.json.encode({"op": "ping", "id": 1})
        await peer.connection.send(op + b" " * (LIMIT - len(op)), text=True)
        assert await peer.receive() == {"type": "pong", "id": 1}


async def test_a_flood_of_ops(broadcaster: Running, bystander: Peer, user: UserId) -> None:
    """More ops than a person or a program needs close with 4429."""
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        with suppress(ConnectionClosed):
            for _ in range(1000):
                await peer.send(op="ping")
        assert await peer.close_code() == 4429


async def test_too_many_clients(postgres_dsn: str, redis_url: str, user: UserId) -> None:
    """Beyond clients_max a client is told to try again later: 1013."""
    async with broadcaster_at(postgres_dsn, redis_url, clients_max=1) as broadcaster:
        async with peer_of(broadcaster) as first, peer_of(broadcaster) as second:
            await first.sign_in(user)
            assert await second.close_code() == 1013
            await first.send(op="ping", id=1)
            assert await first.receive() == {"type": "pong", "id": 1}
        async with peer_of(broadcaster) as third:
            await third.sign_in(user)


async def test_too_many_clients_of_one_user(postgres_dsn: str, redis_url: str, pool: Pool, user: UserId) -> None:
    """One user's windows take no room from another's: 4429 beyond his own, until one of them is closed."""
    other = await add_user(pool)
    async with broadcaster_at(postgres_dsn, redis_url, clients_per_user_max=1) as broadcaster:
        async with peer_of(broadcaster) as first, peer_of(broadcaster) as second, peer_of(broadcaster) as third:
            await first.sign_in(user)
            await second.send(op="auth", token=token_for(user))
            assert await second.close_code() == 4429
            await third.sign_in(other)
            await first.send(op="ping", id=1)
            assert await first.receive() == {"type": "pong", "id": 1}
        async with peer_of(broadcaster) as again:
            await again.sign_in(user)


async def test_too_many_clients_from_one_address(postgres_dsn: str, redis_url: str, user: UserId) -> None:
    """Connections count from the handshake on, so that strangers cannot fill the room either."""
    async with broadcaster_at(postgres_dsn, redis_url, clients_per_address_max=1, auth_timeout_s=30.0) as broadcaster:
        async with peer_of(broadcaster), peer_of(broadcaster) as second:
            assert await second.close_code() == 4429
        async with peer_of(broadcaster) as third:
            await third.sign_in(user)


async def test_the_token_ends_the_connection(postgres_dsn: str, redis_url: str, user: UserId) -> None:
    """When the token expires the connection closes with 4401, unless it was renewed."""
    async with (
        broadcaster_at(postgres_dsn, redis_url) as broadcaster,
        peer_of(broadcaster) as ended,
        peer_of(broadcaster) as renewed,
    ):
        for peer in (ended, renewed):
            await peer.send(op="auth", token=token_for(user, 1.5))
            assert (await peer.receive())["type"] == "welcome"
        await renewed.send(op="auth", id="again", token=token_for(user, 600))
        answer = await renewed.receive()
        assert (answer["type"], answer["id"]) == ("authenticated", "again")
        assert await ended.close_code() == 4401
        await renewed.send(op="ping", id=1)
        assert await renewed.receive() == {"type": "pong", "id": 1}


@pytest.mark.parametrize("whose", ["another user's", "nobody's"])
async def test_renewal_with_a_wrong_token(broadcaster: Running, pool: Pool, user: UserId, whose: str) -> None:
    """A connection belongs to the user who opened it."""
    token = token_for(await add_user(pool)) if whose == "another user's" else "nonsense"
    async with peer_of(broadcaster) as peer:
        await peer.sign_in(user)
        await peer.send(op="auth", token=token)
        assert await peer.close_code() == 4401


async def test_other_paths_and_origins(postgres_dsn: str, redis_url: str) -> None:
    """There is one path; a browser from elsewhere does not get in; /health answers plain HTTP."""
    async with broadcaster_at(postgres_dsn, redis_url, origins=("https://app.example",)) as broadcaster:
        for options in ({"path": "/v2"}, {"path": "/v1", "origin": "https://evil.example"}):
            with pytest.raises(InvalidStatus) as refused:
                await connect_to(broadcaster.port, **options)
            assert refused.value.response.status_code == (404 if options["path"] == "/v2" else 403)
        reader, writer = await asyncio.open_connection("127.0.0.1", broadcaster.port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await reader.read()
        writer.close()


async def send_quietly(peer: Peer, data: bytes) -> None:
    """Send what the server will not read to its end."""
    with suppress(ConnectionClosed):
        await peer.connection.send(data, text=True)
