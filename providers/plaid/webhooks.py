"""Plaid's webhooks are signed: who sent them, when, and that nobody has changed them.

https://plaid.com/docs/api/webhooks/webhook-verification: the header `Plaid-Verification` is a JWT, ES256, whose `iat`
is at most five minutes old and whose `request_body_sha256` is that of the raw body. Keys are asked for by id.
"""

import hmac
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import jwt
import msgspec

from providers.plaid.client import PlaidClient
from realtime.auth import Unauthenticated
from realtime.clock import Clock
from realtime.errors import BadRequest

_ALGORITHM = "ES256"
_AGE_MAX_S = 300.0
_SKEW_MAX_S = 60.0
_KEY_KEPT_S = 24 * 3600.0
_UNKNOWN_KEPT_S = 60.0
_UNKNOWN_MAX = 1_000
_ASKED_AT_MOST_EVERY_S = 1.0


class _KeyAnswer(msgspec.Struct, frozen=True):
    key: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Key:
    key: jwt.PyJWK
    fetched_at: float
    expires_at: float | None


class PlaidWebhooks:
    """Verifies; keys are kept for a day, unknown ids for a minute, so that forgeries cost Plaid nothing."""

    def __init__(self, client: PlaidClient, clock: Clock) -> None:
        """Know no key yet."""
        self._client = client
        self._clock = clock
        self._keys: dict[str, _Key] = {}
        self._unknown: OrderedDict[str, float] = OrderedDict()
        self._asked_at = float("-inf")

    async def verify(self, signature: str | None, body: bytes) -> None:
        """Make sure that Plaid sent this body a moment ago.

        Raises:
            Unauthenticated: It is forged, altered or stale.
            RetryLater: The key cannot be had now.
        """
        if signature is None:
            raise Unauthenticated("the webhook is not signed")
        try:
            header = jwt.get_unverified_header(signature)
            key_id = header.get("kid")
            if header.get("alg") != _ALGORITHM or not isinstance(key_id, str):
                raise Unauthenticated("the webhook is not signed as Plaid does")
            key = await self._key(key_id)
            claims = jwt.decode(
                signature, key.key, algorithms=[_ALGORITHM], options={"require": ["iat"], "verify_iat": False}
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated("the webhook's signature is not Plaid's") from error
        age_s = self._clock.now().timestamp() - float(claims["iat"])
        if not -_SKEW_MAX_S <= age_s <= _AGE_MAX_S:
            raise Unauthenticated("the webhook is stale")
        if not hmac.compare_digest(str(claims.get("request_body_sha256")), sha256(body).hexdigest()):
            raise Unauthenticated("the webhook's body is not what was signed")

    async def _key(self, key_id: str) -> _Key:
        now = self._clock.now().timestamp()
        known = self._keys.get(key_id)
        if known is None or now - known.fetched_at > _KEY_KEPT_S:
            known = await self._fetch(key_id, now)
        if known.expires_at is not None and known.expires_at < now - _AGE_MAX_S:
            raise Unauthenticated("the webhook's key has expired")
        return known

    async def _fetch(self, key_id: str, now: float) -> _Key:
        if self._unknown.get(key_id, float("-inf")) > now - _UNKNOWN_KEPT_S:
            raise Unauthenticated("the webhook's key is unknown")
        if self._keys and now - self._asked_at < _ASKED_AT_MOST_EVERY_S:
            raise Unauthenticated("the webhook's key is unknown, and another was asked for just now")
        self._asked_at = now
        try:
            answer = await self._client.post("webhook_verification_key_get", {"key_id": key_id}, _KeyAnswer)
        except BadRequest as error:
            self._unknown[key_id] = now
            if len(self._unknown) > _UNKNOWN_MAX:
                self._unknown.popitem(last=False)
            raise Unauthenticated("the webhook's key is unknown") from error
        expires_at = answer.key.get("expired_at")
        key = _Key(jwt.PyJWK(answer.key, algorithm=_ALGORITHM), now, None if expires_at is None else float(expires_at))
        self._keys[key_id] = key
        return key
