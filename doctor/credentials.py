"""The providers' keys: there, accepted, and good for the feed that is asked for?"""

import asyncio
from collections.abc import Mapping

import aiohttp

from doctor.finding import Finding, error, note, ok, refused, warning
from providers.base import UnexpectedAnswer
from providers.keys import check_keys
from providers.registry import FACTORIES
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.errors import NavstreamError, RetryLater
from realtime.settings import Settings

_TIMEOUT_S = 10.0
_GUIDE = "docs/connecting.md"
_UNSET = {
    ProviderName.PLAID: "PLAID_CLIENT_ID and PLAID_SECRET are not set: nobody can connect through Plaid",
    ProviderName.SNAPTRADE: (
        "SNAPTRADE_CLIENT_ID and SNAPTRADE_CONSUMER_KEY are not set: nobody can connect through SnapTrade"
    ),
    ProviderName.ALPACA: (
        "BROKER_API_KEY and BROKER_SECRET_KEY are not set: accounts at Alpaca connect with their own keys only"
    ),
}


async def credentials(settings: Settings, clock: Clock) -> list[Finding]:
    """Ask every provider for something cheap with our keys."""
    patient = settings.model_copy(update={"provider_timeout_s": min(settings.provider_timeout_s, _TIMEOUT_S)})
    names = asyncio.gather(*(_provider(name, patient, clock) for name in FACTORIES))
    return [*await _market_data(settings), *await names]


async def _provider(name: ProviderName, settings: Settings, clock: Clock) -> Finding:
    check, guide = f"{name}_keys", f"{_GUIDE}#{name}"
    if name is ProviderName.ALPACA and (settings.broker_key is None or settings.broker_secret is None):
        return note(check, _UNSET[name], f"if you have a firm at Alpaca: {guide}")
    try:
        provider = FACTORIES[name](settings, clock)
        if provider is None:
            return note(check, _UNSET[name], f"if you want to: {guide}")
        try:
            await check_keys(provider)
        finally:
            await provider.close()
    except RetryLater as raised:
        return warning(check, f"whether {name} accepts our keys is unknown: {raised}", "try again in a minute")
    except NavstreamError as raised:
        return refused(check, raised, f"copy them again, for the same environment: {guide}")
    except UnexpectedAnswer as raised:
        return error(check, str(raised), f"compare what you have with {guide}")
    return ok(check, f"{name} accepts our keys")


async def _market_data(settings: Settings) -> list[Finding]:
    """Ask for one price of the feed that the stream will use; missing keys are a finding of the settings."""
    check = "market_data"
    if settings.alpaca_key_id is None or settings.alpaca_secret_key is None:
        return []
    headers = {
        "APCA-API-KEY-ID": settings.alpaca_key_id,
        "APCA-API-SECRET-KEY": settings.alpaca_secret_key.get_secret_value(),
    }
    query = {"symbols": "SPY", "feed": settings.alpaca_feed}
    try:
        status, said = await _get(f"{settings.alpaca_data_url}/v2/stocks/trades/latest", headers, query)
    except (aiohttp.ClientError, TimeoutError, OSError) as raised:
        says = f"whether Alpaca accepts our keys is unknown ({type(raised).__name__})"
        return [warning(check, says, "see reachability")]
    return [_judged(check, settings.alpaca_feed, status, said)]


async def _get(url: str, headers: Mapping[str, str], query: Mapping[str, str]) -> tuple[int, str]:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as http,
        http.get(url, headers=headers, params=query) as answer,
    ):
        return answer.status, await answer.text()


def _judged(check: str, feed: str, status: int, said: str) -> Finding:
    match status:
        case 200:
            return ok(check, f"Alpaca accepts our keys for the feed {feed}")
        case 401:
            return error(check, "Alpaca refuses the market-data keys", f"make new ones: {_GUIDE}#alpaca")
        case 403:
            do = "set NAVSTREAM_ALPACA_FEED=iex, which every plan has, or subscribe to the feed at Alpaca"
            return error(check, f"the plan at Alpaca does not include the feed {feed}", do)
        case 400:
            return error(check, f"Alpaca knows no feed {feed}: {said[:200]}", "set NAVSTREAM_ALPACA_FEED: iex or sip")
        case 429:
            return warning(check, "Alpaca's limit of calls a minute is used up", "see what else uses these keys")
        case _:
            return warning(
                check, f"Alpaca answered HTTP {status}", "try again in a minute: https://status.alpaca.markets"
            )
