"""Every code that an error of the REST API may carry: stable and public. docs/api.md shows them."""

from collections.abc import Mapping
from typing import NamedTuple


class Code(NamedTuple):
    """The status that it comes with, and what to do about it."""

    status: int
    meaning: str


CODES: Mapping[str, Code] = {
    "token_in_url": Code(400, "Send the token in the Authorization header, never in the address."),
    "malformed": Code(400, "A webhook's body is not what its provider sends."),
    "foreign_redirect": Code(400, "`redirect_url` must lead to a page of this service."),
    "unknown_link_token": Code(400, "The link token was not made for you, or is too old: begin again."),
    "connection_taken": Code(400, "Another user has linked this login."),
    "bad_cursor": Code(400, "The cursor is not one that this list gave: begin without one."),
    "same_account": Code(400, "An account is itself: name another one."),
    "bad_idempotency_key": Code(400, "`Idempotency-Key` has 1 to 200 letters, digits and `- _ . :`."),
    "provider_refused": Code(400, "The provider refuses what was sent, such as a token that is too old."),
    "days_reversed": Code(400, "`start_date` must not be after `end_date`."),
    "bad_request": Code(400, "The request cannot be read at all."),
    "unauthenticated": Code(401, "There is no valid token: sign in again."),
    "operators_only": Code(403, "An operator's token is needed."),
    "flag_off": Code(403, "A feature flag is off for you: `GET /api/flags`."),
    "not_found": Code(404, "There is nothing at this address."),
    "unknown_account": Code(404, "You have no such account."),
    "unknown_connection": Code(404, "You have no such connection."),
    "unknown_user": Code(404, "There is no such user."),
    "unknown_job": Code(404, "There is no such dead job, or the same waits already."),
    "unknown_product": Code(404, "There is no such product; `detail` names those that there are."),
    "method_not_allowed": Code(405, "The address does not take this method."),
    "reconnect_needed": Code(409, "The institution wants the user to sign in again; nothing was deleted."),
    "idempotency_key_in_use": Code(409, "The first request with this key is under way: try again."),
    "idempotency_answer_lost": Code(409, "The first request was answered; see what it did, then use another key."),
    "body_too_large": Code(413, "A body has at most 64 KiB."),
    "invalid": Code(422, "A parameter or field is missing or wrong; `detail` names it."),
    "idempotency_key_reused": Code(422, "This key came with another request: use another key."),
    "keys_refused": Code(422, "Alpaca refuses these keys; paper and live accounts have different ones."),
    "no_product": Code(422, "The login offers none of our products; it was not linked."),
    "unsupported": Code(422, "The institution or plan cannot do this, now or later."),
    "rate_limited": Code(429, "Too many requests: try again after `Retry-After` seconds."),
    "internal_error": Code(500, "A fault of ours; it has been logged."),
    "provider_error": Code(502, "A provider gave an answer that we do not understand."),
    "retry_later": Code(503, "Something that is needed is busy or down: try again after `Retry-After` seconds."),
    "not_set_up": Code(503, "This service has no credentials for that provider."),
}
