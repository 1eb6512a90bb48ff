"""A market stream that is connected but silent, and limits of the plan, with the whole service."""

import asyncio

import pytest

from tests.support.faults_checks import values_are_exact
from tests.support.faults_service import FaultedService
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.faults, pytest.mark.asyncio(loop_scope="session")]

_NOTICED_WITHIN_S = 8.0
_HEAL_WITHIN_S = 10.0
_TRADING_S = 1.0


async def test_a_mute_stream_is_noticed_shown_and_healed(service: FaultedService) -> None:
    """Ensure every client is told that a connected stream is silent, and all is exact again after it speaks."""
    await wait_until(lambda: _feeds(service) == {"live"}, what="a live feed")
    known = _silences(service)
    await service.market.control("mute", muted=True)
    try:
        await wait_until(lambda: _silences(service) > known, _NOTICED_WITHIN_S, "the collector to notice")
        alarms = {"silent", "disconnected"}  # silent, and soon connected anew
        await wait_until(lambda: _feeds(service) <= alarms, _NOTICED_WITHIN_S, "every client to hear of it")
    finally:
        await service.market.control("mute", muted=False)
    await wait_until(lambda: _feeds(service) == {"live"}, _HEAL_WITHIN_S, "a live feed again")
    await _is_exact(service)


async def test_a_taken_connection_is_waited_for_and_taken(service: FaultedService) -> None:
    """Ensure that after two refusals for connections (406) the feed is live again and all is exact."""
    await service.market.control("plan", refuse_auth=[406, 406])
    await service.market.control("drop", endpoint="/v2/sip")
    await wait_until(lambda: _feeds(service) == {"disconnected"}, what="every client to hear of it")
    await wait_until(lambda: _feeds(service) == {"live"}, _HEAL_WITHIN_S, "a live feed again")
    await _is_exact(service)


async def test_what_has_no_place_on_the_stream_is_polled_and_exact(service: FaultedService) -> None:
    """Ensure that under a symbol limit (405) values are still exact within ten seconds of the last trade."""
    await service.market.control("plan", symbols_max=5)
    await service.market.control("drop")
    try:
        await wait_until(lambda: _streams_few(service), what="five symbols on the stream")
        await _is_exact(service)
    finally:
        await service.market.control("plan", symbols_max=None)
        process = service.process("symbol_collector")
        assert process is not None
        process.kill()  # a plan that has grown is found out by a new start
        await wait_until(lambda: service.process("symbol_collector") not in {None, process}, what="a new collector")
        await wait_until(service.all_healthy, what="every stage healthy")


async def _is_exact(service: FaultedService) -> None:
    await asyncio.sleep(_TRADING_S)
    await service.market.control("pause")
    try:
        await values_are_exact(service, _HEAL_WITHIN_S)
    finally:
        await service.market.control("resume")


async def _streams_few(service: FaultedService) -> bool:
    streams = (await service.market.status())["streams"]
    return any(stream["endpoint"] == "/v2/sip" and len(stream["channels"].get("trades", ())) == 5 for stream in streams)


def _silences(service: FaultedService) -> int:
    """Count how often the collector found the stock stream silent."""
    log = service.log("symbol_collector").read_text()
    return sum('"stream_silent"' in line and '"stream":"stock"' in line for line in log.splitlines())


def _feeds(service: FaultedService) -> set[str | None]:
    return {client.state("market").get("feed") for client in service.clients}
