"""A connection's credential is replaced at its provider: the old one dies at once, the new one is stored, encrypted."""

from typing import cast

import msgspec
import stamina
from pydantic import SecretStr

from providers.alpaca.documents import Keys
from providers.alpaca.provider import AlpacaProvider
from providers.base import Access
from providers.linking import snaptrade_user
from providers.plaid.provider import PlaidProvider
from providers.registry import Providers
from providers.snaptrade.provider import SnapTradeProvider
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.errors import BadRequest, Unsupported
from realtime.store.audit import Act, audit
from realtime.store.connections import StoredConnection, keep_credential, lock_credential
from realtime.store.jobs import OUTAGE
from realtime.store.pool import Pool, as_user
from realtime.store.users import keep_snaptrade_secret, lock_snaptrade_secret

_STORING_TIMEOUT_S = 120.0


async def rotate_credential(
    pool: Pool, cipher: CredentialCipher, providers: Providers, stored: StoredConnection, actor: str | None = None
) -> None:
    """Replace what a connection is reached with, and write it down; `actor` does it, by default the user.

    Raises:
        Unsupported: Its provider lets only the account's owner do this.
        NavstreamError: The provider refuses; the old credential stays.
    """
    match stored.provider:
        case ProviderName.PLAID:
            plaid = cast("PlaidProvider", providers[stored.provider])
            await rotate_plaid_token(pool, cipher, plaid, stored.user_id, stored.id, actor)
        case ProviderName.SNAPTRADE:
            snaptrade = cast("SnapTradeProvider", providers[stored.provider])
            await reset_snaptrade_secret(pool, cipher, snaptrade, stored.user_id, actor)
        case _:
            raise Unsupported(f"Make new keys at {stored.provider.value.title()} and link the account again with them.")


async def rotate_alpaca_keys(
    pool: Pool,
    cipher: CredentialCipher,
    alpaca: AlpacaProvider,
    stored: StoredConnection,
    keys: Keys,
    actor: str | None = None,
) -> None:
    """Store new keys of an account's own, made by its owner at Alpaca, after Alpaca accepted them.

    Raises:
        Unsupported: They are another account's.
        ReconnectNeeded: Alpaca refuses them; the old ones stay.
    """
    credential = msgspec.json.encode(keys).decode()
    account = await alpaca.trade_account(Access("", "", SecretStr(credential)))
    if account.id != stored.provider_connection_id:
        raise Unsupported("These keys are another account's: nothing was changed.")
    await _keep_rotated(pool, stored.user_id, stored.id, cipher.encrypt(credential), actor)


async def rotate_plaid_token(
    pool: Pool,
    cipher: CredentialCipher,
    plaid: PlaidProvider,
    user_id: UserId,
    key: ConnectionId,
    actor: str | None = None,
) -> None:
    """Replace an Item's access token. Nobody else rotates it meanwhile, and the new one is stored through an outage.

    A refresh that runs just now is refused the old token and tried again with the new one.

    Raises:
        BadRequest: The user has no such connection through Plaid.
        NavstreamError: Plaid refuses; the old token stays.
    """
    async with as_user(pool, user_id, with_credentials=True) as connection:
        stored = await lock_credential(connection, key)  # the database is there before the old token dies
        if stored is None:
            raise BadRequest("unknown_connection", "This connection has no access token.")
        fresh = await plaid.link.rotate(SecretStr(cipher.decrypt(stored)))
    credential = cipher.encrypt(fresh.get_secret_value())
    async for attempt in stamina.retry_context(on=OUTAGE, attempts=None, timeout=_STORING_TIMEOUT_S):
        with attempt:
            await _keep_rotated(pool, user_id, key, credential, actor)


async def _keep_rotated(pool: Pool, user_id: UserId, key: ConnectionId, credential: bytes, actor: str | None) -> None:
    async with as_user(pool, user_id, with_credentials=True) as connection:
        await keep_credential(connection, key, credential)
        await audit(connection, Act.ROTATE_CREDENTIAL, user_id=user_id, subject=key, actor=actor)


async def reset_snaptrade_secret(
    pool: Pool, cipher: CredentialCipher, snaptrade: SnapTradeProvider, user_id: UserId, actor: str | None = None
) -> None:
    """Replace a user's secret; his connections stay.

    Raises:
        BadRequest: He is not registered.
        NavstreamError: SnapTrade refuses; the old secret stays.
    """
    async with as_user(pool, user_id, with_credentials=True) as connection:
        stored = await lock_snaptrade_secret(connection, user_id)
        if stored is None:
            raise BadRequest("unknown_user", "This user has not opened the connection portal.")
        fresh = await snaptrade.portal.reset_secret(snaptrade_user(user_id), SecretStr(cipher.decrypt(stored)))
    secret = cipher.encrypt(fresh.get_secret_value())
    async for attempt in stamina.retry_context(on=OUTAGE, attempts=None, timeout=_STORING_TIMEOUT_S):
        with attempt:
            async with as_user(pool, user_id, with_credentials=True) as connection:
                await keep_snaptrade_secret(connection, user_id, secret)
                await audit(connection, Act.ROTATE_CREDENTIAL, user_id=user_id, subject="snaptrade", actor=actor)
