"""`navstream rotate-credential`: replace at its provider what a connection is reached with, beside the stages."""

import sys

import typer

from providers.registry import open_providers
from providers.rotation import rotate_credential
from realtime.clock import WallClock
from realtime.command import operator, or_exit, settings_for
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ConnectionStatus
from realtime.errors import BadRequest
from realtime.settings import Settings
from realtime.store.connections import connection_by_id
from realtime.store.pool import Role, open_pool


async def rotate_now(settings: Settings, connection_id: ConnectionId) -> None:
    """Replace a connection's credential and say so.

    Raises:
        BadRequest: There is no such connection.
        NavstreamError: The provider refuses; the old credential stays.
    """
    async with (
        open_pool(settings.database_address, Role.SYNC, connections_max=2) as pool,
        open_providers(settings, WallClock()) as providers,
    ):
        stored = await connection_by_id(pool, connection_id)
        if stored is None or stored.status is ConnectionStatus.REMOVED:
            raise BadRequest("unknown_connection", f"no connection {connection_id}")
        await rotate_credential(pool, CredentialCipher(settings.encryption_keys), providers, stored, operator())
    typer.echo(f"The credential of connection {connection_id} ({stored.provider}) is replaced.")


if __name__ == "__main__":
    or_exit(rotate_now(settings_for("sync"), ConnectionId(sys.argv[1])))
