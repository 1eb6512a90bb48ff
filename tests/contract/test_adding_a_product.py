"""docs/adding-a-product.md is true: its diff and its module are all that a new product takes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page_diff import apply_diff, changed_lines

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "adding-a-product.md"
LINES_OUTSIDE_MAX = 50
READ = """
import asyncio, sys
from uuid import uuid4
from api.products.registry import PRODUCTS
from providers.plaid.documents import Account
from providers.plaid.mapping import reported_account
from realtime.store.migrate import migrate
from realtime.store.pool import as_user, open_pool
from realtime.store.product_lines import Wanted
from realtime.store.users import create_user

async def main(dsn: str) -> None:
    await migrate(dsn)
    account = reported_account(Account("a", "payroll", "Pay"))
    async with open_pool(dsn) as pool:
        user, connection, key = await create_user(pool, "ada"), uuid4(), uuid4()
        await pool.execute(
            "insert into connections (id, user_id, provider, provider_connection_id) values ($1, $2, 'plaid', 'item')",
            connection, user)
        await pool.execute(
            "insert into accounts (id, public_id, user_id, connection_id, provider, provider_account_id, product,"
            " account_type, name, currency) values ($1, 'plaid_a', $2, $3, 'plaid', 'a', $4, 'payroll', 'Pay', 'USD')",
            key, user, connection, account.product)
        await pool.execute(
            "insert into bank_transactions values ($1, 't', $2, 'a', $3, 3412.55, 'USD', '2026-11-15', 'PAY', null,"
            " 'INCOME', null, false)", connection, user, key)
        async with as_user(pool, user) as database:
            page = await PRODUCTS["payroll"].serialise(database, Wanted(None, None, 10, 0))
    print(page.model_dump_json())

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of our code with the example added as the page says."""
    for folder in ("realtime", "providers", "api"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    example = ROOT / "examples" / "product"
    shutil.copy(example / "payroll.py", tmp_path / "api" / "products")
    shutil.copy(example / "9000_payroll.sql", tmp_path / "realtime" / "migrations")
    apply_diff(PAGE, tmp_path)
    return tmp_path


def test_few_lines_outside_the_module() -> None:
    """Ensure that a new product touches little that is not its own."""
    assert 0 < len(changed_lines(PAGE)) < LINES_OUTSIDE_MAX


def test_the_example_is_served_like_any_other(tree: Path, postgres_dsn: str) -> None:
    """Ensure that the added product's accounts are stored as such and its lines shown."""
    done = subprocess.run(
        [sys.executable, "-c", READ, postgres_dsn], cwd=tree, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    page = json.loads(done.stdout)
    assert page["total_count"] == 1
    assert [(line["name"], line["amount"]) for line in page["transactions"]] == [("PAY", 3412.55)]
