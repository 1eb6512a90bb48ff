"""Which partitions have a living calculator, and what its values are to be told by."""

from collections.abc import Sequence

from realtime.bus.client import Bus
from realtime.bus.lease import lease_owners
from realtime.contract import names
from realtime.domain.partition import BLOCKS_COUNT, Partition, block_of

_AT_ONCE = 16
"""Commands that are built together take the loop from everything else."""


async def living_generations(bus: Bus, partitions: Sequence[Partition]) -> dict[Partition, int | None]:
    """Return the generation of each partition's calculator; None where none is alive or none has begun.

    Raises:
        RedisError: Redis does not answer.
    """
    owners = await lease_owners(bus, [names.calculator_block(block) for block in range(BLOCKS_COUNT)])
    found: dict[Partition, int | None] = {}
    for first in range(0, len(partitions), _AT_ONCE):
        some = partitions[first : first + _AT_ONCE]
        pipeline = bus.pipeline(transaction=False)
        for partition in some:
            pipeline.get(names.generation(partition))
        for partition, generation in zip(some, await pipeline.execute(), strict=True):
            is_alive = generation is not None and owners[block_of(partition)] is not None
            found[partition] = int(generation) if is_alive else None
    return found
