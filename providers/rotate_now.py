"""`navstream rotate-credential`: replace at its provider what a connection is reached with, beside the stages."""

import sys
from typing import cast

import typer

from providers.alpaca.documents import Keys
from providers.alpaca.provider import AlpacaProvider
from providers.registry import open_providers
from providers.rotation import rotate_alpaca_keys, rotate_credential
from realtime.clock import WallClock
from realtime.command import operator, or_exit, settings_for
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ConnectionStatus, ProviderName
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
        cipher = CredentialCipher(settings.encryption_keys)
        if stored.provider is ProviderName.ALPACA:
            keys = Keys(typer.prompt("New key id"), typer.prompt("New secret key", hide_input=True))
            alpaca = cast("AlpacaProvider", providers[stored.provider])
            await rotate_alpaca_keys(pool, cipher, alpaca, stored, keys, operator())
        else:
            await rotate_credential(pool, cipher, providers, stored, operator())
    typer.echo(f"The credential of connection {connection_id} ({stored.provider}) is replaced.")


if __name__ == "__main__":
    or_exit(rotate_now(settings_for("sync"), ConnectionId(sys.argv[1])))
