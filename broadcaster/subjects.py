"""The newest values of each watched subject: an account, or a user's portfolio. Pure.

A subject's state is read once its partition is subscribed; batches that arrive meanwhile wait and are applied on top.
A gap in a partition's revisions means that all of its subjects are read again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from msgspec import Raw

from broadcaster.channels import Channel, Since, State
from broadcaster.delta import Difference
from broadcaster.protocol import Times
from realtime.contract.messages import Revision, SubjectState, UnreadBatch, UnreadUpdate, decode
from realtime.contract.shapes import Data, figures_data, instant, position_data, repriced_data
from realtime.domain.account import SubjectKey
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import Partition
from realtime.domain.value import Figures, Position, Repriced

_PENDING_MAX = 64
_INCOMPLETE_READS_MAX = 5
_ANY = 0
"""Before the first look at who is alive every generation is taken for the living one's."""


class _Pending(NamedTuple):
    revision: Revision
    as_of: datetime
    update: UnreadUpdate
    times: Times | None


class Subject:
    """One subject: its values and the two channels that show them.

    Values stay as they came until a channel's state is asked for: of what comes faster than clients take it, only the
    newest is ever decoded. `_unread` is bounded by the subject's positions, `_pending` to 64 updates; when that is full
    it is emptied and the state read anew. None while not reading.

    Attributes:
        ticket: Number of the reading that is wanted; an answer to an earlier one is out of date.
    """

    def __init__(self, key: SubjectKey) -> None:
        """Start unread."""
        self.key = key
        self.figures_channel: Channel | None = None
        self.positions_channel: Channel | None = None
        self._as_of: datetime | None = None
        self._times: Times | None = None
        self._figures: Raw | Figures | None = None
        self._unread: dict[InstrumentId, Raw | Position] = {}
        self._unread_repriced: dict[InstrumentId, Raw] = {}
        self._rows: dict[str, Data] = {}
        self._rows_before: dict[str, Data] = {}
        self._generation = 0
        self._living: int | None = _ANY
        self._pending: list[_Pending] | None = []
        self._overrun = False
        self._incomplete_reads = 0
        self.ticket = 0

    def attach(self, channel: Channel, *, to_positions: bool) -> None:
        """Show the values in a channel from now on, and at once when they are known."""
        if to_positions:
            self.positions_channel = channel
        else:
            self.figures_channel = channel
        if self._as_of is not None and channel.state is None:
            self._show(channel)

    def detach(self, channel: Channel) -> bool:
        """Show nothing more in a channel; return whether another one is left."""
        if self.positions_channel is channel:
            self.positions_channel = None
        if self.figures_channel is channel:
            self.figures_channel = None
        return self.figures_channel is not None or self.positions_channel is not None

    @property
    def is_interrupted(self) -> bool:
        """Whether the values are nobody's who is alive: a calculator is gone, and its heir has not valued them yet."""
        return self._living is None or self._generation < self._living

    def owned_by(self, living: int | None) -> list[Channel]:
        """Take in the living calculator's generation, None when there is none; return the channels that changed."""
        was, self._living = self.is_interrupted, living
        if self.is_interrupted is was or self._as_of is None or self.figures_channel is None:
            return []
        self._show(self.figures_channel)
        return [self.figures_channel]

    def reread(self) -> None:
        """Hold back updates until the state has been read again; clients keep what they have."""
        self._pending = []
        self._overrun = False
        self.ticket += 1

    def receive(
        self, revision: Revision, as_of: datetime, update: UnreadUpdate, times: Times | None = None
    ) -> list[Channel]:
        """Take in an update in order; return the channels that changed."""
        if self._pending is None:
            if self._as_of is None and not update.full:
                return []
            self._take(revision, as_of, update, times)
            return self._show_all()
        if len(self._pending) >= _PENDING_MAX:
            self._pending.clear()
            self._overrun = True
        self._pending.append(_Pending(revision, as_of, update, times))
        return []

    def read(self, state: SubjectState | None) -> list[Channel] | None:
        """Take in the state as read; return the channels that changed, None when it must be read once more.

        Without a stored state the first full update among those that wait is the beginning; without that one too,
        nobody has valued the subject yet and the next full update will be. Clients keep what they have until then.
        """
        waiting, self._pending = self._pending or [], None
        if self._overrun or (state is not None and self._is_incomplete(state)):
            self.reread()
            return None
        self._as_of = None
        if state is not None:
            self._as_of, self._figures, self._times = state.as_of, state.figures, None
            self._generation = state.revision.generation
            self._begin_rows(state.positions)
            waiting = [pending for pending in waiting if pending.revision > state.revision]
        for pending in waiting:
            if self._as_of is None and not pending.update.full:
                self.reread()
                return None
            self._take(pending.revision, pending.as_of, pending.update, pending.times)
        return self._show_all()

    def _is_incomplete(self, state: SubjectState) -> bool:
        """Whether rows are missing, as after a loss of Redis's data, until the calculator has published all again."""
        missing = len(state.positions) != state.figures.positions_count
        self._incomplete_reads = self._incomplete_reads + 1 if missing else 0
        return missing and self._incomplete_reads <= _INCOMPLETE_READS_MAX

    def _take(self, revision: Revision, as_of: datetime, update: UnreadUpdate, times: Times | None) -> None:
        self._generation = revision.generation
        self._as_of, self._figures, self._times = as_of, update.figures, times
        if update.full:
            self._begin_rows({})
        for instrument, row in update.positions.items():
            self._unread[instrument] = self._kept(row)
            self._unread_repriced.pop(instrument, None)
        for instrument, row in update.repriced.items():
            self._unread_repriced[instrument] = self._kept(row)

    def _kept(self, row: Raw) -> Raw:
        """Return a row that may stay unread for long: without the message that it came in."""
        return row if self.positions_channel is not None else row.copy()

    def _begin_rows(self, positions: Mapping[InstrumentId, Position]) -> None:
        self._unread, self._unread_repriced = dict(positions), {}
        self._rows, self._rows_before = {}, self._rows or self._rows_before

    def _show_all(self) -> list[Channel]:
        if self._as_of is None:
            return []
        channels = list(self._channels())
        for channel in channels:
            self._show(channel)
        return channels

    def _show(self, channel: Channel) -> None:
        channel.show_made(self._positions_state if channel is self.positions_channel else self._figures_state)

    def _figures_state(self) -> State:
        assert self._as_of is not None
        assert self._figures is not None
        if isinstance(self._figures, Raw):
            self._figures = decode(Figures, self._figures)
        data = figures_data(self._figures, interrupted=self.is_interrupted)
        return State(instant(self._as_of), data, self._times)

    def _positions_state(self) -> State:
        """Return the rows; those that did not change are the ones of the state before."""
        assert self._as_of is not None
        since = None
        if self._unread:
            of_account = self.key.account_id is not None
            moved: dict[str, Data] = {
                instrument: position_data(decode(Position, row) if isinstance(row, Raw) else row, of_account=of_account)
                for instrument, row in self._unread.items()
            }
            for instrument in self._rows_before.keys() & moved.keys():
                if self._rows_before[instrument] == moved[instrument]:
                    moved[instrument] = self._rows_before[instrument]
            self._rows, self._rows_before, self._unread = {**self._rows, **moved}, {}, {}
        elif self._unread_repriced:
            since = Since(self._rows, Difference({}, ()))
        if self._unread_repriced:
            rows = dict(self._rows)
            for instrument, row in self._unread_repriced.items():
                known = rows.get(instrument)
                if known is None:
                    continue  # it comes in full, as everything that Redis has lost
                fields = repriced_data(known, decode(Repriced, row))
                if fields:
                    rows[instrument] = {**known, **fields}
                    if since is not None:
                        since.difference.data[instrument] = fields
            self._rows, self._unread_repriced = rows, {}
        return State(instant(self._as_of), self._rows, self._times, since)

    def _channels(self) -> Iterator[Channel]:
        if self.figures_channel is not None:
            yield self.figures_channel
        if self.positions_channel is not None:
            yield self.positions_channel


@dataclass
class WatchedPartition:
    """A partition's watched subjects and where its batches stand."""

    partition: Partition
    subjects: dict[SubjectKey, Subject] = field(default_factory=dict)
    _revision: Revision | None = None
    _living: int | None = _ANY

    def add(self, key: SubjectKey) -> Subject:
        """Begin with another subject."""
        subject = self.subjects[key] = Subject(key)
        subject.owned_by(self._living)
        return subject

    def owned_by(self, living: int | None) -> list[Channel]:
        """Take in the living calculator's generation, None when there is none; return the channels that changed."""
        if living == self._living:
            return []
        self._living = living
        return [channel for subject in self.subjects.values() for channel in subject.owned_by(living)]

    def subscribed(self) -> list[Subject]:
        """Begin, or begin again after a loss; return the subjects to read."""
        self._revision = None
        return self._reread_all()

    def receive(self, batch: UnreadBatch) -> tuple[list[Channel], list[Subject]]:
        """Take in a batch; return the channels that changed, and the subjects to read when some were missed."""
        before, self._revision = self._revision, batch.revision
        unread: list[Subject] = []
        if before is not None:
            if batch.revision <= before:
                self._revision = before
                return [], []
            if batch.revision != Revision(before.generation, before.number + 1):
                unread = self._reread_all()
        changed: list[Channel] = []
        times = _times(batch)
        for update in batch.updates:
            subject = self.subjects.get(SubjectKey(update.user_id, update.account_id))
            if subject is not None:
                changed += subject.receive(batch.revision, batch.as_of, update, times)
        return changed, unread

    def _reread_all(self) -> list[Subject]:
        subjects = list(self.subjects.values())
        for subject in subjects:
            subject.reread()
        return subjects


def _times(batch: UnreadBatch) -> Times | None:
    if batch.traded_us is None or batch.received_ns is None or batch.computed_ns is None:
        return None
    return Times(batch.traded_us, batch.received_ns // 1000, batch.computed_ns // 1000, 0)
