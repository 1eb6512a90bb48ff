"""The identity provider whose tokens are taken: does it say by which keys they are signed?"""

import aiohttp
import msgspec

from doctor.finding import Finding, error, ok
from realtime.settings import Settings

_TIMEOUT_S = 5.0
_CHECK = "identity"


class _KeySet(msgspec.Struct):
    keys: list[dict[str, object]]


async def identity(settings: Settings) -> list[Finding]:
    """Fetch the keys, if a provider is named."""
    url = settings.jwks_url
    if url is None:
        return []
    do = "compare NAVSTREAM_JWKS_URL with what the provider's /.well-known/openid-configuration calls jwks_uri"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S), trust_env=True) as http,
            http.get(url) as answer,
        ):
            status, body = answer.status, await answer.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as raised:
        return [error(_CHECK, f"{url} does not answer ({type(raised).__name__}): nobody of it can sign in", do)]
    try:
        keys = msgspec.json.decode(body, type=_KeySet).keys if status == 200 else []
    except msgspec.DecodeError:
        keys = []
    if not keys:
        return [error(_CHECK, f"{url} answers HTTP {status} without keys: nobody of it can sign in", do)]
    return [ok(_CHECK, f"the identity provider has {len(keys)} keys")]
