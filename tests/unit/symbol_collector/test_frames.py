"""Frames cut out of the reader's buffer, and those that are not."""

import asyncio

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from symbol_collector.frames import FrameReader, websocket_params

SIZES = (0, 1, 125, 126, 127, 700, 65_535, 65_536, 100_000)


def reader_with(*frames: bytes) -> FrameReader:
    reader = FrameReader()
    reader.state = State.OPEN
    for frame in frames:
        reader.reader.feed_data(frame)
    return reader


def wire(data: bytes, opcode: Opcode = Opcode.BINARY, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=False)


@pytest.mark.parametrize("size", SIZES)
async def test_a_frame_of_any_size_is_read_whole(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    reader = reader_with(wire(data), wire(b"next"))
    assert bytes(await reader.read_message()) == data
    assert bytes(await reader.read_message()) == b"next"


async def test_a_fragmented_message_is_put_together() -> None:
    parts = wire(b"one ", fin=False), wire(b"two ", Opcode.CONT, fin=False), wire(b"three", Opcode.CONT)
    assert bytes(await reader_with(*parts).read_message()) == b"one two three"


@pytest.mark.parametrize("cut", [1, 2, 3, 4, 100])
async def test_a_frame_that_is_not_all_here_is_waited_for(cut: int) -> None:
    """Wherever the network cuts it."""
    frame = wire(b"x" * 700)
    reader = reader_with(frame[:cut])
    reading = asyncio.ensure_future(reader.read_message())
    await asyncio.sleep(0)
    assert not reading.done()
    reader.reader.feed_data(frame[cut:])
    async with asyncio.timeout(2):
        assert bytes(await reading) == b"x" * 700


def test_a_loopback_stream_is_not_compressed_and_frames_may_be_large() -> None:
    """The SDK replaces all its defaults by what it is given."""
    assert websocket_params("ws://127.0.0.1:1/v2/sip")["compression"] is None
    params = websocket_params("wss://stream.data.alpaca.markets/v2/sip")
    assert params["compression"] == "deflate"
    assert params["max_size"] == 16 * 1024 * 1024
    assert {"ping_interval", "ping_timeout", "max_queue", "close_timeout"} <= params.keys()
