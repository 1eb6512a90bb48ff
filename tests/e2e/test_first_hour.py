"""What the README has a newcomer type beside a running demo."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Service

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(service: Service, tmp_path: Path) -> Path:
    """A folder in which that demo was started."""
    (tmp_path / ".navstream").mkdir()
    settings = "".join(f"{name}='{value}'\n" for name, value in service.demo.env.items())
    (tmp_path / ".navstream" / "demo.env").write_text(settings)
    return tmp_path


async def navstream(folder: Path, *arguments: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "realtime.cli", "--demo", *arguments),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "NAVSTREAM_DASHBOARD_DIR": str(ROOT / "dashboard" / "dist")},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    return process.returncode, printed.decode()


async def test_the_doctor_finds_nothing_to_repair(folder: Path) -> None:
    """Neither an error nor a warning: the demo is a set-up like any other."""
    status, printed = await navstream(folder, "doctor", "--json")
    odd = [finding for finding in json.loads(printed)["findings"] if finding["level"] in {"warning", "error"}]
    assert (status, odd) == (0, [])


async def test_a_new_user_can_sign_in(folder: Path, service: Service) -> None:
    """Ensure the link that the command prints opens the dashboard that runs."""
    status, printed = await navstream(folder, "add-user", "newcomer")
    assert status == 0, printed
    status, link = await navstream(folder, "sign-in-link", "--user", "newcomer")
    assert status == 0
    url, _, code = link.strip().partition("/#code=")
    async with service.http.post(f"{url}/api/session", json={"code": code}) as answer:
        assert (await answer.json())["user"]["name"] == "newcomer"
