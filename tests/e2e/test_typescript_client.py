"""The TypeScript client outside the dashboard: built as its README says, run by Node."""

import asyncio
import os
import subprocess
from pathlib import Path

from tests.e2e.conftest import Service
from tools.build_dashboard import find_npm

CLIENT = Path(__file__).resolve().parents[2] / "dashboard" / "client"


async def test_the_client_prints_the_total_as_it_moves(service: Service) -> None:
    """Ensure the package builds alone, and a program of somebody else's gets values with it."""
    npm = find_npm()
    built = await asyncio.to_thread(
        subprocess.run, [*npm, "run", "build"], cwd=CLIENT, check=False, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stdout
    assert (CLIENT / "dist" / "index.d.ts").is_file()
    # Node has WebSocket without being asked from 22 on
    process = await asyncio.create_subprocess_exec(
        *(
            "node",
            "--experimental-websocket",
            str(CLIENT / "examples" / "total.mjs"),
            service.demo.settings.public_websocket_url,
        ),
        env=os.environ | {"NAVSTREAM_TOKEN": service.demo.token(await service.user())},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(15):
            lines = [(await process.stdout.readline()).decode().split() for _ in range(2)]
    finally:
        process.kill()
        await process.wait()
    assert all(float(amount) > 0 and currency == "USD" for amount, currency in lines), lines
