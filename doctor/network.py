"""Other people's servers: can they be reached, and do their clocks agree with ours?"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from doctor.finding import Finding, error, ok, warning
from realtime.clock import Clock
from realtime.settings import Settings

_TIMEOUT_S = 8.0
_OFFSET_WARNING = timedelta(seconds=3)
_OFFSET_ERROR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Reading:
    """A server's clock beside ours at about the same moment."""

    theirs: datetime
    ours: datetime


def places(settings: Settings) -> dict[str, str]:
    """Return the addresses that the settings use, by what they are."""
    found = {
        "Alpaca's market-data stream": settings.alpaca_stream_url.replace("ws", "http", 1),
        "Alpaca's market-data REST": settings.alpaca_data_url,
    }
    if settings.plaid_client_id is not None:
        found["Plaid"] = settings.plaid_address
    if settings.snaptrade_client_id is not None:
        found["SnapTrade"] = settings.snaptrade_url
    if settings.broker_key is not None:
        found["Alpaca's Broker API"] = settings.broker_url
    return found


async def reach(targets: Mapping[str, str], clock: Clock) -> tuple[list[Finding], list[Reading]]:
    """Ask each address for anything; whatever it answers, it is reachable, and says what time it has."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as http:
        answers = await asyncio.gather(*(_ask(http, name, url, clock) for name, url in targets.items()))
    return [finding for finding, _ in answers], [reading for _, reading in answers if reading is not None]


async def _ask(http: aiohttp.ClientSession, name: str, url: str, clock: Clock) -> tuple[Finding, Reading | None]:
    try:
        async with http.get(url, allow_redirects=False) as answer:
            reading = _reading(answer.headers.get("Date"), clock.now())
    except (aiohttp.ClientError, TimeoutError, OSError) as raised:
        says = f"{name} is not reachable at {url} ({type(raised).__name__})"
        do = "look at name resolution, firewall, proxy (HTTPS_PROXY) and TLS certificates of this machine"
        return error("reachability", says, do), None
    return ok("reachability", f"{name} is reachable"), reading


def _reading(date: str | None, ours: datetime) -> Reading | None:
    if date is None:
        return None
    try:
        return Reading(parsedate_to_datetime(date), ours)
    except ValueError:
        return None


def clock_offset(readings: list[Reading]) -> list[Finding]:
    """Judge our clock by the median of the others', so that one wrong server blames nobody."""
    if not readings:
        return []
    offsets = sorted(reading.ours - reading.theirs for reading in readings)
    offset = offsets[len(offsets) // 2]
    ahead = offset / timedelta(seconds=1)
    told = f"this machine's clock is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} {len(offsets)} servers'"
    do = "synchronise it: timedatectl set-ntp true, or chronyc makestep"
    if abs(offset) >= _OFFSET_ERROR:
        return [error("clock", f"{told}: signatures, tokens and the ages of prices are wrong", do)]
    if abs(offset) >= _OFFSET_WARNING:
        return [warning("clock", f"{told}: the ages of prices are wrong by it", do)]
    return [ok("clock", f"this machine's clock agrees with those of {len(offsets)} servers")]
