"""SnapTrade's SDK: the sync client in threads, with the time-outs that it lacks and without its hidden retries.

Why not the SDK's async methods: a new connection each call, signatures broken by re-quoting, errors lost.
Why no retries: the SDK would sleep for minutes on a 429 in our thread, then send the same, stale signature.
The user secret travels in the query string; urllib3's own logger is made to leave it out.
"""

import logging
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from pydantic import SecretStr
from snaptrade_client.auth import SnapTradeAuth
from snaptrade_client.client import SnapTrade
from snaptrade_client.configuration import Configuration

from providers.calls import Calls
from providers.limits import Budget
from realtime.log import redact

Document = TypeVar("Document")

_CONNECT_TIMEOUT_S = 3.05
_SOCKETS_MAX = 16
_BY_CUSTOMER = Budget("customer", 250)


class SnapTradeClient:
    """Calls the SDK's methods and decodes their answers."""

    def __init__(self, url: str, client_id: str, consumer_key: SecretStr, calls: Calls, *, timeout_s: float) -> None:
        auth = SnapTradeAuth.commercial_api_key(consumer_key=consumer_key.get_secret_value(), client_id=client_id)
        configuration = Configuration(host=url, auth=auth)
        configuration.retries = False  # type: ignore[assignment]  # the SDK declares the default's type
        configuration.connection_pool_maxsize = _SOCKETS_MAX
        self._sdk = SnapTrade(configuration=configuration, auth=None)
        self._timeout_s = timeout_s
        self._calls = calls
        _set_timeout(self._sdk, timeout_s)
        _keep_secrets_out_of_logs()

    async def call(self, method: str, kind: type[Document], **arguments: object) -> Document:
        """Call a method of the SDK and decode its answer.

        Args:
            method: Group and name, e.g. `connections.delete_connection`.
            kind: What to decode.
            arguments: The method's own; None leaves one out.

        Raises:
            NavstreamError: See `errors.py`.
        """
        given = {name: argument for name, argument in arguments.items() if argument is not None}
        function: Callable[..., Any] = attrgetter(method)(self._sdk)

        def send() -> tuple[Document, Mapping[str, str]]:
            response = function(**given).response
            return msgspec.json.decode(response.data, type=kind), response.headers

        answer, headers = await self._calls.call(send, (_BY_CUSTOMER,), timeout_s=self._timeout_s + _CONNECT_TIMEOUT_S)
        self._calls.observe(_BY_CUSTOMER, headers)
        return answer

    async def close(self) -> None:
        """Close the idle sockets."""
        self._sdk.account_information.api_client.rest_client.pool_manager.clear()


def _set_timeout(sdk: Any, timeout_s: float) -> None:
    """Give every request of the client a time-out; its methods take none and pass None down."""
    transport = sdk.account_information.api_client.rest_client
    request = transport.request

    def request_in_time(*args: Any, **options: Any) -> Any:
        if options.get("timeout") is None:
            options["timeout"] = (_CONNECT_TIMEOUT_S, timeout_s)
        return request(*args, **options)

    transport.request = request_in_time


class _Redact(logging.Filter):
    """Takes user secrets out of log lines, and leaves out the SDK's dumps of whole answers."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        return record.levelno > logging.DEBUG or record.name.startswith("urllib3")


def _keep_secrets_out_of_logs() -> None:
    for name in ("urllib3.connectionpool", "snaptrade_client", "snaptrade_client.rest"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Redact) for known in logger.filters):
            logger.addFilter(_Redact())
