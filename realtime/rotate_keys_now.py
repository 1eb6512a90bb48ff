"""`navstream rotate-keys`: every stored credential under the first of NAVSTREAM_ENCRYPTION_KEYS, beside the stages."""

import typer

from realtime.command import operator
from realtime.crypto import CredentialCipher
from realtime.settings import Settings
from realtime.store.audit import Act, audit
from realtime.store.credentials import check_keys, credentials_by_key, reencrypt_batches
from realtime.store.pool import Role, open_pool


async def rotate_keys(settings: Settings) -> None:
    """Re-encrypt what is under other keys, and say which keys are needed no longer.

    Raises:
        Misconfigured: A key is missing; nothing was changed.
    """
    cipher = CredentialCipher(settings.encryption_keys)
    async with open_pool(settings.database_address, Role.SYNC, connections_max=1) as pool:
        await check_keys(pool, cipher)
        count = await reencrypt_batches(pool, cipher, lambda so_far: typer.echo(f"{so_far} re-encrypted", err=True))
        first = cipher.key_ids[0]
        if count:
            facts = {"key": first, "values_count": count}
            await audit(pool, Act.ROTATE_KEYS, subject=first, actor=operator(), facts=facts)
        kept = (await credentials_by_key(pool)).get(first, 0)
    typer.echo(f"{kept} credentials are stored under key {first}; {count} values were encrypted anew.")
    for name in cipher.key_ids[1:]:
        typer.echo(f"Key {name} is needed no longer: take it out of NAVSTREAM_ENCRYPTION_KEYS and restart the stages.")
