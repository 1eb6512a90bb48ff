"""Schemathesis against the running API: what the OpenAPI page allows is answered as the page says, and the rest too."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support.two_users import Two, two

__all__ = ["two"]
ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "tests" / "support" / "schemathesis.toml"
_NEVER_WITHOUT_TOKEN = "missing_required_header"
"""The token is in every request, also in those that are said to lack it; test_wrong_user.py leaves it out."""


async def fuzz(two: Two, *options: str) -> tuple[int, str]:
    """Run it as Ada; return its exit code and what it says."""
    command = Path(sys.executable).with_name("schemathesis")
    bearer = two.api.bearer(two.ada)["Authorization"]
    process = await asyncio.create_subprocess_exec(
        command, "--no-color", "--config-file", CONFIG, "run", f"{two.api.url}/api/openapi.json", "--checks", "all",
        "--exclude-checks", _NEVER_WITHOUT_TOKEN,
        "--header", f"Authorization: {bearer}", "--seed", "7", "--continue-on-failure", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=ROOT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


@pytest.mark.timeout(300)
async def test_schemathesis_finds_nothing(two: Two) -> None:
    """Ensure no input that it thinks of gets an answer that the page does not announce."""
    code, said = await fuzz(two, "--max-examples", "3", "--phases", "examples,fuzzing")
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_schemathesis_finds_nothing_in_depth(two: Two) -> None:
    """Ensure the same of many more inputs, of each boundary that the page describes, and of sequences of calls."""
    code, said = await fuzz(two, "--max-examples", "15")
    assert code == 0, said
