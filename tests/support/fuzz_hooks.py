"""What schemathesis is told beside the OpenAPI page: a key of one request must not come with another."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

from api.idempotency import HEADER, KEY_PATTERN


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Give every request a well-formed key of its own; malformed ones stay."""
    headers: Any = case.headers
    if headers and re.fullmatch(KEY_PATTERN, str(headers.get(HEADER, ""))):
        headers[HEADER] = str(uuid4())
