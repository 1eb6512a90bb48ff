"""Which partitions this calculator values: claimed by lease in blocks, shared fairly among those alive (loop)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from zlib import crc32

from redis.exceptions import RedisError

from realtime.bus.client import Bus
from realtime.bus.heartbeats import read_heartbeats
from realtime.bus.lease import Lease, lease_owners
from realtime.clock import Clock
from realtime.contract.names import calculator_block
from realtime.domain.partition import BLOCKS_COUNT, Partition, partitions_of
from realtime.log import Log

LEASE_MS = 2_000
LOOK_EVERY_S = 0.4
_LEFT_OVER_AFTER = 2
"""A block that nobody takes for so many looks is taken by anybody, above his share too."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Blocks to claim and to give back."""

    claim: tuple[int, ...]
    release: tuple[int, ...]


def plan(owners: Sequence[str | None], me: str, calculators_count: int, free_looks: Sequence[int]) -> Plan:
    """Decide what to claim and to release (pure).

    Args:
        owners: Of each block; None where nobody holds it.
        me: This calculator's name.
        calculators_count: Alive, this one included.
        free_looks: For how many looks each block has been free.
    """
    share = -(-len(owners) // max(1, calculators_count))
    mine = [block for block, owner in enumerate(owners) if owner == me]
    free = [block for block, owner in enumerate(owners) if owner is None]
    first = crc32(me.encode()) % len(owners)
    free.sort(key=lambda block: (block - first) % len(owners))
    within = free[: max(0, share - len(mine))]
    left_over = [block for block in free if block not in within and free_looks[block] >= _LEFT_OVER_AFTER]
    return Plan(claim=(*within, *left_over), release=tuple(mine[share:]))


class Partitions:
    """The claim on our blocks, renewed until it ends."""

    def __init__(
        self,
        bus: Bus,
        me: str,
        clock: Clock,
        log: Log,
        on_claimed: Callable[[frozenset[Partition]], Awaitable[None]],
        on_released: Callable[[frozenset[Partition]], None],
    ) -> None:
        """Start with nothing claimed.

        Args:
            bus: Where leases and heartbeats are.
            me: This process's name, as in its heartbeat.
            clock: For the pause between two looks.
            log: For claims and losses.
            on_claimed: Told before anything is valued there; a RedisError of its undoes the claim.
            on_released: Told when nothing may be published there any more.
        """
        self._bus = bus
        self._me = me
        self._clock = clock
        self._log = log
        self._on_claimed = on_claimed
        self._on_released = on_released
        self._leases = [Lease(bus, calculator_block(block), me, LEASE_MS) for block in range(BLOCKS_COUNT)]
        self._held: set[int] = set()
        self._free_looks = [0] * BLOCKS_COUNT

    async def run(self) -> None:
        """Claim, renew and rebalance; release everything at the end."""
        is_out = False
        try:
            while True:
                try:
                    await self._look()
                    is_out = False
                except (RedisError, OSError) as error:
                    if not is_out:
                        self._log.warning("redis_unreachable", reason=type(error).__name__)
                    is_out = True
                await self._clock.sleep(LOOK_EVERY_S)
        finally:
            await self._release_all()

    async def _look(self) -> None:
        for block in sorted(self._held):
            if not await self._leases[block].acquire_or_renew():
                self._log.warning("lease_lost", block=block)
                self._forget(block)
        leased = await lease_owners(self._bus, [calculator_block(block) for block in range(BLOCKS_COUNT)])
        owners = [
            None if owner == self._me and block not in self._held else owner for block, owner in enumerate(leased)
        ]  # a lease whose claim was not completed counts as free
        self._free_looks = [
            looks + 1 if owner is None else 0 for looks, owner in zip(self._free_looks, owners, strict=True)
        ]
        alive = sum(beat.stage == "calculator" for beat in await read_heartbeats(self._bus))
        wanted = plan(owners, self._me, alive, self._free_looks)
        for block in wanted.release:
            self._forget(block)
            await self._leases[block].release()
        claimed = [block for block in wanted.claim if await self._leases[block].acquire_or_renew()]
        if claimed:
            await self._on_claimed(frozenset().union(*(partitions_of(block) for block in claimed)))
            self._held.update(claimed)
            self._log.info("partition_claimed", blocks=claimed)

    def _forget(self, block: int) -> None:
        self._held.discard(block)
        self._log.info("partition_released", block=block)
        self._on_released(partitions_of(block))

    async def _release_all(self) -> None:
        for block in sorted(self._held):
            self._on_released(partitions_of(block))
            try:
                await self._leases[block].release()
            except (RedisError, OSError):  # it expires by itself
                return
