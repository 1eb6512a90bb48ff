"""Prices on their way from the collector: the board and the feed.

Board: hash, newest price of each instrument; overwritten; read once at start and after a loss.
Feed: stream capped to about `_FEED_LENGTH` batches; every batch once, in order; when a reader falls further behind
it reads the board again. Writers: the leading collector. Readers: any number, each from where it stopped.
Lost when Redis loses its data: the collector writes the whole board again within seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from realtime.bus.client import Bus
from realtime.bus.direct import Commands, Script
from realtime.contract import names
from realtime.contract.messages import FeedState, PriceBatch, decode, encode
from realtime.domain.instrument import InstrumentId
from realtime.domain.price import Price

READ_MAX = 256
"""Most batches that one read returns; a reader who gets so many is behind and had better read the board."""
_FEED_LENGTH = 10_000
_FEED_STATE_EXPIRES_MS = 4_000
_WRITE = Script("""
for first = 3, #ARGV, 4000 do redis.call('hset', KEYS[1], unpack(ARGV, first, math.min(first + 3999, #ARGV))) end
redis.call('xadd', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 'b', ARGV[2])
""")
_UNREAD = Script("""
local first = redis.call('xrange', KEYS[1], ARGV[1], '+', 'COUNT', 1)[1]
if not first then return {} end
local now = redis.call('time')
return {first[1], now[1], now[2]}
""")
_IDENTITY = Script("""
local server = redis.call('info', 'server')
return {string.match(server, 'run_id:(%w+)'), redis.call('hlen', KEYS[1])}
""")


@dataclass(frozen=True, slots=True)
class FeedPosition:
    """Where a reader stands in the feed: the entry id it has read last."""

    entry_id: str


async def write_batch(commands: Commands, batch: PriceBatch) -> None:
    """Put a batch on the board and the feed, in one round trip, board first."""
    arguments: list[str | int | bytes] = [_FEED_LENGTH, encode(batch)]
    for price in batch.prices:
        arguments += (price.instrument_id, encode(price))
    await _WRITE.run(commands, [names.price_board(), names.price_feed()], arguments)


async def remove_prices(bus: Bus, instrument_ids: list[InstrumentId]) -> None:
    """Take instruments that nobody holds any more off the board."""
    if instrument_ids:
        await bus.hdel(names.price_board(), *instrument_ids)


async def feed_end(bus: Bus) -> FeedPosition:
    """Return the feed's end. Read it before the board: then nothing is missed in between."""
    newest = cast("list[tuple[bytes, object]]", await bus.xrevrange(names.price_feed(), count=1))
    return FeedPosition(newest[0][0].decode() if newest else "0-0")


async def read_board(bus: Bus) -> Mapping[InstrumentId, Price]:
    """Return the newest price of every instrument."""
    board = cast("dict[bytes, bytes]", await bus.hgetall(names.price_board()))
    return {InstrumentId(key.decode()): decode(Price, value) for key, value in board.items()}


async def read_prices(bus: Bus, instrument_ids: list[InstrumentId]) -> Mapping[InstrumentId, Price]:
    """Return the newest prices of some instruments; those without one are missing."""
    if not instrument_ids:
        return {}
    values = cast("list[bytes | None]", await bus.hmget(names.price_board(), list(instrument_ids)))
    return {key: decode(Price, value) for key, value in zip(instrument_ids, values, strict=True) if value is not None}


async def read_batches(commands: Commands, after: FeedPosition, wait_ms: int) -> tuple[list[PriceBatch], FeedPosition]:
    """Wait up to `wait_ms` for the next batches; return them in order and the new position."""
    answer = cast(
        "list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]",
        await commands.execute_command(
            *("XREAD", "COUNT", READ_MAX, "BLOCK", wait_ms, "STREAMS", names.price_feed(), after.entry_id)
        ),
    )
    if not answer:
        return [], after
    entries = answer[0][1]
    return (
        [decode(PriceBatch, fields[b"b"]) for _, fields in entries],
        FeedPosition(entries[-1][0].decode()),
    )


async def unread_s(bus: Bus, entry_id: str) -> float:
    """Return how long the first batch after an entry has been in the feed, seconds by Redis's clock; 0 at its end."""
    answer = await _UNREAD.run(bus, [names.price_feed()], [f"({entry_id}"])
    if not answer:
        return 0.0
    first_entry_id, seconds, microseconds = answer
    written_ms = int(first_entry_id.split(b"-")[0])
    return max(0.0, int(seconds) + int(microseconds) / 1e6 - written_ms / 1000)


async def board_identity(bus: Bus) -> tuple[str, int]:
    """Return the server's run id and the board's length: another run id or a shorter board means that data was lost."""
    run_id, length = await _IDENTITY.run(bus, [names.price_board()], [])
    return str(run_id, "ascii"), int(length)


async def write_feed_state(bus: Bus, state: FeedState) -> None:
    """Say how the market-data streams are; forgotten after 4 s, so that a dead collector's word does not stand."""
    await bus.set(names.market_board(), encode(state), px=_FEED_STATE_EXPIRES_MS)


async def read_feed_state(bus: Bus) -> FeedState | None:
    """Return how the market-data streams are; None when no collector is there to say it."""
    value = cast("bytes | None", await bus.get(names.market_board()))
    return None if value is None else decode(FeedState, value)
