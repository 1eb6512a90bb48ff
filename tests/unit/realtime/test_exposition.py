"""What a process serves on its own port."""

import socket
from http.client import HTTPConnection

import orjson

from realtime.exposition import exposed
from realtime.log import Log


def get(port: int | None, path: str) -> tuple[int, bytes]:
    assert port is not None
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def test_health_says_what_is_wrong_and_alive_only_whether_the_loop_turns() -> None:
    """Ensure a stage that waits for its database is not killed for it, and a stuck one is found out."""
    turning, problem = True, None
    with exposed("sync", "127.0.0.1", 0, lambda: (turning, problem), Log()) as port:
        assert get(port, "/health")[0] == 200
        problem = "the database is unreachable"
        status, body = get(port, "/health")
        assert status == 503
        assert orjson.loads(body) == {"stage": "sync", "healthy": False, "problem": problem}
        assert get(port, "/alive")[0] == 200
        turning = False
        assert get(port, "/alive")[0] == 503
        assert b"stuck" in get(port, "/health")[1]
        status, text = get(port, "/metrics")
        assert status == 200
        assert b"sync_latency_seconds" in text
        assert get(port, "/")[0] == 404


def test_a_taken_port_keeps_no_stage_from_starting() -> None:
    """Ensure a second process of a stage takes another port instead of dying."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken: int = other.getsockname()[1]
        with exposed("sync", "127.0.0.1", taken, lambda: (True, None), Log()) as port:
            assert port != taken
            assert get(port, "/alive")[0] == 200


def test_no_port_means_nothing_is_served() -> None:
    """Ensure metrics can be switched off."""
    with exposed("sync", "127.0.0.1", None, lambda: (True, None), Log()) as port:
        assert port is None
