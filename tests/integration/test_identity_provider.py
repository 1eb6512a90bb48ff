"""Tokens of an identity provider: its published keys, their rotation, and how seldom they are asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.exceptions import ConnectionClosed

from api.app import Parts
from realtime.auth import Tokens, Unauthenticated
from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.domain.account import UserId
from realtime.errors import RetryLater
from realtime.identity_provider import IdentityProvider
from realtime.settings import Settings
from realtime.store.pool import Pool
from realtime.store.users import create_user
from tests.support.api import SECRET, running_api
from tests.support.broadcasting import Peer, broadcaster_at, connect_to
from tests.support.hand_clock import HandClock
from tests.support.key_server import AUDIENCE, ISSUER, KeyServer, key_server

ADA = UserId(str(uuid4()))


@pytest.fixture
async def server() -> AsyncIterator[KeyServer]:
    async with key_server() as server:
        yield server


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def tokens(server: KeyServer, clock: HandClock) -> Tokens:
    provider = IdentityProvider(server.url, ISSUER, AUDIENCE, 30.0, clock)
    return Tokens(SECRET, "navstream", "navstream", provider)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_tokens_of_the_provider_and_our_own_are_taken(server: KeyServer, tokens: Tokens, algorithm: str) -> None:
    """Ensure both kinds name their user, and the keys are read once."""
    server.add("second", algorithm)
    for _ in range(3):
        assert (await tokens.identify(server.token("second", ADA)))[0] == ADA
    assert (await tokens.identify(tokens.issue(ADA, datetime.now(UTC), 60)))[0] == ADA
    assert server.requests_count == 1


async def test_a_new_key_is_found(server: KeyServer, tokens: Tokens, clock: HandClock) -> None:
    """Ensure that a rotation at the provider needs nothing of us, and a key that was withdrawn ends."""
    old = server.token("first", ADA)
    await tokens.identify(old)
    del server.keys["first"]
    server.add("second", "ES256")
    clock.move(11)
    assert (await tokens.identify(server.token("second", ADA)))[0] == ADA
    with pytest.raises(Unauthenticated):
        await tokens.identify(old)


async def test_forged_key_ids_do_not_flood_the_provider(server: KeyServer, tokens: Tokens, clock: HandClock) -> None:
    """Ensure that a thousand unknown keys are one question, and ten seconds later one more."""
    await tokens.identify(server.token("first", ADA))
    forger = KeyServer()
    forger.add("mine", "ES256")
    key = forger.keys["mine"]
    forger.keys |= {f"forged-{number}": key for number in range(1000)}
    forged = [forger.token(kid, ADA) for kid in forger.keys]
    for wait_s, expected in ((0, 1), (11, 2)):
        clock.move(wait_s)
        answers = await asyncio.gather(*(tokens.identify(token) for token in forged), return_exceptions=True)
        assert {type(answer) for answer in answers} == {Unauthenticated}
        assert server.requests_count == expected


async def test_keys_are_read_anew_after_a_while(server: KeyServer, tokens: Tokens, clock: HandClock) -> None:
    """Ensure that a withdrawn key ends within ten minutes though tokens of it keep coming."""
    token = server.token("first", ADA)
    await tokens.identify(token)
    del server.keys["first"]
    clock.move(599)
    await tokens.identify(token)
    clock.move(2)
    with pytest.raises(Unauthenticated):
        await tokens.identify(token)


async def test_a_provider_that_is_down_is_a_passing_fault(server: KeyServer, tokens: Tokens, clock: HandClock) -> None:
    """Ensure known keys serve for an hour, nobody is refused for an outage, and it heals."""
    server.is_down = True
    token = server.token("first", ADA)
    for _ in range(2):
        with pytest.raises(RetryLater):
            await tokens.identify(token)
    assert server.requests_count == 1
    server.is_down = False
    clock.move(11)
    await tokens.identify(token)
    server.is_down = True
    clock.move(3590)
    assert (await tokens.identify(token))[0] == ADA
    clock.move(20)
    with pytest.raises(RetryLater):
        await tokens.identify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": "navstream"},
        {"aud": "navstream"},
        {"aud": None},
        {"sub": "auth0|ada"},
        {"sub": None},
        {"exp": datetime.now(UTC) - timedelta(minutes=2)},
        {"exp": None},
        {"nbf": datetime.now(UTC) + timedelta(days=1)},
    ],
)
async def test_wrong_claims_are_refused(server: KeyServer, tokens: Tokens, changes: dict[str, object]) -> None:
    """Ensure issuer, audience, subject and times are checked as those of our own tokens are."""
    with pytest.raises(Unauthenticated):
        await tokens.identify(server.token("first", ADA, **changes))


async def test_clocks_may_differ_a_little(server: KeyServer, tokens: Tokens) -> None:
    """Ensure a token that expired seconds ago by our clock is good until the allowance ends, and says so."""
    expired = datetime.now(UTC) - timedelta(seconds=10)
    _, good_until = await tokens.identify(server.token("first", ADA, exp=expired))
    assert good_until == pytest.approx(expired.timestamp() + 30, abs=1)


async def test_algorithms_are_not_confused(server: KeyServer, tokens: Tokens) -> None:
    """Ensure neither a public key as a shared secret, nor another algorithm than the key's, nor none gets in."""
    _, key = server.keys["first"]
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = {"sub": ADA, "iss": ISSUER, "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}
    body = jwt.encode(claims, "x" * 32, algorithm="HS256").split(".")[1]
    server.add("curve", "ES256")
    server.keys["first"], server.keys["curve"] = server.keys["curve"], server.keys["first"]
    crossed = [server.token(kid, ADA) for kid in ("first", "curve")]
    server.keys["first"], server.keys["curve"] = server.keys["curve"], server.keys["first"]
    unsigned = [jwt.encode(claims, "", algorithm="none", headers={"kid": "first"})]
    shared = [jwt.encode(claims, b"secret" * 6, algorithm="HS256", headers={"kid": kid}) for kid in ("first", "shared")]
    operator = jwt.encode(claims | {"role": "operator"}, key, algorithm="RS256", headers={"kid": "first"})
    for token in (*crossed, *unsigned, *shared, f"{public!r}.{body}.", "x.y.z", ""):
        with pytest.raises(Unauthenticated):
            await tokens.identify(token)
    with pytest.raises(Unauthenticated):
        tokens.verify_operator(operator)


async def test_rest_takes_a_token_of_the_provider(
    server: KeyServer, api_pool: Pool, pool: Pool, bus: Bus, tmp_path: Path
) -> None:
    """Ensure that a request with it is its user's, and one while the provider is away is asked to come again."""
    ada = await create_user(pool, "ada")
    settings = Settings(websocket_url="ws://127.0.0.1:9/v1", dashboard_dir=tmp_path)
    provider = IdentityProvider(server.url, ISSUER, AUDIENCE, 30.0, WallClock())
    tokens = Tokens(SECRET, "navstream", "navstream", provider)
    server.is_down = True
    async with running_api(Parts(settings, api_pool, bus, tokens, WallClock())) as api:
        headers = {"Authorization": f"Bearer {server.token('first', ada)}"}
        async with api.http.get(f"{api.url}/api/connections", headers=headers) as answer:
            assert answer.status == 503
        server.is_down = False
        provider._tried_at = -100.0
        async with api.http.get(f"{api.url}/api/connections", headers=headers) as answer:
            assert (answer.status, await answer.json()) == (200, {"connections": []})
        forged = {"Authorization": f"Bearer {server.token('first', ada, aud='other')}"}
        async with api.http.get(f"{api.url}/api/connections", headers=forged) as answer:
            assert answer.status == 401


async def test_a_websocket_takes_a_token_of_the_provider(
    server: KeyServer, postgres_dsn: str, redis_url: str, pool: Pool
) -> None:
    """Ensure that a client signs in with it, and a forged one is closed with 4401."""
    ada = await create_user(pool, "ada")
    settings = {"jwks_url": server.url, "jwks_issuer": ISSUER, "jwks_audience": AUDIENCE}
    async with broadcaster_at(postgres_dsn, redis_url, **settings) as broadcaster:
        peer = Peer(await connect_to(broadcaster.port))
        await peer.send(op="auth", id=1, token=server.token("first", ada))
        assert (await peer.receive())["type"] == "welcome"
        await peer.connection.close()
        forged = Peer(await connect_to(broadcaster.port))
        await forged.send(op="auth", id=1, token=server.token("first", ada, iss="https://elsewhere.example"))
        with pytest.raises(ConnectionClosed) as closed:
            await forged.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
