"""Value batches on their way from calculators to broadcasters: the feed, and the log behind it.

Feed: sharded Pub/Sub per partition, unbuffered; a reader that sees a gap in the revisions, or was away, reads the
states (value_states.py). Log: stream per partition with the batches that are not in the states yet, bounded to about
`_LOG_LENGTH` and shortened long before; its entry ids are the revisions, so that a calculator that has lost the
partition publishes nothing any more. Writers: the calculator that holds the partition. Readers: any number. Lost when
Redis loses its data: the calculator publishes everything again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from msgspec import Raw

from realtime.bus.client import Bus
from realtime.bus.direct import Call, Directs, Script
from realtime.clock import now_ns
from realtime.contract import names
from realtime.contract.messages import UnreadBatch, UnreadUpdate, ValueBatch, ValueUpdate, encode
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import Partition

_LOG_LENGTH = 10_000
_PUBLISH = Script("""
for at = 1, #KEYS, 2 do
  local entry = redis.pcall('xadd', KEYS[at], 'MAXLEN', '~', ARGV[1], ARGV[at + 1], 'b', ARGV[at + 2])
  if not entry.err then redis.call('spublish', KEYS[at + 1], ARGV[at + 2]) end
end
""")
_RAISE = """
local generation = math.max((tonumber(redis.call('get', KEYS[1])) or 0) + 1, tonumber(ARGV[1]))
redis.call('set', KEYS[1], string.format('%d', generation))
return generation
"""


class EncodedUpdate(NamedTuple):
    """An update and its parts as they go into the feed and into the subject's state."""

    update: ValueUpdate
    figures: bytes
    positions: dict[InstrumentId, bytes]
    repriced: dict[InstrumentId, bytes]


async def next_generation(bus: Bus, partition: Partition) -> int:
    """Return a generation later than all earlier ones; see `next_generations`."""
    return (await next_generations(bus, [partition]))[partition]


async def next_generations(bus: Bus, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """Return generations later than all earlier ones; call when claiming partitions, or after Redis lost its data.

    They are wall milliseconds, so that they rise even when the counters were lost.
    """
    wanted = list(partitions)
    pipeline = bus.pipeline(transaction=False)
    for partition in wanted:
        pipeline.eval(_RAISE, 1, names.generation(partition), now_ns() // 1_000_000)
    return dict(zip(wanted, map(int, await pipeline.execute()), strict=True))


async def read_generation(bus: Bus, partition: Partition) -> int | None:
    """Return the newest generation; None when nobody has claimed the partition, or Redis has lost its data."""
    generation = cast("bytes | None", await bus.get(names.generation(partition)))
    return None if generation is None else int(generation)


async def publish(directs: Directs, partition: Partition, batch: ValueBatch) -> None:
    """Publish one batch; it is part of every state read from now on."""
    await publish_all(directs, {partition: batch})


async def publish_all(
    directs: Directs, batches: Mapping[Partition, ValueBatch]
) -> dict[Partition, list[EncodedUpdate]]:
    """Publish the batches of several partitions in one round trip to each node; return what went out, for the states.

    A batch of an earlier generation than the partition's newest one is dropped: its partition is another calculator's.

    Raises:
        RedisError: Some may have gone out.
    """
    partitions = list(batches)
    encoded = {partition: [_encoded(update) for update in batches[partition].updates] for partition in partitions}
    messages = [(entry_id(batches[each]), encode(_unread(batches[each], encoded[each]))) for each in partitions]
    shares = directs.shares([names.value_log(partition) for partition in partitions])
    runs = [
        _PUBLISH.run_all(share.direct, [_call(partitions, messages, portion) for portion in share.portions])
        for share in shares
    ]
    if len(runs) == 1:
        await runs[0]
        return encoded
    # No connection may be used again before its answers are read, so that all are waited for.
    for failure in await asyncio.gather(*runs, return_exceptions=True):
        if failure is not None:
            raise failure
    return encoded


def _call(partitions: list[Partition], messages: list[tuple[str, bytes]], portion: list[int]) -> Call:
    keys: list[str] = []
    arguments: list[str | int | bytes] = [_LOG_LENGTH]
    for index in portion:
        keys += (names.value_log(partitions[index]), names.value_feed(partitions[index]))
        arguments += messages[index]
    return Call(keys, arguments)


def entry_id(batch: ValueBatch) -> str:
    """Return a batch's place in its partition's log."""
    return f"{batch.revision.generation}-{batch.revision.number}"


def _encoded(update: ValueUpdate) -> EncodedUpdate:
    positions = {instrument: encode(row) for instrument, row in update.positions.items()}
    repriced = {instrument: encode(row) for instrument, row in update.repriced.items()}
    return EncodedUpdate(update, encode(update.figures), positions, repriced)


def _unread(batch: ValueBatch, encoded: list[EncodedUpdate]) -> UnreadBatch:
    return UnreadBatch(
        batch.revision,
        batch.as_of,
        batch.received_ns,
        tuple([_raw(update) for update in encoded]),
        batch.traded_us,
        batch.computed_ns,
    )


def _raw(encoded: EncodedUpdate) -> UnreadUpdate:
    """Return the update with its parts encoded already, for nothing is encoded twice."""
    update, figures, positions, repriced = encoded
    return UnreadUpdate(
        update.user_id,
        update.account_id,
        Raw(figures),
        update.full,
        {instrument: Raw(row) for instrument, row in positions.items()},
        {instrument: Raw(row) for instrument, row in repriced.items()},
    )
