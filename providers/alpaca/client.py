"""alpaca-py's account clients: raw answers, a time-out on each request, no sleeping retries, a client per read.

Why raw: one null or unknown enum value in one position fails the SDK's whole list.
Why a client per read: the `requests` session inside is not for several threads.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from alpaca.broker.client import BrokerClient
from alpaca.trading.client import TradingClient
from pydantic import SecretStr
from requests.adapters import HTTPAdapter

from providers.alpaca.documents import Keys
from providers.calls import Calls
from providers.limits import Budget

Answer = TypeVar("Answer")

_CONNECT_TIMEOUT_S = 3.05
_BY_ACCOUNT_A_MINUTE = 200
_READS_MAX = 3
PAGE = 100
_ACCOUNTS_PAGE = 1_000
_PAGES_MAX = 200


class AccountReader(Protocol):
    """Blocking reads of one account; each returns Alpaca's JSON."""

    def account(self) -> Any: ...

    def positions(self) -> Any: ...

    def activities(self, since: str, page_token: str | None) -> Any: ...

    def history(self, period: str) -> Any: ...

    def headers(self) -> Mapping[str, str]: ...


class AlpacaClient:
    """Reads accounts by their own keys, or through the firm's."""

    def __init__(
        self,
        calls: Calls,
        *,
        trading_url: str,
        broker_url: str,
        broker_key: str | None,
        broker_secret: SecretStr | None,
        timeout_s: float,
    ) -> None:
        self._calls = calls
        self._trading_url = trading_url.rstrip("/")
        self._broker_url = broker_url.rstrip("/")
        self._broker_key = broker_key
        self._broker_secret = broker_secret
        self._timeout_s = timeout_s

    async def read(self, account: str, keys: Keys | None, function: Callable[[AccountReader], Answer]) -> Answer:
        """Run some reads of one account in a thread.

        Args:
            account: Alpaca's id of it.
            keys: Its own; None for the firm's.
            function: What to read; also called again after a passing fault by whoever retries.

        Raises:
            NavstreamError: See `errors.py`.
        """
        budget = Budget(f"account {keys.key_id if keys else account}", _BY_ACCOUNT_A_MINUTE)

        def run() -> tuple[Answer, Mapping[str, str]]:
            reader = self._trading(keys) if keys else self._broker(account)
            try:
                return function(reader), reader.headers()
            finally:
                reader.close()

        answer, headers = await self._calls.call(run, (budget,))
        self._calls.observe(budget, headers)
        return answer

    async def firm_accounts(self) -> Sequence[Any]:
        """Return the records of all accounts that the firm's keys reach, oldest first.

        Raises:
            NavstreamError: See `errors.py`.
        """

        def run() -> Sequence[Any]:
            sdk = self._firm()
            try:
                return _all_accounts(sdk)
            finally:
                _close(sdk)

        return await self._calls.call(run, (Budget("firm", _BY_ACCOUNT_A_MINUTE),))

    async def check_firm(self, now: str) -> None:
        """Ask for the firm's accounts opened after this moment, of which there are none: its keys are accepted.

        Raises:
            NavstreamError: See `errors.py`.
        """

        def run() -> None:
            sdk = self._firm()
            try:
                sdk.get("/accounts", {"created_after": now})
            finally:
                _close(sdk)

        await self._calls.call(run, (Budget("firm", _BY_ACCOUNT_A_MINUTE),))

    def _trading(self, keys: Keys) -> "_TradingReader":
        sdk = TradingClient(keys.key_id, keys.secret_key, raw_data=True, url_override=self._trading_url)
        return _TradingReader(_tamed(sdk, self._timeout_s))

    def _broker(self, account: str) -> "_BrokerReader":
        return _BrokerReader(self._firm(), account)

    def _firm(self) -> Any:
        secret = None if self._broker_secret is None else self._broker_secret.get_secret_value()
        sdk = BrokerClient(self._broker_key, secret, raw_data=True, url_override=self._broker_url)
        return _tamed(sdk, self._timeout_s)


def consistent(reader: AccountReader) -> tuple[dict[str, Any], list[Any]]:
    """Return account and positions of one moment: read again when cash moved in between."""
    account = reader.account()
    positions = reader.positions()
    for _ in range(_READS_MAX):
        later = reader.account()
        if _field(later, "cash") == _field(account, "cash"):
            break
        account, positions = later, reader.positions()
    return account, positions


def all_activities(reader: AccountReader, since: str) -> Sequence[Any]:
    """Return the activities since a day, all pages."""
    found: list[Any] = []
    token: str | None = None
    for _ in range(_PAGES_MAX):
        page = reader.activities(since, token)
        found += page
        if len(page) < PAGE:
            break
        last = _field(page[-1], "id")
        if last is None:
            break
        token = str(last)
    return found


def _all_accounts(sdk: Any) -> Sequence[Any]:
    """Return the firm's accounts, page by page; a page begins after the newest account of the one before."""
    found: list[Any] = []
    newest: str | None = None
    for _ in range(_PAGES_MAX):
        page = sdk.get("/accounts", {"sort": "asc"} | ({} if newest is None else {"created_after": newest}))
        found += page
        last = _field(page[-1], "created_at") if page else None
        if len(page) < _ACCOUNTS_PAGE or last in {None, newest}:
            break
        newest = last
    return found


class _Reader:
    """One SDK client, for one read."""

    def __init__(self, sdk: Any) -> None:
        self._sdk = sdk

    def headers(self) -> Mapping[str, str]:
        """Return those of the last answer."""
        return self._sdk._session.get_adapter("https://").headers  # type: ignore[no-any-return]  # noqa: SLF001

    def close(self) -> None:
        _close(self._sdk)


class _TradingReader(_Reader):
    def account(self) -> Any:
        return self._sdk.get_account()

    def positions(self) -> Any:
        return self._sdk.get_all_positions()

    def activities(self, since: str, page_token: str | None) -> Any:
        return self._sdk.get("/account/activities", _page(since, page_token))

    def history(self, period: str) -> Any:
        return self._sdk.get("/account/portfolio/history", {"period": period, "timeframe": "1D"})


class _BrokerReader(_Reader):
    def __init__(self, sdk: Any, account: str) -> None:
        super().__init__(sdk)
        self._account = account

    def account(self) -> Any:
        return self._sdk.get_trade_account_by_id(self._account)

    def positions(self) -> Any:
        return self._sdk.get_all_positions_for_account(self._account)

    def activities(self, since: str, page_token: str | None) -> Any:
        return self._sdk.get("/accounts/activities", {"account_id": self._account} | _page(since, page_token))

    def history(self, period: str) -> Any:
        path = f"/trading/accounts/{self._account}/account/portfolio/history"
        return self._sdk.get(path, {"period": period, "timeframe": "1D"})


def _close(sdk: Any) -> None:
    sdk._session.close()  # noqa: SLF001  # the SDK has no close


def _page(since: str, token: str | None) -> dict[str, str]:
    page = {"after": since, "direction": "desc", "page_size": str(PAGE)}
    return page if token is None else page | {"page_token": token}


def _field(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, dict) else None


class _InTime(HTTPAdapter):
    """Gives each request a time-out, which the SDK does not, and keeps the headers, which it hides."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout = (_CONNECT_TIMEOUT_S, timeout_s)
        self.headers: Mapping[str, str] = {}

    def send(self, request: Any, *args: Any, **options: Any) -> Any:
        options["timeout"] = options.get("timeout") or self._timeout
        answer = super().send(request, *args, **options)
        self.headers = answer.headers
        return answer


def _tamed(sdk: Any, timeout_s: float) -> Any:
    adapter = _InTime(timeout_s)
    sdk._session.mount("http://", adapter)  # noqa: SLF001  # no public knob
    sdk._session.mount("https://", adapter)  # noqa: SLF001
    sdk._retry = 0  # noqa: SLF001  # or it sleeps three seconds a try, in our thread
    return sdk
