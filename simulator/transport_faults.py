"""Play the faults that happen below the provider's own answers: delays, lost connections, proxies (loop)."""

import asyncio
from collections.abc import Collection

from aiohttp import web

from simulator.http_faults import Faults

_BAD_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>Bad Gateway</body>\r\n</html>\r\n"


async def before_answer(
    request: web.Request, faults: Faults, path: str, subjects: Collection[str]
) -> web.Response | None:
    """Delay, drop, or answer in the provider's place; None when the provider answers itself."""
    slow = faults.take("slow", path, subjects)
    if slow is not None:
        await asyncio.sleep(slow.seconds)
    if faults.take("drop", path, subjects):
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    if faults.take("bad_gateway", path, subjects):
        return web.Response(status=502, text=_BAD_GATEWAY, content_type="text/html")
    return None


def cut(body: bytes, faults: Faults, path: str, subjects: Collection[str]) -> bytes:
    """Return the body, or its first half when the fault asks for it."""
    return body[: len(body) // 2] if faults.take("truncated", path, subjects) else body
