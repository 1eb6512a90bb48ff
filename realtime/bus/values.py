"""Values on their way from calculators to broadcasters: states and the feed.

State: a hash per account and per portfolio with its newest figures and positions, for clients that come later;
expires an hour after the last full update. Feed: sharded Pub/Sub per partition, unbuffered; a reader that sees a gap in
the revisions, or was away, reads the states again. Writers: the calculator that holds the partition. Readers: any
number. Lost when Redis loses its data: the calculator publishes full states again when interest is announced.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast

from msgspec import Raw
from msgspec.structs import replace

from realtime.bus.client import Bus
from realtime.clock import now_ns
from realtime.contract import names
from realtime.contract.messages import Revision, SubjectState, ValueBatch, ValueUpdate, decode, encode
from realtime.domain.account import AccountId, UserId
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import Partition, partition_of
from realtime.domain.value import Figures, Position

_STATE_TTL_S = 3600
_FIGURES = "figures"
_REVISION = "revision"
_AS_OF = "as_of"
_PUBLISH = """
local states, body, at = cmsgpack.unpack(ARGV[1]), ARGV[2], 1
for place, state in ipairs(states) do
  local full, fields = state[1], state[2]
  for i = 2, #fields, 2 do
    local size = fields[i]
    fields[i] = string.sub(body, at, at + size - 1)
    at = at + size
  end
  if full then redis.call('del', KEYS[place]) end
  for first = 1, #fields, 4000 do
    redis.call('hset', KEYS[place], unpack(fields, first, math.min(first + 3999, #fields)))
  end
  if full then redis.call('expire', KEYS[place], ARGV[3]) end
end
for place = 4, #ARGV do redis.call('spublish', KEYS[#states + place - 3], ARGV[place]) end
"""
"""ARGV[1]: for each state whether it is full, and its fields' names and sizes; ARGV[2]: the fields' values, joined."""
_RAISE = """
local generation = math.max((tonumber(redis.call('get', KEYS[1])) or 0) + 1, tonumber(ARGV[1]))
redis.call('set', KEYS[1], string.format('%d', generation))
return generation
"""


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


async def publish(bus: Bus, partition: Partition, batch: ValueBatch) -> None:
    """Write the new states, then publish the batch, in one round trip."""
    await publish_all(bus, {partition: batch})


async def publish_all(bus: Bus, batches: Mapping[Partition, ValueBatch]) -> None:
    """Write the new states and publish the batches of several partitions: one command, all or nothing.

    A full update begins a state's hour; the others do not prolong it.
    """
    keys: list[str] = []
    states: list[tuple[bool, list[str | int]]] = []
    body: list[bytes] = []
    frames: list[bytes] = []
    for partition, batch in batches.items():
        stamp = {_REVISION: encode(batch.revision), _AS_OF: encode(batch.as_of)}
        updates = []
        for update in batch.updates:
            figures = encode(update.figures)
            rows = {instrument: encode(row) for instrument, row in update.positions.items()}
            fields: dict[str, bytes] = {_FIGURES: figures, **stamp}
            fields |= {str(instrument): row for instrument, row in rows.items()}
            keys.append(_state_key(partition, update))
            states.append((update.full, [part for name, value in fields.items() for part in (name, len(value))]))
            body += fields.values()
            updates.append(_encoded(update, figures, rows))
        frames.append(encode(replace(batch, updates=tuple(updates))))
    channels = [names.value_feed(partition) for partition in batches]
    await bus.register_script(_PUBLISH)([*keys, *channels], [encode(states), b"".join(body), _STATE_TTL_S, *frames])


def _encoded(update: ValueUpdate, figures: bytes, rows: Mapping[InstrumentId, bytes]) -> ValueUpdate:
    """Return the update with its parts encoded already, for nothing is encoded twice."""
    raw = {instrument: Raw(row) for instrument, row in rows.items()}
    return replace(update, figures=Raw(figures), positions=raw)


async def read_state(bus: Bus, user_id: UserId, account_id: AccountId | None) -> SubjectState | None:
    """Return the newest state of an account, or of the user's portfolio; None when there is none yet."""
    partition = partition_of(user_id)
    key = (
        names.portfolio_state(partition, user_id) if account_id is None else names.account_state(partition, account_id)
    )
    fields = cast("dict[bytes, bytes]", await bus.hgetall(key))
    if not fields:
        return None
    figures, revision, as_of = (fields.pop(name.encode()) for name in (_FIGURES, _REVISION, _AS_OF))
    return SubjectState(
        revision=decode(Revision, revision),
        as_of=_instant(as_of),
        figures=decode(Figures, figures),
        positions={InstrumentId(name.decode()): decode(Position, row) for name, row in fields.items()},
    )


async def drop_states(bus: Bus, user_id: UserId, account_ids: Iterable[AccountId], *, portfolio: bool = False) -> None:
    """Forget the states of accounts that are gone; with `portfolio` that of the user's portfolio too."""
    partition = partition_of(user_id)
    keys = [names.account_state(partition, account_id) for account_id in account_ids]
    if portfolio:
        keys.append(names.portfolio_state(partition, user_id))
    if keys:
        await bus.delete(*keys)


def _state_key(partition: Partition, update: ValueUpdate) -> str:
    if update.account_id is None:
        return names.portfolio_state(partition, update.user_id)
    return names.account_state(partition, update.account_id)


def _instant(data: bytes) -> datetime:
    return decode(datetime, data)
