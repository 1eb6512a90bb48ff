"""The REST API as typed calls, and a stream that knows where the live values are (loop)."""

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from navstream.client.answers import Account, Config, Connection, Intraday, Portfolio, Session, SyncLog
from navstream.client.stream import Stream, Token, bearer
from navstream.errors import Problem

_Answer = TypeVar("_Answer")


class _Accounts(msgspec.Struct):
    accounts: list[Account]


class _Connections(msgspec.Struct):
    connections: list[Connection]


class _SyncLogs(msgspec.Struct):
    sync_logs: list[SyncLog]


class _Problem(msgspec.Struct):
    code: str
    detail: str


class Client:
    """One user's view of a navstream service. Use it as an async context manager; it keeps its connections open.

    Every call raises `Problem` for an answer that is no success, and `aiohttp.ClientError` or `TimeoutError` when there
    is none. Nothing is tried again by itself; the stream is, for ever.
    """

    def __init__(self, url: str, token: Token, *, timeout_s: float = 30.0) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            url: Of the API, e.g. `https://values.example.com`.
            token: The user's bearer token, or a coroutine function that returns a fresh one for each call.
            timeout_s: Longest wait for an answer, seconds.
        """
        self._url = url.rstrip("/")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
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
        return (await self._get(path, _SyncLogs, {"limit": limit})).sync_logs

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

    async def _get(self, path: str, kind: type[_Answer], query: Mapping[str, int] | None = None) -> _Answer:
        return msgspec.json.decode(await self._call("GET", path, query), type=kind)

    async def _call(self, method: str, path: str, query: Mapping[str, int] | None = None) -> bytes:
        if self._http is None:
            raise RuntimeError("use the client as an async context manager: async with Client(…) as client")
        headers = {"Authorization": f"Bearer {await bearer(self._token)}"}
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
