"""Plaid's SDK, used raw: the answer's bytes, a time-out on each call, our own decoder.

Why raw: the SDK's models cost 0.27 ms of GIL a holding, lose decimals and fail as a whole on one odd record.
Every call runs in one of `calls`' threads; one SDK client serves all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import plaid
import urllib3
from plaid.api import plaid_api

from providers.calls import Calls
from providers.limits import Budget

Document = TypeVar("Document")

_CONNECT_TIMEOUT_S = 3.05
_SOCKETS_MAX = 16
# endpoint: (a minute by Item, by client), in production and in the sandbox; Plaid's page of 2026-03-07.
_LIMITS: dict[str, tuple[tuple[int | None, int], tuple[int | None, int]]] = {
    "investments_holdings_get": ((15, 2_000), (100, 1_000)),
    "investments_transactions_get": ((30, 20_000), (100, 1_000)),
    "investments_refresh": ((1, 100), (1, 100)),
    "accounts_get": ((15, 15_000), (100, 5_000)),
    "accounts_balance_get": ((5, 1_200), (25, 100)),
    "item_get": ((15, 5_000), (40, 5_000)),
    "item_remove": ((30, 2_000), (100, 500)),
    "transactions_sync": ((50, 2_500), (50, 1_000)),
    "institutions_get_by_id": ((None, 400), (None, 400)),
}


class PlaidClient:
    """Calls endpoints by the SDK's method names and decodes their answers."""

    def __init__(self, url: str, client_id: str, secret: str, calls: Calls, *, sandbox: bool, timeout_s: float) -> None:
        configuration = plaid.Configuration(host=url.rstrip("/"), api_key={"clientId": client_id, "secret": secret})
        configuration.connection_pool_maxsize = _SOCKETS_MAX
        # Not `False`: without a Retry object the SDK turns a TLS failure into an AttributeError.
        configuration.retries = urllib3.Retry(connect=1, read=0, redirect=0, status=0, other=0)
        self._api = plaid_api.PlaidApi(plaid.ApiClient(configuration))
        self._calls = calls
        self._timeout_s = timeout_s
        self._is_sandbox = sandbox

    async def post(
        self,
        method: str,
        request: Mapping[str, Any],
        kind: type[Document],
        *,
        item: str | None = None,
        timeout_s: float | None = None,
    ) -> Document:
        """Call an endpoint and return its answer.

        Args:
            method: The SDK's method, e.g. `investments_holdings_get`.
            request: The JSON body, without our keys; ISO dates as text.
            kind: What to decode.
            item: The Item whose limit the call counts against.
            timeout_s: Longest wait, seconds, where the usual one is too short.

        Raises:
            NavstreamError: See `errors.py`.
        """
        read_timeout_s = timeout_s or self._timeout_s

        def send() -> Document:
            answer = getattr(self._api, method)(
                dict(request), _preload_content=False, _request_timeout=(_CONNECT_TIMEOUT_S, read_timeout_s)
            )
            return msgspec.json.decode(answer.data, type=kind)

        return await self._calls.call(send, self._budgets(method, item), timeout_s=read_timeout_s + _CONNECT_TIMEOUT_S)

    def _budgets(self, method: str, item: str | None) -> Sequence[Budget]:
        """Return the limits of a call, the client's first."""
        limits = _LIMITS.get(method)
        if limits is None:
            return ()
        by_item, by_client = limits[1 if self._is_sandbox else 0]
        budgets = [Budget(method, by_client)]
        if item is not None and by_item is not None:
            budgets.append(Budget(f"{method} {item}", by_item))
        return budgets

    async def close(self) -> None:
        """Close the idle sockets."""
        self._api.api_client.rest_client.pool_manager.clear()
