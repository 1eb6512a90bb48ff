"""Around every request: security headers on all answers, and a bound on what a client may send."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem

BODY_BYTES_MAX = 64 * 1024


def security_headers(websocket_url: str) -> Mapping[str, str]:
    """Return the headers of every answer; the page may connect to itself and to the WebSocket server alone."""
    address = urlsplit(websocket_url)
    directives = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"connect-src 'self' {address.scheme}://{address.netloc}",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(directives),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


class Guards:
    """ASGI middleware. Bodies above 64 KiB are refused with 413, announced or not."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._headers)
        if int(Headers(scope=scope).get("content-length", "0")) > BODY_BYTES_MAX:
            exchange.too_large = True
        else:
            await self._app(scope, exchange.receive, exchange.send)
        if exchange.too_large and not exchange.started:
            refusal = problem(413, "body_too_large", f"a request's body has at most {BODY_BYTES_MAX} bytes")
            await refusal(scope, receive, exchange.send_with_headers)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._headers = headers
        self._received_bytes = 0
        self.started = False
        self.too_large = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._received_bytes += len(message.get("body", b""))
        self.too_large = self._received_bytes > BODY_BYTES_MAX
        return {"type": "http.disconnect"} if self.too_large else message

    async def send(self, message: Message) -> None:
        if self.started or not self.too_large:
            await self.send_with_headers(message)

    async def send_with_headers(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers[name] = value
            if self._scope["path"].startswith("/api"):
                headers.setdefault("Cache-Control", "no-store")
        await self._send(message)
