"""One of Alpaca's streams in a thread of its own, with its own loop, as other threads see and call it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import uvloop

from realtime.domain.asset_class import MarketStream
from symbol_collector.frames import websocket_params
from symbol_collector.inbox import Inbox
from symbol_collector.sdk_stream import CHANNELS, STREAM_CLASSES, StreamState


class AlpacaStream:
    """One of Alpaca's streams, from another thread's point of view. Starts with at least one symbol."""

    def __init__(
        self, kind: MarketStream, url: str, key_id: str, secret_key: str, inbox: Inbox, on_state: Callable[[], None]
    ) -> None:
        self.kind = kind
        self._stream = STREAM_CLASSES[kind](
            api_key=key_id,
            secret_key=secret_key,
            raw_data=True,
            url_override=url,
            websocket_params=websocket_params(url),
        )  # type: ignore[call-arg]  # `WatchedStream` inherits another constructor than its three subclasses
        self._stream.watch(CHANNELS[kind], inbox, lambda _state: on_state())
        self._started = threading.Event()
        self._main: asyncio.Task[Any] | None = None
        self._thread = threading.Thread(target=self._run, name=f"alpaca-{kind}", daemon=True)

    @property
    def state(self) -> StreamState:
        return self._stream.state

    @property
    def silent_s(self) -> float:
        """Seconds since the last data, or since it connected."""
        return time.monotonic() - self._stream.last_data_at

    @property
    def received_data(self) -> bool:
        """Whether this connection brought any market data yet."""
        return bool(self._stream._data_received)  # noqa: SLF001  # our subclass

    def start(self, symbols: Iterable[str]) -> None:
        """Connect and subscribe.

        Raises:
            ValueError: There is no symbol; the SDK would spin.
        """
        wanted = list(symbols)
        if not wanted:
            raise ValueError("a stream needs a symbol to start with")
        self._stream.set_wanted(wanted)
        self._stream.handle(wanted)
        self._thread.start()
        self._started.wait(5)

    def want(self, symbols: Iterable[str]) -> None:
        """Replace what is subscribed to, at once and on every reconnect."""
        self._call(partial(self._stream.set_wanted, list(symbols)))
        self.nudge()

    def nudge(self) -> None:
        """Ask again for whatever is missing, where an answer is overdue."""
        self._submit(self._stream.advance())

    def recycle(self) -> None:
        """Drop the connection and make a new one."""
        self._submit(self._stream.cut())

    def stop(self) -> None:
        """Ask the thread to end; it does within a second or two."""
        self._submit(self._stop())

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread's end; return whether it is over."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    async def _stop(self) -> None:
        await self._stream.stop_ws()
        await self._stream.cut()
        if self._main is not None:
            self._main.cancel()  # it may still be connecting

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(self._started.set)
            with suppress(asyncio.CancelledError):
                runner.run(self._stay_connected())
        self._stream.say(connected=False, ended=True)

    async def _stay_connected(self) -> None:
        self._main = asyncio.current_task()
        await self._stream._run_forever()  # noqa: SLF001  # `run` would take the default loop

    def _call(self, act: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the thread's loop is closed
            self._loop.call_soon_threadsafe(act)

    def _submit(self, work: Any) -> None:
        try:
            asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # the thread's loop is closed
            work.close()
