"""SnapTrade's request and webhook signatures (pure; provider sheet, sections 1.2 and 7)."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote, unquote

LEGACY_PREFIX = "/api/v1"


def canonical(value: Any) -> bytes:
    """Encode with sorted keys, without spaces, non-ASCII escaped."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def digest(consumer_key: str, message: bytes) -> str:
    return base64.b64encode(hmac.new(consumer_key.encode(), message, hashlib.sha256).digest()).decode()


def request_signature(consumer_key: str, path: str, query: str, body: Any) -> str:
    """Return the `Signature` header of a request; an empty body, `{}` too, is signed as null."""
    return digest(consumer_key, canonical({"content": body or None, "path": path, "query": query}))


def webhook_signature(consumer_key: str, body: bytes) -> str:
    """Return the `Signature` header of a webhook; the body is signed re-serialised, not as sent."""
    return digest(consumer_key, canonical(json.loads(body)))


def matches(consumer_key: str, path: str, query: str, body: Any, signature: str) -> bool:
    """Whether the signature is right over the path as sent, or without the legacy prefix."""
    paths = {path, path.removeprefix(LEGACY_PREFIX) or "/"}
    return any(
        hmac.compare_digest(request_signature(consumer_key, candidate, query, body), signature) for candidate in paths
    )


def requoted(query: str) -> str:
    """Return the query as an SDK signs it, when a transport has decoded some of its characters on the way."""
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(quote(unquote(name)) + separator + quote(unquote(value)) for name, separator, value in pairs)
