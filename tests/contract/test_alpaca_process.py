"""`python -m simulator alpaca` as a process."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.contract.alpaca_market import KEY, SECRET

END_WITHIN_S = 5


@contextmanager
def _started(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "simulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def _subscribed_stream(url: str) -> Iterator[ClientConnection]:
    """Yield a client that is being sent trades."""
    with connect(url.replace("http://", "ws://") + "/v2/sip") as stream:
        stream.recv()
        for message in ({"action": "auth", "key": KEY, "secret": SECRET}, {"action": "subscribe", "trades": ["*"]}):
            stream.send(json.dumps(message))
            stream.recv()
        assert json.loads(stream.recv())[0]["T"] == "t"
        yield stream


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_at_once_when_told(number: signal.Signals) -> None:
    with _started("alpaca", "--port", "0", "--seed", "7", "--market-origin", "2026-11-20T15:00:00Z") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["event"] == "listening"
        with urllib.request.urlopen(told["url"] + "/control/status", timeout=10) as answer:
            assert json.load(answer)["market_time"].startswith("2026-11-20T15:00")
        with _subscribed_stream(told["url"]) as stream:
            began = time.monotonic()
            process.send_signal(number)
            assert process.wait(END_WITHIN_S) == 0
            assert time.monotonic() - began < END_WITHIN_S
            with pytest.raises(ConnectionClosed):
                _read_on(stream)
        assert process.stderr is not None
        assert process.stderr.read() == ""


def _read_on(stream: ClientConnection) -> None:
    while True:
        stream.recv()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("alpaca", "--recording", "nowhere.csv"), "cannot simulate the market"),
        (("alpaca", "--speed", "max"), "--speed max needs --recording"),
        (("alpaca", "--market-origin", "yesterday"), "cannot simulate the market"),
        (("nobody",), "usage: python -m simulator"),
    ],
)
def test_what_cannot_be_served_ends_with_one_clear_line(arguments: tuple[str, ...], text: str) -> None:
    with _started(*arguments) as process:
        _, error = process.communicate(timeout=30)
    assert process.returncode != 0
    assert text in error
    assert "Traceback" not in error
