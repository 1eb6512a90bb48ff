"""The REST API as typed calls, and a stream that knows where the live values are (loop)."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import aiohttp
import msgspec

from navstream.client.answers import Account, Config, Connection, Intraday, Portfolio, Session, SyncLog, Transaction
from navstream.client.stream import Stream, Token, bearer
from navstream.errors import Problem

_Answer = TypeVar("_Answer")
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0
_PASSING = frozenset({429, 502, 503, 504})


class _Accounts(msgspec.Struct):
    accounts: list[Account]


class _Connections(msgspec.Struct):
    connections: list[Connection]


class _SyncLogs(msgspec.Struct):
    sync_logs: list[SyncLog]


class _Transactions(msgspec.Struct):
    transactions: list[Transaction]
    next_cursor: str | None


class _Problem(msgspec.Struct):
    code: str
    detail: str


class Client:
    """One user's view of a navstream service. Use it as an async context manager; it keeps its connections open.

    Every call raises `Problem` for an answer that is no success, and `aiohttp.ClientError` or `TimeoutError` when there
    is none. What may pass within seconds is tried a few times; writes carry an idempotency key, so that nothing is
    done twice. The stream is tried for ever.
    """

    def __init__(self, url: str, token: Token, *, timeout_s: float = 30.0, attempts: int = 3) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            url: Of the API, e.g. `https://values.example.com`.
            token: The user's bearer token, or a coroutine function that returns a fresh one for each call.
            timeout_s: Longest wait for an answer, seconds.
            attempts: How often a call is tried that may succeed within seconds; 1 for never again.
        """
        self._url = url.rstrip("/")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._attempts = attempts
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def config(self) -> Config:
        """Return where the live values are, the release, and to which providers a user may connect."""
        return await self._get("/api/config", Config)

    async def portfolio(self) -> Portfolio:
        """Return holdings by instrument over all accounts, with live values."""
        return await self._get("/api/portfolio/aggregated", Portfolio)

    async def intraday(self) -> Intraday:
        """Return the total value at each minute of the current trading day."""
        return await self._get("/api/portfolio/intraday", Intraday)

    async def accounts(self) -> list[Account]:
        """Return the active accounts."""
        return (await self._get("/api/accounts", _Accounts)).accounts

    async def connections(self) -> list[Connection]:
        """Return the links to providers and their health."""
        return (await self._get("/api/connections", _Connections)).connections

    async def sync_logs(self, connection_id: str, limit: int = 20) -> list[SyncLog]:
        """Return a connection's newest refreshes, newest first, at most 100."""
        path = f"/api/connections/{quote(connection_id, safe='')}/sync-logs"
        return (await self._get(path, _SyncLogs, {"limit": str(limit)})).sync_logs

    async def transactions(self, account_id: str | None = None, *, page: int = 100) -> AsyncIterator[Transaction]:
        """Yield the investment transactions, newest first, of one account or of all; reads a page at a time."""
        query: dict[str, str] = {"limit": str(page)}
        if account_id is not None:
            query["account_id"] = account_id
        while True:
            answer = await self._get("/api/portfolio/transactions", _Transactions, query)
            for transaction in answer.transactions:
                yield transaction
            if answer.next_cursor is None:
                return
            query["cursor"] = answer.next_cursor

    async def explain(self, account_id: str | None = None) -> dict[str, Any]:
        """Return how an account's total is made, or the portfolio's, line by line (schema ExplanationAnswer)."""
        whose = "portfolio" if account_id is None else f"accounts/{quote(account_id, safe='')}"
        return await self._get(f"/api/{whose}/explain", dict[str, Any])

    async def refresh(self, connection_id: str | None = None) -> None:
        """Ask for a refresh of one connection, or of all; `connections()` says how far it is."""
        if connection_id is None:
            await self._call("POST", "/api/portfolio/refresh")
        else:
            await self._call("POST", f"/api/connections/{quote(connection_id, safe='')}/refresh")

    async def remove(self, connection_id: str) -> None:
        """End a connection at its provider and at the service; its accounts leave the portfolio."""
        await self._call("DELETE", f"/api/connections/{quote(connection_id, safe='')}")

    async def stream(
        self,
        channels: Iterable[str],
        *,
        max_rate_hz: float | None = None,
        packed: bool = False,
        on_disconnect: Callable[[str], None] | None = None,
    ) -> Stream:
        """Return a stream of these channels, at the address that the API tells; arguments as of `Stream`."""
        address = (await self.config()).websocket_url
        return Stream(
            address, self._token, channels, max_rate_hz=max_rate_hz, packed=packed, on_disconnect=on_disconnect
        )

    async def _get(self, path: str, kind: type[_Answer], query: Mapping[str, str] | None = None) -> _Answer:
        return msgspec.json.decode(await self._call("GET", path, query), type=kind)

    async def _call(self, method: str, path: str, query: Mapping[str, str] | None = None) -> bytes:
        key = {} if method == "GET" else {"Idempotency-Key": uuid4().hex}
        for attempt in range(1, self._attempts):
            wait_s = _FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311  # jitter
            try:
                return await self._once(method, path, query, key)
            except Problem as problem:
                if problem.status not in _PASSING or (problem.retry_after_s or 0.0) > _LONGEST_WAIT_S:
                    raise
                wait_s = max(wait_s, problem.retry_after_s or 0.0)
            except (aiohttp.ClientConnectionError, TimeoutError):
                pass
            await asyncio.sleep(wait_s)
        return await self._once(method, path, query, key)

    async def _once(self, method: str, path: str, query: Mapping[str, str] | None, key: Mapping[str, str]) -> bytes:
        if self._http is None:
            raise RuntimeError("use the client as an async context manager: async with Client(…) as client")
        headers = {"Authorization": f"Bearer {await bearer(self._token)}", **key}
        async with self._http.request(method, self._url + path, headers=headers, params=query) as answer:
            return await _body(answer)


async def sign_in(url: str, code: str) -> Session:
    """Redeem the code of a sign-in link (`…/#code=…`) for a bearer token; a code is good for one time.

    Raises:
        Problem: The code is not valid, or no longer.
    """
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{url.rstrip('/')}/api/session", json={"code": code}) as answer,
    ):
        return msgspec.json.decode(await _body(answer), type=Session)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = await answer.read()
    if answer.ok:
        return body
    try:
        told = msgspec.json.decode(body, type=_Problem)
    except msgspec.DecodeError:  # a proxy's page, not the API's answer
        told = _Problem("no_problem_json", answer.reason or "no reason given")
    wait = answer.headers.get("Retry-After", "")
    raise Problem(answer.status, told.code, told.detail, float(wait) if wait.isdigit() else None)
