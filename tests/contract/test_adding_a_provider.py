"""docs/adding-a-provider.md is true: its diff and its folder are all that a new provider takes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.page_diff import apply_diff, changed_lines

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adding-a-provider.md"
LINES_OUTSIDE_MAX = 50
STATEMENT = """account,symbol,quantity,price,cost
IRA-1234,BRK-B,2,500.10,900
IRA-1234,CUR:USD,100.25,,
IRA-1234,AAPL,ten,270,1000
IRA-1234,MSFT,3,much,
"""
REFRESH = """
import asyncio, json, sys
from cryptography.fernet import Fernet
from pathlib import Path
from pydantic import SecretStr
from providers.registry import FACTORIES, open_providers
from providers.statement.provider import connect_statement
from realtime.clock import WallClock
from realtime.crypto import CredentialCipher
from realtime.domain.account import ProviderName
from realtime.log import Log
from realtime.settings import Settings
from realtime.store.jobs import claim_job
from realtime.store.pool import open_pool
from realtime.store.users import create_user
from sync.parts import Parts
from sync.worker import run_job

async def main(dsn: str, path: str) -> None:
    assert set(FACTORIES) == set(ProviderName)
    cipher = CredentialCipher([SecretStr(Fernet.generate_key().decode())])
    async with open_pool(dsn) as pool, open_providers(Settings(), WallClock()) as providers:
        await connect_statement(pool, await create_user(pool, "ada"), Path(path))
        job = await claim_job(pool, "test", 30)
        await run_job(Parts(pool, providers, cipher, WallClock(), Log()), job)
        rows = await pool.fetch(
            "select a.public_id, i.symbol, h.quantity::text from holdings h join accounts a on a.id = h.account_id"
            " join instruments i on i.id = h.instrument_id"
        )
        run = await pool.fetchrow("select outcome, quarantined from sync_runs")
    print(json.dumps({"held": [list(row) for row in rows], "outcome": run[0], "odd": json.loads(run[1])}))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of our code with the example added as the page says."""
    for folder in ("realtime", "providers", "sync"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "examples" / "provider" / "statement", tmp_path / "providers" / "statement")
    apply_diff(PAGE, tmp_path)
    return tmp_path


def refreshed(tree: Path, dsn: str) -> Any:
    """Refresh a connection of the new provider in the tree; return what it stored."""
    statement = tree / "statement.csv"
    statement.write_text(STATEMENT)
    done = subprocess.run(
        [sys.executable, "-c", REFRESH, dsn, str(statement)], cwd=tree, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_few_lines_outside_the_folder() -> None:
    """Ensure that a new provider touches little that is not its own."""
    assert 0 < len(changed_lines(PAGE)) < LINES_OUTSIDE_MAX


def test_the_example_is_refreshed_like_any_other(tree: Path, postgres_dsn: str) -> None:
    """Ensure that the added provider's holdings are stored under its prefix, odd lines set aside with reasons."""
    stored = refreshed(tree, postgres_dsn)
    assert {(symbol, quantity) for _, symbol, quantity in stored["held"]} == {
        ("BRK.B", "2"), ("CUR:USD", "100.25"), ("MSFT", "3"),
    }  # fmt: skip
    assert all(public_id.startswith("statement_") for public_id, _, _ in stored["held"])
    assert stored["outcome"] == "complete"
    assert [odd["alias"] for odd in stored["odd"]] == ["AAPL", "MSFT"]
