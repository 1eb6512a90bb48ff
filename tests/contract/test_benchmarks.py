"""The benchmarks still run, at a tiny size, and what the docs publish of them is what was measured."""

import json
from pathlib import Path

import pytest
import uvloop

from benchmarks import growth, publish, scale_model, scale_out
from benchmarks.peers import fanout, redis_gets


def is_row(row: dict[str, object]) -> bool:
    """Tell whether a row of the peers has everything that the table shows, and something was measured."""
    return (
        row.keys() == {"work", "unit", "ours", "peer", "theirs", "times"}
        and float(str(row["ours"])) > 0
        and float(str(row["theirs"])) > 0
    )


def test_the_broadcaster_sends_every_client_its_own_total() -> None:
    """Ensure the fan-out is measured, and checked."""
    assert uvloop.run(fanout.our_rate(5, 2)) > 0


def test_fastapi_sends_the_same() -> None:
    """Ensure this peer does the same work; it needs no package beyond ours."""
    rate, version = uvloop.run(fanout.peer_rate("starlette", 5, 2))
    assert rate > 0
    assert "fastapi" in version


def test_a_wrong_total_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a peer that sends something else is not compared."""
    message = fanout._message
    monkeypatch.setattr(fanout, "_message", lambda number, place: message(number + 1, place))
    with pytest.raises(AssertionError, match="totals differ"):
        uvloop.run(fanout.peer_rate("starlette", 5, 2))


def test_the_naive_design_has_the_same_totals() -> None:
    """Ensure the floor is compared with at the same prices."""
    assert all(is_row(row) for row in redis_gets.measure(rounds=1))


def test_ws_sends_the_same() -> None:
    """Ensure Node's ws does the same work, where `make bench-peers` has installed it."""
    if not (Path(fanout.__file__).parent / "node" / "node_modules").exists():
        pytest.skip("ws is not installed")
    rate, _ = uvloop.run(fanout.peer_rate("ws", 5, 2))
    assert rate > 0


def test_duckdb_and_polars_find_the_same_values() -> None:
    """Ensure both do the same work, where they are installed."""
    pytest.importorskip("duckdb")
    pytest.importorskip("polars")
    from benchmarks.peers import revalue  # noqa: PLC0415

    assert all(is_row(row) for row in revalue.measure(accounts=50, instruments=20, rounds=1))


def test_perspective_finds_the_same_sums() -> None:
    """Ensure Perspective does the same work, where it is installed."""
    pytest.importorskip("perspective")
    from benchmarks.peers import streaming  # noqa: PLC0415

    assert all(is_row(row) for row in streaming.measure(rounds=1))


@pytest.mark.parametrize("name", ["accounts", "clients", "symbols"])
def test_growth_is_measured(name: str) -> None:
    """Ensure each point of a plot can be made."""
    assert all(value > 0 for value in growth.MEASURES[name](10).values())


def test_broadcasters_add_up() -> None:
    """Ensure several broadcasters can be measured at once."""
    assert scale_out.broadcasters(1, 3) > 0


@pytest.mark.slow
async def test_calculators_add_up() -> None:
    """Ensure calculators can be measured together, and every position comes back."""
    assert await scale_out.calculators(2, 1) > 0


def test_every_plot_is_in_the_docs_as_measured() -> None:
    """Ensure no picture is missing, and none was drawn without figures."""
    measured = json.loads(growth.MEASURED.read_text())
    page = publish.PERFORMANCE.read_text()
    for name, counts in growth.COUNTS.items():
        assert [point["count"] for point in measured[name]["points"]] == list(counts)
        assert f"(images/growth-{name}.svg)" in page
        assert (growth.MEASURED.parent / f"growth-{name}.svg").exists()


def test_the_peers_table_is_what_was_measured() -> None:
    """Ensure no figure of the table was typed in by hand."""
    measured = json.loads(scale_model.MEASURED.read_text())["peers"]
    assert all(is_row(row) for row in measured["rows"])
    assert publish.peers_table(measured["rows"], measured["circumstances"]) in publish.PERFORMANCE.read_text()
