"""The dashboard over made-up values (`dashboard/dev/fake_stream.py`): every kind of mark, or a thousand holdings."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.browsing import DASHBOARD


@contextmanager
def made_up_stream(holdings: int = 0) -> Iterator[str]:
    """Serve it on a free port while the body runs; yield the link that signs in."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (
        *(sys.executable, str(DASHBOARD / "dev" / "fake_stream.py")),
        *("--port", str(port), "--holdings", str(holdings)),
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
