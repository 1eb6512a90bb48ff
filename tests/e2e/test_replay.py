"""The oracle over a whole recorded day: market → alpaca-py → collector → calculator → broadcaster → client."""

import csv
import gzip
import random
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.conftest import Service, open_service
from tests.support.demo import DemoProcess, running_demo

pytestmark = pytest.mark.slow
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "market-data" / "trades-2013-10-08.csv.gz"
PAUSES_COUNT = 10
GENERATED_TRADES_COUNT = 60_000
AFTER_THE_CLOSE = "2013-10-08T21:00:00Z"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if RECORDED.exists():
        return RECORDED
    warnings.warn("no recorded trades beside the repository; playing generated ones", UserWarning, stacklevel=1)
    return _generated_day(tmp_path_factory.mktemp("recording") / "trades.csv")


@pytest.fixture(scope="module")
def replay(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    folder = tmp_path_factory.mktemp("replay")
    with running_demo(folder, "--recording", str(recording), "--full-speed", "--market-time", AFTER_THE_CLOSE) as demo:
        yield demo


@pytest.fixture
async def service(replay: DemoProcess) -> AsyncIterator[Service]:
    async with open_service(replay) as service:
        yield service


@pytest.mark.timeout(400)
@pytest.mark.filterwarnings("ignore:no recorded trades:UserWarning")
async def test_a_whole_day_is_right_to_the_cent_at_every_pause(service: Service, recording: Path) -> None:
    """Ensure every figure of every user equals exact arithmetic at ten random pauses and at the day's end."""
    trades_count = _lines_count(recording) - 1
    clients = await service.every_user()
    pauses = sorted(random.Random(trades_count).sample(range(1, trades_count), PAUSES_COUNT))
    for index in (*pauses, trades_count):
        status = await service.market.control("run_until", index=index)
        assert status["trades_sent"] >= index
        await service.oracle_holds(clients, deadline_s=10)
    assert len({client.state("portfolio")["total_value"] for client in clients}) > 1


def _lines_count(path: Path) -> int:
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt") as lines:
        return sum(1 for _ in lines)


def _generated_day(path: Path) -> Path:
    draw = random.Random(2013)
    prices = {"SPY": 167.0, "BAC": 13.7, "AIG": 48.6, "IBM": 182.0}
    at = datetime(2013, 10, 8, 8, tzinfo=UTC)
    step = timedelta(hours=12) / GENERATED_TRADES_COUNT
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "symbol", "price", "size", "exchange", "conditions", "suspicious"])
        for _ in range(GENERATED_TRADES_COUNT):
            at += step * draw.uniform(0, 2)
            symbol = draw.choice(list(prices))
            prices[symbol] *= 1 + draw.gauss(0, 2e-4)
            size = draw.choice([1, 7, 50, 100, 100, 200, 500])
            stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            rows.writerow([stamp, symbol, f"{prices[symbol]:.2f}", size, draw.choice("QPDN"), "1", 0])
    return path
