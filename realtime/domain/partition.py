"""Partitions: 256 stable shares of the users (docs/decisions/0002)."""

from typing import NewType
from zlib import crc32

from realtime.domain.account import UserId

Partition = NewType("Partition", int)

PARTITIONS_COUNT = 256


def partition_of(user_id: UserId) -> Partition:
    """Return the share, 0 to 255, that a user and all of his accounts belong to; never changes."""
    return Partition(crc32(user_id.encode()) % PARTITIONS_COUNT)


def all_partitions() -> list[Partition]:
    """Return every share."""
    return [Partition(number) for number in range(PARTITIONS_COUNT)]
