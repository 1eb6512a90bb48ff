"""The COPY stream of all positions becomes the rows of a book."""

import struct
from uuid import UUID, uuid4

import numpy as np
import pytest

from calculator.stored_positions import Places, StoredPositions
from realtime.store.book import HEADER_BYTES

Position = tuple[UUID, UUID, float, float]
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"


def stream(*positions: Position) -> bytes:
    rows = [
        struct.pack(">hi16si16sidid", 4, 16, account.bytes, 16, instrument.bytes, 8, units, 8, cost)
        for account, instrument, units, cost in positions
    ]
    return HEADER + b"".join(rows) + TRAILER


def test_rows_of_the_stream_are_found_again() -> None:
    """Ensure positions land in their account's row and their instrument's column, in any order of the stream."""
    assert len(HEADER) == HEADER_BYTES
    accounts, instruments = [uuid4() for _ in range(3)], [uuid4() for _ in range(2)]
    positions = StoredPositions(accounts, instruments, columns=[4, 7])
    positions.take(
        stream(
            (accounts[2], instruments[0], 1.5, 10.0),
            (accounts[0], instruments[1], -2.0, 20.0),
            (accounts[2], instruments[1], 3.0, 30.0),
        )
    )
    base = positions.base(columns_count=8)
    assert base.start.tolist() == [0, 1, 1, 3]
    assert base.entries.column.tolist() == [7, 4, 7]
    assert base.entries.units.tolist() == [-2.0, 1.5, 3.0]
    assert base.entries.cost.tolist() == [20.0, 10.0, 30.0]


@pytest.mark.parametrize("size", [1, 7, 66, 100])
def test_chunks_may_cut_rows(size: int) -> None:
    """Ensure the network's chunks need not end where rows end."""
    accounts, instruments = [uuid4() for _ in range(4)], [uuid4()]
    data = stream(*((account, instruments[0], float(place), 0.0) for place, account in enumerate(accounts)))
    positions = StoredPositions(accounts, instruments, columns=[0])
    for at in range(0, len(data), size):
        positions.take(data[at : at + size])
    assert positions.base(columns_count=1).entries.units.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_positions_of_others_are_left_out() -> None:
    """Ensure accounts of other partitions, inactive ones, and instruments only these hold, take no room."""
    account, instrument = uuid4(), uuid4()
    positions = StoredPositions([account], [instrument], columns=[0])
    positions.take(
        stream((uuid4(), instrument, 1.0, 0.0), (account, uuid4(), 2.0, 0.0), (account, instrument, 3.0, 0.0))
    )
    assert positions.base(columns_count=1).entries.units.tolist() == [3.0]


def test_empty_book() -> None:
    """Ensure a service without accounts starts."""
    positions = StoredPositions([], [], columns=[])
    positions.take(stream())
    assert positions.base(columns_count=1).rows_count == 0


def test_cut_stream_is_refused() -> None:
    """Ensure half a book is never taken for the whole."""
    account, instrument = uuid4(), uuid4()
    positions = StoredPositions([account], [instrument], columns=[0])
    positions.take(stream((account, instrument, 3.0, 0.0))[:-5])
    with pytest.raises(ValueError, match="bytes are left"):
        positions.base(columns_count=1)


def test_many_places() -> None:
    """Ensure each of many ids is found, and strangers are not."""
    uuids = [uuid4() for _ in range(2000)]
    halves = np.frombuffer(b"".join(uuid.bytes for uuid in [*uuids, uuid4()]), ">u8").reshape(-1, 2).astype(np.uint64)
    assert Places(uuids).find(halves).tolist() == [*range(2000), -1]


def test_an_id_twice_is_refused() -> None:
    """Ensure a list that names an account twice is seen to be wrong."""
    account = uuid4()
    with pytest.raises(ValueError, match="twice"):
        Places([account, account])
