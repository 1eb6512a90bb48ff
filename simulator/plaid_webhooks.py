"""Plaid's webhooks: the signed request and the payloads (pure; provider sheet, section 6)."""

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from simulator.plaid_errors import PlaidError

ENVIRONMENT = "sandbox"


def body_bytes(payload: dict[str, Any]) -> bytes:
    """Encode as Plaid does: two spaces of indent, keys in alphabetical order, no newline at the end."""
    return json.dumps(payload, indent=2, sort_keys=True).encode()


@dataclass(slots=True)
class WebhookKeys:
    """The signing keys by id; the newest one signs, the older ones still verify."""

    keys: dict[str, tuple[ec.EllipticCurvePrivateKey, float, float | None]] = field(default_factory=dict)
    current: str = ""

    def rotate(self, now: float, key_id: str | None = None) -> str:
        """Make a new key the signing one, expire the old one, and return the new key's id."""
        if self.current:
            key, created_at, _ = self.keys[self.current]
            self.keys[self.current] = (key, created_at, now)
        self.current = key_id or str(uuid.uuid4())
        self.keys[self.current] = (ec.generate_private_key(ec.SECP256R1()), now, None)
        return self.current

    def signed_headers(self, body: bytes, now: float) -> dict[str, str]:
        """Return the headers of one delivery attempt; `iat` is the attempt's own time, seconds."""
        claims = {"iat": int(now), "request_body_sha256": hashlib.sha256(body).hexdigest()}
        token = jwt.encode(
            claims,
            self.keys[self.current][0],
            algorithm="ES256",
            headers={"kid": self.current, "typ": "JWT"},
        )
        return {"Content-Type": "application/json", "Plaid-Verification": token}

    def public_key(self, key_id: str) -> dict[str, Any]:
        """Return the JSON Web Key of `/webhook_verification_key/get`."""
        if key_id not in self.keys:
            raise PlaidError("INVALID_WEBHOOK_VERIFICATION_KEY_ID")
        key, created_at, expired_at = self.keys[key_id]
        point = key.public_key().public_numbers()
        return {
            "alg": "ES256",
            "created_at": int(created_at),
            "crv": "P-256",
            "expired_at": None if expired_at is None else int(expired_at),
            "kid": key_id,
            "kty": "EC",
            "use": "sig",
            "x": _coordinate(point.x),
            "y": _coordinate(point.y),
        }


def _coordinate(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def error_fields(error_code: str) -> dict[str, Any]:
    """Return the error of a webhook: as in an answer, with `status`."""
    error = PlaidError(error_code)
    return {**error.fields(), "status": error.status}


# What each (type, code) carries besides type, code, environment and item_id.
_EXTRA: dict[tuple[str, str], dict[str, Any]] = {
    ("HOLDINGS", "DEFAULT_UPDATE"): {"error": None, "new_holdings": 0, "updated_holdings": 1},
    ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE"): {
        "error": None,
        "new_investments_transactions": 1,
        "cancelled_investments_transactions": 0,
    },
    ("INVESTMENTS_TRANSACTIONS", "HISTORICAL_UPDATE"): {
        "error": None,
        "new_investments_transactions": 1,
        "cancelled_investments_transactions": 0,
    },
    ("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE"): {
        "initial_update_complete": True,
        "historical_update_complete": True,
    },
    ("TRANSACTIONS", "DEFAULT_UPDATE"): {"error": None, "new_transactions": 0},
    ("ITEM", "PENDING_DISCONNECT"): {
        "reason": "INSTITUTION_TOKEN_EXPIRATION",
        "disconnect_time": "2026-12-31T00:00:00Z",
    },
    ("ITEM", "PENDING_EXPIRATION"): {"consent_expiration_time": "2026-12-31T00:00:00Z"},
    ("ITEM", "LOGIN_REPAIRED"): {},
    ("ITEM", "NEW_ACCOUNTS_AVAILABLE"): {"error": None},
    ("ITEM", "USER_PERMISSION_REVOKED"): {
        "error": {
            "display_message": None,
            "error_code": "USER_PERMISSION_REVOKED",
            "error_message": "the holder of this account has revoked their permission for your application",
            "error_type": "ITEM_ERROR",
            "status": 400,
        },
    },
}


def payload(webhook_type: str, webhook_code: str, item_id: str, **extra: Any) -> dict[str, Any]:
    """Return a webhook's body as a dict; `extra` overrides the defaults of its code."""
    body: dict[str, Any] = {
        "environment": ENVIRONMENT,
        "item_id": item_id,
        "webhook_code": webhook_code,
        "webhook_type": webhook_type,
    }
    if (webhook_type, webhook_code) == ("ITEM", "ERROR"):
        body["error"] = error_fields(extra.pop("error_code", "ITEM_LOGIN_REQUIRED"))
    return body | _EXTRA.get((webhook_type, webhook_code), {}) | extra
