"""SnapTrade's webhooks are signed with the consumer key, over the body written anew with sorted keys.

https://docs.snaptrade.com/docs/webhooks: `Signature` is the base64 of the HMAC-SHA256. A retry comes up to 3.5 hours
later, perhaps with its old time, so older events are taken as long as they are not known yet; what they say is read
at SnapTrade itself anyway.
"""

import base64
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from realtime.auth import Unauthenticated
from realtime.clock import Clock
from realtime.errors import BadRequest

_AGE_MAX = timedelta(hours=4)
_SKEW_MAX = timedelta(minutes=5)


class SnapTradeWebhooks:
    """Verifies."""

    def __init__(self, consumer_key: SecretStr, clock: Clock) -> None:
        """Verify with our consumer key."""
        self._consumer_key = consumer_key
        self._clock = clock

    def verify(self, signature: str | None, body: bytes) -> dict[str, Any]:
        """Return what a body says, once it is sure that SnapTrade sent it lately.

        Raises:
            Unauthenticated: It is forged, altered or stale.
            BadRequest: It is no JSON object.
        """
        try:
            event = json.loads(body)
        except ValueError as error:
            raise BadRequest("malformed", "the body is not JSON") from error
        if not isinstance(event, dict):
            raise BadRequest("malformed", "the body is not a JSON object")
        canonical = json.dumps(event, separators=(",", ":"), sort_keys=True).encode()
        digest = hmac.digest(self._consumer_key.get_secret_value().encode(), canonical, "sha256")
        if signature is None or not hmac.compare_digest(signature.encode(), base64.b64encode(digest)):
            raise Unauthenticated("the webhook's signature is not SnapTrade's")
        try:
            age = self._clock.now() - datetime.fromisoformat(str(event["eventTimestamp"]))
        except (KeyError, ValueError, TypeError) as error:
            raise Unauthenticated("the webhook does not say when it was made") from error
        if not -_SKEW_MAX <= age <= _AGE_MAX:
            raise Unauthenticated("the webhook is stale")
        event.pop("webhookSecret", None)
        return event
