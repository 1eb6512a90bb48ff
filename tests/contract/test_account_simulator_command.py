"""`python -m simulator plaid|snaptrade|broker` as a process."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.contract.test_plaid_simulator import Plaid
from tests.contract.test_snaptrade_simulator import Connected, client

SERVICES = ["plaid", "snaptrade", "broker"]
END_WITHIN_S = 2.0


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "simulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            event = json.loads(process.stdout.readline())
            assert event.keys() == {"event", "url"}
            yield process, str(event["url"])
        finally:
            process.kill()


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(service: str, number: signal.Signals) -> None:
    """It says where it listens, serves, and ends with status 0 and silence, open connections or not."""
    with running(service, "--seed", "7") as (process, url), requests.Session() as session:
        assert session.get(f"{url}/control/state", timeout=5).json()["accounts"]
        asked = time.monotonic()
        process.send_signal(number)
        assert process.wait(END_WITHIN_S) == 0
        assert time.monotonic() - asked < END_WITHIN_S
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "simulator", "plaid", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"cannot listen on 127.0.0.1:{port}")
    assert len(ended.stderr.splitlines()) == 1


def test_plaid_remembers_its_items(tmp_path: Path) -> None:
    """With --state an access token, its rotation and what was traded survive a kill."""
    kept = ("plaid", "--state", str(tmp_path / "plaid.json"))
    with running(*kept) as (_, url):
        simulated = Plaid(url)
        old = simulated.link()
        token = simulated.api.item_access_token_invalidate({"access_token": old}).new_access_token
        simulated.control("holdings", account="ada-brokerage", symbol="KO", quantity="5")
        before = simulated.raw_holdings(token)
    with running(*kept) as (_, url):
        after = Plaid(url).raw_holdings(token)
    assert after["holdings"] == before["holdings"]
    assert after["item"] == before["item"]


def test_snaptrade_remembers_its_users(tmp_path: Path) -> None:
    """With --state a user's secret, connections and account ids survive a kill."""
    kept = ("snaptrade", "--state", str(tmp_path / "snaptrade.json"))
    with running(*kept) as (_, url):
        before = Connected(url, client(url))
        before.register("u1")
        connection_id = before.connect()["connection_id"]
        account_id = before.account("Robinhood Individual")
    with running(*kept) as (_, url):
        after = Connected(url, client(url), before.keys)
        listed = after.api.connections.list_brokerage_authorizations(**after.keys).body
        assert [one["id"] for one in listed] == [connection_id]
        assert after.account("Robinhood Individual") == account_id
