"""Partitions: 256 stable shares of the users (docs/decisions/0002)."""

from typing import NewType
from zlib import crc32

from realtime.domain.account import UserId

Partition = NewType("Partition", int)

PARTITIONS_COUNT = 256
BLOCKS_COUNT = 16
"""Partitions are claimed in blocks."""


def partition_of(user_id: UserId) -> Partition:
    """Return the share, 0 to 255, that a user and all of his accounts belong to; never changes."""
    return Partition(crc32(user_id.encode()) % PARTITIONS_COUNT)


def all_partitions() -> list[Partition]:
    """Return every share."""
    return [Partition(number) for number in range(PARTITIONS_COUNT)]


def block_of(partition: Partition) -> int:
    """Return the block that a partition is claimed with."""
    return partition * BLOCKS_COUNT // PARTITIONS_COUNT


def partitions_of(block: int) -> frozenset[Partition]:
    """Return the partitions of a block."""
    return frozenset(partition for partition in all_partitions() if block_of(partition) == block)
