"""Alpaca's market-data REST through the SDK's clients, in a few threads with time-outs."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from alpaca.data.enums import CryptoFeed, DataFeed, OptionsFeed
from alpaca.data.historical.corporate_actions import CorporateActionsClient
from alpaca.data.historical.crypto import CryptoHistoricalDataClient
from alpaca.data.historical.option import OptionHistoricalDataClient
from alpaca.data.historical.stock import StockHistoricalDataClient
from alpaca.data.requests import (
    CorporateActionsRequest,
    CryptoSnapshotRequest,
    OptionBarsRequest,
    OptionSnapshotRequest,
    StockSnapshotRequest,
)
from alpaca.data.timeframe import TimeFrame
from requests import RequestException, Response, Session

from providers.limits import Window
from realtime.domain.asset_class import MarketStream
from realtime.errors import BadRequest, RetryLater
from symbol_collector.decode import Raw

SYMBOLS_AT_ONCE = 200
SYMBOLS_MAX = {MarketStream.STOCK: 200, MarketStream.CRYPTO: 50, MarketStream.OPTION: 100}
"""Symbols in one request."""

_THREADS = 4
_CONNECT_TIMEOUT_S = 3.0
_TOO_MANY_REQUESTS = 429
_BAD_REQUEST = 400
_DEFAULT_WAIT_S = 5.0
_CALLS_PER_MINUTE = 190
"""Of the 200 that the smallest plan allows; closes, refills and polls share them."""
_OPTION_BARS_DAYS = timedelta(days=14)

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class DataAddress:
    """Where and how to ask; feeds as Alpaca spells them."""

    url: str
    key_id: str
    secret_key: str
    feed: str
    crypto_feed: str
    options_feed: str
    timeout_s: float


class MarketData:
    """Asks Alpaca for snapshots, closes and exchange rates.

    Every method raises `RetryLater` when Alpaca cannot answer now, and `BadRequest` when it refuses the request, as
    it does for a whole batch when one symbol is malformed.
    """

    def __init__(self, address: DataAddress) -> None:
        self._address = address
        self._window = Window(_CALLS_PER_MINUTE)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="alpaca-rest")
        self._of_thread = threading.local()

    def close(self) -> None:
        """End the threads; requests under way are left to their time-out."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def snapshots(self, stream: MarketStream, symbols: Sequence[str]) -> Mapping[str, Raw | None]:
        """Return the snapshot of each symbol; unknown ones are missing. At most `SYMBOLS_MAX` of one stream."""
        return await self._ask(lambda clients: clients.snapshots(stream, list(symbols)))

    async def option_bars(self, symbols: Sequence[str], now: datetime) -> Mapping[str, list[Raw]]:
        """Return the daily bars of the last two weeks of each contract, oldest first."""
        return await self._ask(lambda clients: clients.option_bars(list(symbols), now))

    async def corporate_actions(self, symbols: Sequence[str], first: date, last: date) -> Mapping[str, list[Raw]]:
        """Return what was announced for these days, by kind. At most `SYMBOLS_AT_ONCE`."""
        return await self._ask(lambda clients: clients.corporate_actions(list(symbols), first, last))

    async def dollar_rates(self, currencies: Sequence[str]) -> Raw:
        """Return the answer to what a dollar buys of each currency."""
        return await self._ask(lambda clients: clients.dollar_rates(currencies))

    async def _ask(self, call: Callable[["_Clients"], _Answer]) -> _Answer:
        loop = asyncio.get_running_loop()
        while wait_s := self._window.wait_s(loop.time()):  # noqa: ASYNC110  # time itself is what it waits for
            await asyncio.sleep(wait_s)
        self._window.count(loop.time())
        return await loop.run_in_executor(self._threads, self._call, call)

    def _call(self, call: Callable[["_Clients"], _Answer]) -> _Answer:
        if not hasattr(self._of_thread, "clients"):  # one each: their HTTP sessions are not made for sharing
            self._of_thread.clients = _Clients(self._address)
        try:
            return call(self._of_thread.clients)
        except APIError as error:
            raise _mapped(error) from error
        except (RequestException, ValueError, AttributeError) as error:  # no answer, or none that the SDK can read
            raise RetryLater(f"Alpaca's market data is unreachable ({type(error).__name__})") from error


class _Clients:
    """The SDK's clients of one thread: raw answers, time-outs, no sleeping retries."""

    def __init__(self, address: DataAddress) -> None:
        keys: dict[str, Any] = {"api_key": address.key_id, "secret_key": address.secret_key}
        self._address = address
        self._stock = StockHistoricalDataClient(**keys, raw_data=True, url_override=address.url)
        self._crypto = CryptoHistoricalDataClient(**keys, raw_data=True, url_override=address.url)
        self._option = OptionHistoricalDataClient(**keys, raw_data=True, url_override=address.url)
        self._rates = RESTClient(address.url, **keys, api_version="v1beta1", raw_data=True)
        self._actions = CorporateActionsClient(**keys, raw_data=True, url_override=address.url)
        for client in (self._stock, self._crypto, self._option, self._rates, self._actions):
            client._session = _TimedSession(address.timeout_s)  # noqa: SLF001  # the SDK sets no time-out
            client._retry = 0  # noqa: SLF001  # its retries sleep in the thread; ours are in `closes.py`

    def snapshots(self, stream: MarketStream, symbols: list[str]) -> dict[str, Raw | None]:
        answer: Any
        match stream:
            case MarketStream.STOCK:
                feed = _member(DataFeed, self._address.feed)
                answer = self._stock.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=symbols, feed=feed))
            case MarketStream.CRYPTO:
                crypto_feed = _member(CryptoFeed, self._address.crypto_feed) or CryptoFeed.US
                request = CryptoSnapshotRequest(symbol_or_symbols=symbols)
                answer = self._crypto.get_crypto_snapshot(request, crypto_feed)
            case MarketStream.OPTION:
                options_feed = _member(OptionsFeed, self._address.options_feed)
                asked = OptionSnapshotRequest(symbol_or_symbols=symbols, feed=options_feed)
                answer = self._option.get_option_snapshot(asked)
        return dict(answer or {})

    def option_bars(self, symbols: list[str], now: datetime) -> dict[str, list[Raw]]:
        timeframe: Any = TimeFrame.Day
        request = OptionBarsRequest(symbol_or_symbols=symbols, timeframe=timeframe, start=now - _OPTION_BARS_DAYS)
        answer: Any = self._option.get_option_bars(request)
        return dict(answer or {})

    def corporate_actions(self, symbols: list[str], first: date, last: date) -> dict[str, list[Raw]]:
        answer: Any = self._actions.get_corporate_actions(
            CorporateActionsRequest(symbols=symbols, start=first, end=last)
        )
        return dict(answer or {})

    def dollar_rates(self, currencies: Sequence[str]) -> Raw:
        pairs = ",".join(f"USD{currency}" for currency in currencies)
        answer: Any = self._rates.get("/forex/latest/rates", {"currency_pairs": pairs})
        return dict(answer or {})


class _TimedSession(Session):
    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self._timeout_s = timeout_s

    def request(self, *args: Any, **kwargs: Any) -> Response:
        return super().request(*args, **{"timeout": (_CONNECT_TIMEOUT_S, self._timeout_s)} | kwargs)


_Enum = TypeVar("_Enum", DataFeed, CryptoFeed, OptionsFeed)


def _member(kind: type[_Enum], feed: str) -> _Enum | None:
    """Return the SDK's name of a feed; None for those it does not know (`test`): REST then takes the plan's best."""
    return next((member for member in kind if member.value == feed), None)


def _mapped(error: APIError) -> RetryLater | BadRequest:
    status = error.status_code
    if status == _TOO_MANY_REQUESTS:
        return RetryLater("Alpaca's rate limit is used up", _DEFAULT_WAIT_S)
    if status == _BAD_REQUEST:
        return BadRequest("invalid_symbols", "Alpaca refuses the symbols of a request")
    return RetryLater(f"Alpaca's market data answers {status}")
