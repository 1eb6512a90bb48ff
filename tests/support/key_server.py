"""An identity provider on a port of this machine: publishes its keys, issues tokens, can be told to misbehave."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from realtime.domain.account import UserId

ISSUER, AUDIENCE = "https://identity.example", "navstream-app"


@dataclass
class KeyServer:
    """The provider.

    Attributes:
        keys: Signing keys by id, each with its algorithm; all are published.
        requests_count: How often the key set was asked for.
        is_down: It answers 503.
    """

    url: str = ""
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    requests_count: int = 0
    is_down: bool = False

    def add(self, kid: str, algorithm: str) -> None:
        made = (
            rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
        )
        self.keys[kid] = algorithm, made

    def published(self) -> dict[str, Any]:
        keys = []
        for kid, (algorithm, key) in self.keys.items():
            encode = RSAAlgorithm.to_jwk if algorithm == "RS256" else ECAlgorithm.to_jwk
            keys.append(json.loads(encode(key.public_key())) | {"kid": kid, "use": "sig", "alg": algorithm})
        return {"keys": [*keys, {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}, {"kty": "unheard-of", "kid": "odd"}]}

    def token(self, kid: str, user: UserId, **changes: object) -> str:
        """Return a token of one of the keys; `changes` replace claims, None takes one away."""
        algorithm, key = self.keys[kid]
        claims = {
            "sub": user,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": datetime.now(UTC) + timedelta(minutes=5),
        } | changes
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid})

    async def answer(self, _request: web.Request) -> web.Response:
        self.requests_count += 1
        return web.Response(status=503) if self.is_down else web.json_response(self.published())


@asynccontextmanager
async def key_server() -> AsyncIterator[KeyServer]:
    """Serve while the block runs, on any free port, with one key."""
    server = KeyServer()
    server.add("first", "RS256")
    app = web.Application()
    app.router.add_get("/keys", server.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [address] = runner.addresses
    server.url = f"http://127.0.0.1:{address[1]}/keys"
    try:
        yield server
    finally:
        await runner.cleanup()
