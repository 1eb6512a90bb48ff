"""The example of docs/api.md runs as written."""

import re
from pathlib import Path
from typing import Any

import pytest

from realtime.bus.client import Bus
from realtime.clock import WallClock
from realtime.store.pool import Pool
from tests.integration.test_api_cache import valued
from tests.integration.test_api_idempotency import api
from tests.integration.test_api_paging import NOON, add_transaction
from tests.support.api import Api

__all__ = ["api"]
PAGE = Path(__file__).parents[2] / "docs" / "api.md"


async def test_the_example_prints_what_it_says(
    api: Api, pool: Pool, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ensure a reader who copies it sees a total, a 304, every page, one refresh and a code."""
    ada = await valued(pool, bus, "Ada")
    for key in ("a", "b", "c"):
        await add_transaction(pool, ada, key, NOON.date())
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(example, names)  # the page is ours
    await names["main"](api.url, api.tokens.issue(ada.user_id, WallClock().now(), 60))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["100.0 USD", "not one figure moved", "['c', 'b']", "['a']"]
    assert [line.partition(" connection.")[0] for line in lines[4:6]] == ["202 Refreshing 1"] * 2
    assert lines[6] == "404 unknown_account"
