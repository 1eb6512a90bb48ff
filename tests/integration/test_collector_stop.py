"""Ending a stream that has no connection."""

import asyncio
import socket
from time import monotonic

from realtime.domain.asset_class import MarketStream
from symbol_collector.alpaca_stream import AlpacaStream
from symbol_collector.inbox import Inbox


async def test_a_stream_that_is_still_connecting_ends_at_once() -> None:
    """The server accepts and says nothing: a stage must not wait for the connection's time-out to end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"ws://127.0.0.1:{server.getsockname()[1]}/v2/iex"
        stream = AlpacaStream(MarketStream.STOCK, url, "key", "secret", Inbox(asyncio.get_running_loop()), lambda: None)
        stream.start(["AAPL"])
        connection, _ = await asyncio.to_thread(server.accept)
        with connection:
            began = monotonic()
            stream.stop()
            assert await asyncio.to_thread(stream.join, 5)
            assert monotonic() - began < 2
    assert stream.state.ended
