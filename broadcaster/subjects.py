"""The newest values of each watched subject: an account, or a user's portfolio. Pure.

A subject's state is read once its partition is subscribed; batches that arrive meanwhile wait and are applied on top.
A gap in a partition's revisions means that all of its subjects are read again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from broadcaster.channels import Channel, State
from broadcaster.shapes import Data, figures_data, instant, position_data
from realtime.contract.messages import Revision, SubjectState, ValueBatch, ValueUpdate
from realtime.domain.account import SubjectKey
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import Partition
from realtime.domain.value import Figures, Position

_PENDING_MAX = 64
_INCOMPLETE_READS_MAX = 5


class _Pending(NamedTuple):
    revision: Revision
    as_of: datetime
    update: ValueUpdate


@dataclass(frozen=True, slots=True)
class _Values:
    as_of: datetime
    figures: Figures
    positions: dict[InstrumentId, Position]


class Subject:
    """One subject: its values and the two channels that show them.

    `_pending` is bounded to 64 updates; when full it is emptied and the state read anew. None while not reading.

    Attributes:
        ticket: Number of the reading that is wanted; an answer to an earlier one is out of date.
    """

    def __init__(self, key: SubjectKey) -> None:
        """Start unread."""
        self.key = key
        self.figures_channel: Channel | None = None
        self.positions_channel: Channel | None = None
        self._values: _Values | None = None
        self._rows: dict[str, Data] = {}
        self._rows_of: dict[InstrumentId, Position] = {}
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
        if self._values is not None and channel.state is None:
            self._show(channel)

    def detach(self, channel: Channel) -> bool:
        """Show nothing more in a channel; return whether another one is left."""
        if self.positions_channel is channel:
            self.positions_channel = None
            self._rows, self._rows_of = {}, {}
        if self.figures_channel is channel:
            self.figures_channel = None
        return self.figures_channel is not None or self.positions_channel is not None

    def reread(self) -> None:
        """Hold back updates until the state has been read again; clients keep what they have."""
        self._pending = []
        self._overrun = False
        self.ticket += 1

    def receive(self, revision: Revision, as_of: datetime, update: ValueUpdate) -> list[Channel]:
        """Take in an update in order; return the channels that changed."""
        if self._pending is None:
            return self._apply(as_of, update)
        if len(self._pending) >= _PENDING_MAX:
            self._pending.clear()
            self._overrun = True
        self._pending.append(_Pending(revision, as_of, update))
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
        self._values = None
        if state is not None:
            self._values = _Values(state.as_of, state.figures, state.positions)
            waiting = [pending for pending in waiting if pending.revision > state.revision]
        for pending in waiting:
            if self._values is None and not pending.update.full:
                self.reread()
                return None
            self._take(pending.as_of, pending.update)
        return self._show_all()

    def _is_incomplete(self, state: SubjectState) -> bool:
        """Whether rows are missing, as after a loss of Redis's data, until the calculator has published all again."""
        missing = len(state.positions) != state.figures.positions_count
        self._incomplete_reads = self._incomplete_reads + 1 if missing else 0
        return missing and self._incomplete_reads <= _INCOMPLETE_READS_MAX

    def _apply(self, as_of: datetime, update: ValueUpdate) -> list[Channel]:
        if self._values is None and not update.full:
            return []
        self._take(as_of, update)
        return self._show_all()

    def _take(self, as_of: datetime, update: ValueUpdate) -> None:
        before = {} if update.full or self._values is None else self._values.positions
        positions = {**before, **update.positions} if update.positions or update.full else before
        self._values = _Values(as_of, update.figures, positions)

    def _show_all(self) -> list[Channel]:
        if self._values is None:
            return []
        channels = list(self._channels())
        for channel in channels:
            self._show(channel)
        return channels

    def _show(self, channel: Channel) -> None:
        assert self._values is not None
        values = self._values
        if channel is self.positions_channel:
            channel.show(State(instant(values.as_of), self._row_data(values)))
        else:
            channel.show(State(instant(values.as_of), figures_data(values.figures)))

    def _row_data(self, values: _Values) -> Mapping[str, Data]:
        """Return the rows, those that did not change being the ones of the state before."""
        before, positions = self._rows_of, values.positions
        if before is not positions:
            moved: dict[str, Data] = {
                instrument: position_data(position, of_account=self.key.account_id is not None)
                for instrument, position in positions.items()
                if (was := before.get(instrument)) is not position and was != position
            }
            kept = (
                self._rows
                if before.keys() <= positions.keys()
                else {instrument: row for instrument, row in self._rows.items() if instrument in positions}
            )
            self._rows, self._rows_of = {**kept, **moved}, positions
        return self._rows

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

    def subscribed(self) -> list[Subject]:
        """Begin, or begin again after a loss; return the subjects to read."""
        self._revision = None
        return self._reread_all()

    def receive(self, batch: ValueBatch) -> tuple[list[Channel], list[Subject]]:
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
        for update in batch.updates:
            subject = self.subjects.get(SubjectKey(update.user_id, update.account_id))
            if subject is not None:
                changed += subject.receive(batch.revision, batch.as_of, update)
        return changed, unread

    def _reread_all(self) -> list[Subject]:
        subjects = list(self.subjects.values())
        for subject in subjects:
            subject.reread()
        return subjects
