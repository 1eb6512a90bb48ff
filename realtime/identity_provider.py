"""Tokens of somebody else's identity provider, verified with the keys that it publishes (JWKS, RFC 7517).

Keys are kept for ten minutes. A token whose key is unknown has them read anew, for all who wait together, at most once
in ten seconds: forged tokens cannot make us flood the provider. While it does not answer, keys serve for an hour.
"""

import asyncio
import math
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt

from realtime.clock import Clock
from realtime.domain.account import UserId
from realtime.errors import RetryLater
from realtime.token_claims import Unauthenticated, user_and_expiry

ALGORITHMS = frozenset({"RS256", "ES256"})
_FRESH_FOR_S = 600.0
_SERVE_FOR_S = 3600.0
_READ_AGAIN_AFTER_S = 10.0
_TIMEOUT_S = 5.0
_BYTES_MAX = 256 * 1024
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, ValueError, jwt.PyJWTError)


@dataclass
class IdentityProvider:
    """One provider.

    Attributes:
        url: Of its key set.
        issuer, audience: What its tokens must carry.
        leeway_s: How far its clock may be from ours, seconds.
    """

    url: str
    issuer: str
    audience: str
    leeway_s: float
    clock: Clock
    reads_count: int = 0
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _read_at: float = -math.inf
    _tried_at: float = -math.inf
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def verify(self, token: str, header: dict[str, Any]) -> tuple[UserId, float]:
        """Return the token's user, and until when it is good (wall time, seconds since 1970).

        Raises:
            Unauthenticated: The token is not valid.
            RetryLater: The provider does not answer, and its keys are unknown or too old.
        """
        key = await self._key(header.get("kid"))
        if key is None:
            raise Unauthenticated("the token is not valid: its key is unknown")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self.issuer,
                audience=self.audience,
                leeway=self.leeway_s,
                options={"require": ["sub", "exp", "iss", "aud"]},
            )
            user_id, expires_at = user_and_expiry(claims)
        except (jwt.PyJWTError, ValueError) as error:
            raise Unauthenticated(f"the token is not valid: {type(error).__name__}") from None
        return user_id, expires_at + self.leeway_s

    async def _key(self, kid: object) -> jwt.PyJWK | None:
        if not isinstance(kid, str):
            return None
        if kid not in self._keys or self._age_s() > _FRESH_FOR_S:
            await self._read(kid)
        return self._keys.get(kid)

    async def _read(self, kid: str) -> None:
        """Read the keys, unless that was done or tried just now."""
        async with self._reading:
            now_s = self.clock.monotonic()
            is_known = kid in self._keys and self._age_s() <= _FRESH_FOR_S
            if not is_known and now_s - self._tried_at >= _READ_AGAIN_AFTER_S:
                self._tried_at = now_s
                self.reads_count += 1
                try:
                    self._keys = await _published(self.url)
                    self._read_at = self.clock.monotonic()
                except _FAILURES as error:
                    if self._age_s() > _SERVE_FOR_S:
                        self._keys = {}
                        raise _unreachable() from error
            if self._age_s() > _SERVE_FOR_S:
                raise _unreachable()

    def _age_s(self) -> float:
        return self.clock.monotonic() - self._read_at


def _unreachable() -> RetryLater:
    return RetryLater("the identity provider's keys cannot be read", _READ_AGAIN_AFTER_S)


async def _published(url: str) -> dict[str, jwt.PyJWK]:
    """Return the signing keys that a provider publishes, by key id; those for other ends or algorithms are none.

    Raises:
        aiohttp.ClientError, OSError, TimeoutError: It does not answer.
        ValueError, jwt.PyJWTError: What it answers is no key set.
    """
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url, allow_redirects=False) as answer:
        answer.raise_for_status()
        body = await answer.content.read(_BYTES_MAX)
    keys = jwt.PyJWKSet.from_json(body.decode())
    return {
        key.key_id: key
        for key in keys
        if key.key_id is not None and key.algorithm_name in ALGORITHMS and key.public_key_use in {None, "sig"}
    }
