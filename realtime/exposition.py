"""`/metrics`, `/health` and `/alive` of a process, on a port of its own and in a thread of its own.

The thread answers also while the event loop is stuck, and then says so.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import orjson
from prometheus_client import make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from realtime.log import Log
from realtime.metrics import registry_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_REQUEST_TIMEOUT_S = 5.0
_POLL_S = 0.1

Wellness = Callable[[], tuple[bool, str | None]]
"""Whether the event loop turns, and what keeps the stage from its work."""


@contextmanager
def exposed(stage: str, host: str, port: int | None, wellness: Wellness, log: Log) -> Iterator[int | None]:
    """Serve while the body runs; yield the port, None when switched off.

    Args:
        stage: Whose metrics.
        host: Address to listen on.
        port: 0 for any free one, None for none. When it is taken, as by another process of the stage, any free one.
        wellness: Called in another thread.
        log: Told when the port is taken.
    """
    if port is None:
        yield None
        return
    server = _listen(host, port, _application(stage, wellness), log)
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), name="exposition", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listen(host: str, port: int, application: Any, log: Log) -> ThreadingWSGIServer:
    try:
        return make_server(host, port, application, _Server, _Quiet)
    except OSError as error:
        if not port:
            sys.exit(f"metrics cannot be served on {host} ({error.strerror}); choose another NAVSTREAM_METRICS_HOST")
        log.warning("metrics_port_taken", port=port)
        return make_server(host, 0, application, _Server, _Quiet)


def _application(stage: str, wellness: Wellness) -> Any:
    metrics: Any = make_wsgi_app(registry_of(stage))

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = metrics(environ, start_response)
            return answer
        turning, problem = wellness()
        if not turning:
            problem = "the event loop is stuck"
        match path:
            case "/alive":
                return _say(start_response, stage, well=turning, problem=None if turning else problem)
            case "/health":
                return _say(start_response, stage, well=problem is None, problem=problem)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"/metrics, /health or /alive\n"]

    return application


def _say(start_response: "StartResponse", stage: str, *, well: bool, problem: str | None) -> Iterable[bytes]:
    status = HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
    return [orjson.dumps({"stage": stage, "healthy": well, "problem": problem}) + b"\n"]


class _Server(ThreadingWSGIServer):
    def server_bind(self) -> None:
        """Bind without asking the name service for our own name, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = _REQUEST_TIMEOUT_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Write no line a request."""
