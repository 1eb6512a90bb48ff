"""The COPY stream of everybody's positions → the base of a book, without an object per position (pure)."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import numpy.typing as npt

from calculator.book import Base, Entries
from realtime.store.book import HEADER_BYTES, POSITION_BYTES, TRAILER_BYTES

_ROW = np.dtype(
    [
        ("fields_count", ">i2"),
        ("account_bytes", ">i4"),
        ("account", ">u8", (2,)),
        ("instrument_bytes", ">i4"),
        ("instrument", ">u8", (2,)),
        ("units_bytes", ">i4"),
        ("units", ">f8"),
        ("cost_bytes", ">i4"),
        ("cost", ">f8"),
    ]
)
_FACTORS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)
_Keys = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int32]


class Places:
    """Where each of some UUIDs stands, for many UUIDs at once: a sorted vector of 64-bit keys."""

    def __init__(self, uuids: Sequence[UUID]) -> None:
        halves = np.frombuffer(b"".join(uuid.bytes for uuid in uuids), ">u8").reshape(-1, 2).astype(np.uint64)
        for factor in _FACTORS:
            self._factor = np.uint64(factor)
            keys = self._keys(halves)
            self._order = np.argsort(keys).astype(np.int32)
            self._sorted = keys[self._order]
            if not np.any(self._sorted[1:] == self._sorted[:-1]):
                return
        raise ValueError("UUIDs that share a key under every factor; is one there twice?")

    def find(self, halves: _Keys) -> _Places:
        """Return the place of each UUID, given as its two halves, shape (n, 2); -1 where it is none of ours."""
        keys = self._keys(halves)
        if not len(self._sorted) or not len(keys):
            return np.full(len(keys), -1, np.int32)
        first_of_run = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        wanted = keys[first_of_run]
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self._sorted) - 1)
        found = np.where(self._sorted[at] == wanted, self._order[at], np.int32(-1))
        return np.repeat(found, np.diff(np.append(first_of_run, len(keys))))

    def _keys(self, halves: _Keys) -> _Keys:
        with np.errstate(over="ignore"):
            return halves[:, 0] * self._factor ^ halves[:, 1]


class StoredPositions:
    """Takes the stream chunk by chunk; the rest of a row that is cut by a chunk's end waits for the next."""

    def __init__(self, accounts: Sequence[UUID], instruments: Sequence[UUID], columns: Sequence[int]) -> None:
        """Prepare for these accounts, a row each, and instruments, of which `columns` says the places."""
        self._rows = Places(accounts)
        self._rows_count = len(accounts)
        self._instruments = Places(instruments)
        self._columns = np.array([*columns, -1], np.int32)
        self._rest = b""
        self._header = HEADER_BYTES
        self._parts: list[tuple[_Places, _Places, npt.NDArray[np.float64], npt.NDArray[np.float64]]] = []

    def take(self, chunk: bytes) -> None:
        """Read whole rows; those of other accounts are left out."""
        data = self._rest + chunk
        start = min(self._header, len(data))
        self._header -= start
        count = (len(data) - start) // POSITION_BYTES
        self._rest = data[start + count * POSITION_BYTES :]
        if not count:
            return
        rows = np.frombuffer(data, _ROW, count, start)
        account = self._rows.find(rows["account"].astype(np.uint64))
        column = self._columns[self._instruments.find(rows["instrument"].astype(np.uint64))]
        ours = (account >= 0) & (column >= 0)
        units, cost = rows["units"].astype(np.float64), rows["cost"].astype(np.float64)
        self._parts.append((account[ours], column[ours], units[ours], cost[ours]))

    def base(self, columns_count: int) -> Base:
        """Return the base of all rows taken.

        Raises:
            ValueError: The stream was cut short or is not what `realtime.store.book` describes.
        """
        if self._header or len(self._rest) != TRAILER_BYTES:
            raise ValueError(f"{len(self._rest)} bytes are left of the stream of positions")
        none = (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0), np.empty(0))
        account, column, units, cost = (np.concatenate(parts) for parts in zip(*(self._parts or [none]), strict=True))
        self._parts = []
        order = np.argsort(account, kind="stable")
        start = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(account, minlength=self._rows_count))))
        return Base.of(Entries(column[order], units[order], cost[order]), start, columns_count)
