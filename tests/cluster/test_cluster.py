"""Four calculators and three broadcasters on a Valkey Cluster: right to the cent, whatever dies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest
import pytest_asyncio

from realtime.bus.prices import read_prices
from realtime.contract import names
from realtime.domain.instrument import InstrumentId
from realtime.domain.partition import PARTITIONS_COUNT, all_partitions
from tests.support.cluster_service import BROADCASTERS_COUNT, CALCULATORS_COUNT, ClusterService, cluster_service
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

_TAKEN_OVER_WITHIN_S = 5.0
_HEALED_WITHIN_S = 10.0
_BLOCK = 16
"""Partitions are claimed by so many."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ClusterService]:
    async with cluster_service(tmp_path_factory.mktemp("cluster")) as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _everything_moves(service: ClusterService) -> None:
    """Ensure that a test begins with values that move, wherever the one before it has left off."""
    await service.market.control("resume")
    await _all_move(service)


async def test_every_client_is_right_to_the_cent_whenever_the_market_pauses(service: ClusterService) -> None:
    """Ensure that what four calculators share and three broadcasters show is the truth of one."""
    for _ in range(3):
        await _all_move(service)
        async with _paused(service):
            await service.oracle_holds(5)
    clients = [int(beat.facts.get("clients") or 0) for beat in await service.beats("broadcaster")]
    assert len(clients) == BROADCASTERS_COUNT
    assert all(clients), f"a broadcaster serves nobody: {clients}"


async def test_one_of_two_collectors_leads(service: ClusterService) -> None:
    """Ensure that the lease is one on a cluster too."""
    roles = [beat.facts.get("role") for beat in await service.beats("symbol_collector")]
    assert sorted(map(str, roles)) == ["leading", "standing by"]


async def test_a_killed_calculators_share_is_served_in_time_and_nothing_wrong_is_shown(
    service: ClusterService,
) -> None:
    """Ensure that until the others have taken over, clients keep what was right, and then get what is."""
    async with _paused(service):
        await service.oracle_holds(5)
        before = [await service.truth(client) for client in service.clients]
        await service.kill(await _busiest_calculator(service))
        killed_at = monotonic()
        await _move_a_price(service)
        after = [await service.truth(client) for client in service.clients]

        def all_new() -> bool:
            pairs = list(zip(service.clients, after, strict=True))
            for (client, new), old in zip(pairs, before, strict=True):
                assert not _fields(client.differences(old)) & _fields(client.differences(new)), "neither old nor new"
            return not any(client.differences(new) for client, new in pairs)

        await wait_until(all_new, _TAKEN_OVER_WITHIN_S - (monotonic() - killed_at), "the new values at every client")
    assert sum(old != new for old, new in zip(before, after, strict=True)) > 1

    async def is_shared() -> bool:
        held = await service.partitions()
        return (len(held), sum(held.values())) == (CALCULATORS_COUNT - 1, PARTITIONS_COUNT)

    await wait_until(is_shared, what="every partition to be served")


async def test_another_calculator_takes_load_from_the_others(service: ClusterService) -> None:
    """Ensure that partitions move to one that joins, until all have the same share."""
    before = await service.partitions()
    await service.start("calculator:9")
    fair = PARTITIONS_COUNT / (len(before) + 1)

    async def is_fair() -> bool:
        held = await service.partitions()
        return len(held) == len(before) + 1 and all(abs(count - fair) < _BLOCK for count in held.values())

    await wait_until(is_fair, 20, "a fair share for each")
    after = await service.partitions()
    assert all(after[pid] <= count for pid, count in before.items())
    assert sum(after[pid] for pid in before) < sum(before.values())
    async with _paused(service):
        await service.oracle_holds(5)


@pytest.mark.parametrize("holding", ["prices", "values"])
async def test_a_killed_primary_heals(service: ClusterService, holding: str) -> None:
    """Ensure that after a replica has taken over, lacking the newest writes perhaps, every client is right again."""
    keys = [names.price_feed()] if holding == "prices" else [names.value_log(each) for each in all_partitions()]
    service.kill_primary_of(keys)
    async with _paused(service):
        await service.oracle_holds(_HEALED_WITHIN_S)
    await _all_move(service)
    async with _paused(service):
        await service.oracle_holds(5)


@asynccontextmanager
async def _paused(service: ClusterService) -> AsyncIterator[None]:
    await service.market.control("pause")
    try:
        yield
    finally:
        await service.market.control("resume")


async def _busiest_calculator(service: ClusterService) -> str:
    users = {beat.pid: int(beat.facts.get("watched_users") or 0) for beat in await service.beats("calculator")}
    pid = max(users, key=lambda pid: users[pid])
    assert users[pid], "no calculator values anybody"
    return next(name for name, process in service.processes.items() if process.pid == pid)


async def _all_move(service: ClusterService) -> None:
    def totals() -> list[object]:
        return [client.state("portfolio").get("total_value") for client in service.clients]

    before = totals()
    await wait_until(lambda: all(now != was for now, was in zip(totals(), before, strict=True)), 20, "all to move")


async def _move_a_price(service: ClusterService) -> None:
    """Trade the stock that most users hold, a little higher: every figure is the old one or the new one."""
    row = await service.pool.fetchrow(
        """select i.id, i.symbol from instruments i join holdings h on h.instrument_id = i.id
           where i.listed and i.asset_class in ('equity', 'etf')
           group by i.id, i.symbol order by count(distinct h.user_id) desc, i.symbol limit 1"""
    )
    assert row is not None
    [known] = (await read_prices(service.bus, [InstrumentId(str(row["id"]))])).values()
    assert known.price is not None
    await service.market.control("set_price", symbol=row["symbol"], price=float(known.price) + 0.01)


def _fields(differences: list[str]) -> set[str]:
    return {difference.partition(":")[0] for difference in differences}
