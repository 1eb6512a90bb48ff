"""What an operator sees of the demo: metrics and health of every process, the status, an alert."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from realtime.bus.heartbeats import read_heartbeats
from realtime.up import STAGES
from tests.e2e.conftest import Service, open_service
from tests.support.demo import running_demo
from tests.support.monitoring import operator
from tests.support.waiting import wait_until

EXPECTED = {
    "sync": ("sync_latency_seconds_count",),
    "symbol_collector": (
        "collector_leading", "collector_trades_total", "collector_prices_total", "collector_subscribed",
    ),
    "calculator": (
        "calculator_batches_total", "calculator_accounts", "calculator_partitions", "calculator_lag_seconds",
    ),
    "broadcaster": (
        "broadcaster_clients", "broadcaster_messages_total", "broadcaster_bytes_total",
        "broadcaster_trade_to_send_seconds_count",
    ),
    "api": (),
    "monitor": ("monitor_looks_total",),
}  # fmt: skip
"""What is more than zero in each process of a demo with a client."""


async def metrics_of(service: Service, port: int) -> dict[str, float]:
    """Return the metrics of a process, summed over their labels."""
    async with service.http.get(f"http://127.0.0.1:{port}/metrics") as answer:
        text = await answer.text()
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            totals[sample.name] = totals.get(sample.name, 0.0) + sample.value
    return totals


@pytest.mark.parametrize("stage", STAGES)
async def test_every_process_exports_what_it_does(service: Service, stage: str) -> None:
    """Ensure a stage's work shows in its metrics, and its health on the same port."""
    user = await service.user()
    client = await service.watch(user)
    await wait_until(lambda: client.state("portfolio").get("total_value"), what="first values")
    if stage == "sync":  # another test may have killed the one that did the first refreshes
        await asyncio.to_thread(run, service, "refresh", "--user", user)

    async def exported() -> int | None:
        beats = {beat.stage: beat for beat in await read_heartbeats(service.bus)}
        port = beats[stage].metrics_port if stage in beats else None
        if port is None:
            return None
        totals = await metrics_of(service, port)
        shown = all(totals.get(name, 0.0) > 0 for name in (*EXPECTED[stage], "process_resident_memory_bytes"))
        return port if shown and totals["stage_healthy"] == 1 else None

    port = await wait_until(exported, 15, f"metrics of {stage}")
    for path in ("health", "alive"):
        async with service.http.get(f"http://127.0.0.1:{port}/{path}") as answer:
            assert answer.status == 200, await answer.text()


async def test_the_status_command_and_the_api_say_the_same(service: Service) -> None:
    """Ensure a terminal, a program and HTTP show feed age by class, lag, clients, freshness and percentiles."""
    client = await service.watch(await service.user())
    await wait_until(lambda: client.state("portfolio").get("total_value"), what="first values")

    async def measured() -> dict[str, Any] | None:
        report = json.loads(run(service, "status", "--json").stdout)
        priced = all(feed["connected"] and feed["price_age_s"] is not None for feed in report["feeds"])
        return (
            report
            if priced and all(leg["p99_ms"] for leg in report["latency"]) and report["broadcasters"]["clients"]
            else None
        )

    told = await wait_until(measured, 30, "prices of each stream, and percentiles")
    assert {feed["stream"] for feed in told["feeds"]} == {"stock", "crypto", "option"}
    assert told["calculators"]["lag_ms"] is not None
    assert told["sync"]["oldest_s"] > 0
    assert set(told["jobs"]) == {"queued", "running", "dead"}
    token = run(service, "token", "--operator").stdout.strip()
    url = f"http://{service.demo.settings.api_host}:{service.demo.settings.api_port}/api/status"
    async with service.http.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        assert (await answer.json()).keys() == told.keys()


def run(service: Service, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "realtime.cli", *command],
        env=os.environ | service.demo.env,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.slow
async def test_a_stopped_stage_reaches_the_operators_webhook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a process that hangs in the running service is told once, and its return once."""
    async with operator() as told:
        monkeypatch.setenv("NAVSTREAM_ALERT_WEBHOOK_URL", told.url)
        monkeypatch.setenv("NAVSTREAM_ALERT_PATIENCE", "0.2")
        with running_demo(tmp_path / "demo") as demo:
            async with open_service(demo):
                stage = demo.stage_process("calculator")
                assert stage is not None
                stage.send_signal(signal.SIGSTOP)
                try:
                    await told.hears("stage_down", ("calculator", "fired"))
                finally:
                    stage.send_signal(signal.SIGCONT)
                await told.hears("stage_down", ("calculator", "fired"), ("calculator", "cleared"))
