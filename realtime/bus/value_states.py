"""The newest values of every watched subject, for whoever comes later: states, and the log of what is not in them yet.

State: a hash per account and per portfolio with its figures and positions; written in the background, expires an hour
after the last full update. What a state lacks is in its partition's log (values.py), so that both together are
always complete. Writers: the calculator that holds the partition. Readers: any number. Lost when Redis loses its data.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from realtime.bus.client import Bus
from realtime.bus.values import EncodedUpdate
from realtime.contract import names
from realtime.contract.messages import Revision, SubjectState, ValueBatch, decode, encode
from realtime.domain.account import SubjectKey
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import Partition, partition_of
from realtime.domain.value import Figures, Position, Repriced, at_price

_STATE_TTL_S = 3600
_WRITTEN_AT_ONCE = 8
_SHORTENED_AT_ONCE = 32
_PAUSE_S = 0.002
"""Between writes, so that values, whose time counts, are never long behind states, whose time does not."""
_FIGURES = "figures"
_REVISION = "revision"
_AS_OF = "as_of"
_REPRICED = "repriced:"
"""Before an instrument's id: what is newer than its row; empty when the row is the newest."""


@dataclass(slots=True)
class _Unwritten:
    as_of: datetime
    full: bool
    fields: dict[str, bytes]


@dataclass(slots=True)
class UnwrittenStates:
    """What was published and is not in the states yet.

    Card: one entry a subject, its newest figures and rows, so bounded by what is watched; no order; written and emptied
    by the calculator; lost on restart, when it publishes everything in full.
    """

    _states: dict[SubjectKey, _Unwritten] = field(default_factory=dict)
    _writing: dict[SubjectKey, _Unwritten] = field(default_factory=dict)
    _up_to: dict[Partition, Revision] = field(default_factory=dict)

    def add(self, partition: Partition, batch: ValueBatch, updates: Iterable[EncodedUpdate]) -> None:
        """Take in a batch that was published."""
        self._up_to[partition] = batch.revision
        for update, figures, positions, repriced in updates:
            key = SubjectKey(update.user_id, update.account_id)
            unwritten = self._states.get(key)
            if unwritten is None or update.full:
                unwritten = self._states[key] = _Unwritten(batch.as_of, update.full, {})
            unwritten.as_of = batch.as_of
            unwritten.fields[_FIGURES] = figures
            for instrument, row in positions.items():
                unwritten.fields[instrument] = row
                unwritten.fields[_REPRICED + instrument] = b""
            for instrument, row in repriced.items():
                unwritten.fields[_REPRICED + instrument] = row

    def drop(self, subject: SubjectKey) -> None:
        """Write nothing more of a subject."""
        self._states.pop(subject, None)
        self._writing.pop(subject, None)

    def leave(self, partitions: Iterable[Partition]) -> None:
        """Write nothing more of these partitions: they are another calculator's."""
        gone = frozenset(partitions)
        for states in (self._states, self._writing):
            for subject in [each for each in states if partition_of(each.user_id) in gone]:
                del states[subject]
        self._up_to = {key: revision for key, revision in self._up_to.items() if key not in gone}

    async def write(self, bus: Bus) -> None:
        """Bring the states up to date, some at a time, then shorten the logs by what is in them.

        Raises:
            RedisError: Some are written, some are not; publish everything in full.
        """
        self._writing, self._states = self._states, {}
        up_to, self._up_to = self._up_to, {}
        while self._writing:
            pipeline = bus.pipeline(transaction=False)
            for _ in range(min(_WRITTEN_AT_ONCE, len(self._writing))):
                subject, unwritten = self._writing.popitem()
                key = _key(subject)
                unwritten.fields[_REVISION] = encode(up_to[partition_of(subject.user_id)])
                unwritten.fields[_AS_OF] = encode(unwritten.as_of)
                if unwritten.full:
                    pipeline.delete(key)
                pipeline.hset(key, items=[part for item in unwritten.fields.items() for part in item])
                if unwritten.full:
                    pipeline.expire(key, _STATE_TTL_S)
            await pipeline.execute()
            await asyncio.sleep(_PAUSE_S)
        await _shorten(bus, up_to)


async def read_state(bus: Bus, subject: SubjectKey) -> SubjectState | None:
    """Return a subject's newest state; None when there is none yet."""
    partition = partition_of(subject.user_id)
    # The log before the state: what is taken off the log in between is in the state by then.
    log = cast("list[tuple[bytes, dict[bytes, bytes]]]", await bus.xrange(names.value_log(partition)))
    fields = cast("dict[bytes, bytes]", await bus.hgetall(_key(subject)))
    state = _state(fields) if fields else None
    for _, entry in log:
        batch = decode(ValueBatch, entry[b"b"])
        if state is None or batch.revision > state.revision:
            state = _after(state, batch, subject)
    return state


async def drop_state(bus: Bus, subject: SubjectKey) -> None:
    """Forget the state of a subject that is valued no longer."""
    await bus.delete(_key(subject))


async def _shorten(bus: Bus, up_to: Mapping[Partition, Revision]) -> None:
    done = list(up_to.items())
    for first in range(0, len(done), _SHORTENED_AT_ONCE):
        pipeline = bus.pipeline(transaction=False)
        for partition, revision in done[first : first + _SHORTENED_AT_ONCE]:
            pipeline.xtrim(names.value_log(partition), minid=f"{revision.generation}-{revision.number + 1}")
        await pipeline.execute()


def _state(fields: dict[bytes, bytes]) -> SubjectState:
    figures, revision, as_of = (fields.pop(name.encode()) for name in (_FIGURES, _REVISION, _AS_OF))
    mark = _REPRICED.encode()
    newer = {name.removeprefix(mark): fields[name] for name in fields if name.startswith(mark)}
    positions = {
        InstrumentId(name.decode()): _position(row, newer.get(name))
        for name, row in fields.items()
        if not name.startswith(mark)
    }
    return SubjectState(decode(Revision, revision), decode(datetime, as_of), decode(Figures, figures), positions)


def _position(row: bytes, repriced: bytes | None) -> Position:
    position = decode(Position, row)
    return at_price(position, decode(Repriced, repriced)) if repriced else position


def _after(state: SubjectState | None, batch: ValueBatch, subject: SubjectKey) -> SubjectState | None:
    for update in batch.updates:
        if (update.user_id, update.account_id) == subject and (update.full or state is not None):
            before = {} if update.full or state is None else state.positions
            positions = {**before, **update.positions}
            known = update.repriced.keys() & positions.keys()
            positions |= {key: at_price(positions[key], update.repriced[key]) for key in known}
            state = SubjectState(batch.revision, batch.as_of, update.figures, positions)
    return state


def _key(subject: SubjectKey) -> str:
    partition = partition_of(subject.user_id)
    if subject.account_id is None:
        return names.portfolio_state(partition, subject.user_id)
    return names.account_state(partition, subject.account_id)
