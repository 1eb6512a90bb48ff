"""Where the providers shall send their webhooks: does that lead to us?"""

from urllib.parse import urlsplit

import aiohttp

from doctor.finding import Finding, error, note, ok, warning
from realtime.settings import Settings

_PLAID_PATH = "/webhook/plaid"
_SNAPTRADE_PATH = "/api/snaptrade/webhook"
_TIMEOUT_S = 5.0
_HERE = {"127.0.0.1", "localhost", "::1"}


async def webhooks(settings: Settings) -> list[Finding]:
    """Look at the addresses of the providers that are in use."""
    found: list[Finding] = []
    if settings.plaid_client_id is not None:
        found.append(await _plaid(settings))
    if settings.snaptrade_client_id is not None:
        do = f"it must be https://YOUR-HOST{_SNAPTRADE_PATH}; set it at SnapTrade: docs/connecting.md#snaptrade"
        found.append(
            note("webhooks", "SnapTrade's webhook address is kept at SnapTrade and cannot be seen from here", do)
        )
    return found


async def _plaid(settings: Settings) -> Finding:
    url = settings.plaid_webhook_url
    if url is None:
        return warning(
            "webhooks",
            "PLAID_WEBHOOK_URL is not set: what changes at an institution shows at the next scheduled refresh only",
            f"set it to https://YOUR-HOST{_PLAID_PATH}, reachable from the Internet; later connections will use it",
        )
    parts = urlsplit(url)
    if parts.path.rstrip("/") != _PLAID_PATH:
        return error("webhooks", f"PLAID_WEBHOOK_URL ends in {parts.path or '/'}", f"let it end in {_PLAID_PATH}")
    if parts.scheme != "https" and parts.hostname not in _HERE:
        return error("webhooks", "PLAID_WEBHOOK_URL is not https", "put a server that ends TLS before the API")
    if settings.plaid_env == "production" and parts.hostname in _HERE:
        return error("webhooks", "PLAID_WEBHOOK_URL leads to this machine only", "use a name that Plaid can reach")
    return await _answers(f"{url.rstrip('/')}/health")


async def _answers(url: str) -> Finding:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S), trust_env=True) as http,
            http.get(url) as answer,
        ):
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as raised:
        says, do = (
            f"{url} does not answer ({type(raised).__name__})",
            "start the stage api; look at what stands before it",
        )
        return warning("webhooks", says, do)
    if status == 200:
        return ok("webhooks", "PLAID_WEBHOOK_URL leads to this service")
    return error("webhooks", f"{url} answers HTTP {status}: not this service", "look at what stands before the API")
