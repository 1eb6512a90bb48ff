"""How connections begin and end: the credential is stored, encrypted, before it is used; a first refresh is queued."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import msgspec
from pydantic import SecretStr

from providers.alpaca.documents import Keys
from providers.alpaca.provider import INSTITUTION as ALPACA
from providers.alpaca.provider import AlpacaProvider
from providers.base import Access, Provider, UnexpectedAnswer
from providers.plaid.provider import PlaidProvider
from providers.plaid.provider import institution as plaid_institution
from providers.snaptrade.provider import SnapTradeProvider
from providers.snaptrade.provider import institution as snaptrade_institution
from realtime.crypto import CredentialCipher
from realtime.domain.account import ConnectionId, ProviderName, UserId
from realtime.errors import BadRequest, RetryLater
from realtime.store.audit import Act, audit
from realtime.store.connections import (
    StoredConnection,
    add_connection,
    is_linked,
    mark_removed,
    set_institution,
)
from realtime.store.jobs import Trigger, enqueue_refresh
from realtime.store.pool import Connection, Pool, as_user
from realtime.store.users import keep_snaptrade_secret, lock_snaptrade_secret, snaptrade_secret

_ALREADY_REGISTERED = "1010"


def access_to(connection: StoredConnection, cipher: CredentialCipher) -> Access:
    """Return what calls need to reach a stored connection.

    Raises:
        Misconfigured: No key decrypts the credential.
    """
    credential = None if connection.credential is None else SecretStr(cipher.decrypt(connection.credential))
    return Access(connection.provider_connection_id, snaptrade_user(connection.user_id), credential)


def snaptrade_user(user_id: UserId) -> str:
    """Return the user's id at SnapTrade: ours in hex, which survives its signature's quoting."""
    return user_id.replace("-", "")


async def connect_plaid(
    pool: Pool,
    cipher: CredentialCipher,
    plaid: PlaidProvider,
    *,
    user_id: UserId,
    public_token: str,
    actor: str | None = None,
) -> ConnectionId:
    """Exchange a public token for a connection and queue its first refresh; `actor` did it, by default the user.

    Raises:
        BadRequest: The token is expired or used, or another user has the Item.
        RetryLater: Plaid does not answer; the token may be tried again.
    """
    item = await plaid.link.exchange(public_token)
    async with as_user(pool, user_id, with_credentials=True) as connection:
        key = await add_connection(
            connection,
            user_id=user_id,
            provider=ProviderName.PLAID,
            provider_connection_id=item.id,
            credential=cipher.encrypt(item.access_token.get_secret_value()),
        )
        await _begin(connection, key, user_id, ProviderName.PLAID, actor)
    found = None
    with suppress(RetryLater):  # the connection stands; its first refresh learns the institution
        found = plaid_institution((await plaid.item(Access(item.id, "", item.access_token))).item)
    if found is not None:
        async with as_user(pool, user_id, with_credentials=True) as connection:
            await set_institution(connection, key, found.id, found.name)
    return key


async def snaptrade_login_url(
    pool: Pool,
    cipher: CredentialCipher,
    snaptrade: SnapTradeProvider,
    *,
    user_id: UserId,
    broker: str | None = None,
    access: Literal["read", "trade", "trade-if-available"] = "read",
    reconnect: str | None = None,
    redirect_url: str | None = None,
) -> str:
    """Return the portal's address for a user, good for 5 minutes; registers him first if need be."""
    secret = await _registered(pool, cipher, snaptrade, user_id)
    return await snaptrade.portal.login_url(
        snaptrade_user(user_id), secret, broker=broker, access=access, reconnect=reconnect, redirect_url=redirect_url
    )


async def connect_snaptrade(
    pool: Pool,
    cipher: CredentialCipher,
    snaptrade: SnapTradeProvider,
    *,
    user_id: UserId,
    authorization_id: str | None = None,
    actor: str | None = None,
) -> Sequence[ConnectionId]:
    """Store the connections that the user made in the portal and queue their first refreshes.

    What the portal's redirect says is a hint: SnapTrade itself is asked which connections the user has.

    Args:
        pool: The database.
        cipher: For the user secret.
        snaptrade: The provider.
        user_id: Whose connections.
        authorization_id: Only this one; None for all.
        actor: Who does it; by default the user.

    Raises:
        BadRequest: The user has no such connection.
    """
    async with as_user(pool, user_id, with_credentials=True) as connection:
        stored = await snaptrade_secret(connection, user_id)
    if stored is None:
        raise BadRequest("unknown_connection", "This user has not opened the connection portal.")
    secret = SecretStr(cipher.decrypt(stored))
    found = await snaptrade.portal.connections(snaptrade_user(user_id), secret)
    wanted = [one for one in found if authorization_id in (None, one.id) and not one.disabled]
    if authorization_id is not None and not wanted:
        raise BadRequest("unknown_connection", "SnapTrade knows no such working connection of this user.")
    keys = []
    async with as_user(pool, user_id, with_credentials=True) as connection:
        for one in wanted:
            key = await add_connection(
                connection,
                user_id=user_id,
                provider=ProviderName.SNAPTRADE,
                provider_connection_id=one.id,
                credential=None,
                access="trade" if one.type == "trade" else "read",
            )
            brokerage = snaptrade_institution(one)
            if brokerage is not None:
                await set_institution(connection, key, brokerage.id, brokerage.name)
            await _begin(connection, key, user_id, ProviderName.SNAPTRADE, actor)
            keys.append(key)
    return keys


async def connect_alpaca(
    pool: Pool, cipher: CredentialCipher, alpaca: AlpacaProvider, *, user_id: UserId, key_id: str, secret_key: str
) -> ConnectionId:
    """Store a trading account's own keys, after Alpaca accepted them, and queue its first refresh.

    Raises:
        ReconnectNeeded: Alpaca refuses the keys.
    """
    credential = msgspec.json.encode(Keys(key_id, secret_key)).decode()
    account = await alpaca.trade_account(Access("", "", SecretStr(credential)))
    return await _add_alpaca(pool, user_id, account.id, cipher.encrypt(credential))


async def connect_alpaca_firm_account(
    pool: Pool, alpaca: AlpacaProvider, *, user_id: UserId, account_id: str
) -> ConnectionId:
    """Store an account that the firm's own Broker API keys reach, and queue its first refresh.

    Raises:
        ReconnectNeeded: The firm has no such account.
    """
    account = await alpaca.trade_account(Access(account_id, "", None))
    return await _add_alpaca(pool, user_id, account.id, None)


async def disconnect(pool: Pool, cipher: CredentialCipher, provider: Provider, connection: StoredConnection) -> None:
    """End a connection at the provider, then here; its accounts stay stored, inactive."""
    await provider.remove(access_to(connection, cipher))
    async with as_user(pool, connection.user_id, with_credentials=True) as database:
        await mark_removed(database, connection.id)
        facts = {"provider": connection.provider.value}
        await audit(database, Act.UNLINK, user_id=connection.user_id, subject=connection.id, facts=facts)


async def _add_alpaca(pool: Pool, user_id: UserId, account: str, credential: bytes | None) -> ConnectionId:
    async with as_user(pool, user_id, with_credentials=True) as connection:
        act = Act.ROTATE_CREDENTIAL if await is_linked(connection, ProviderName.ALPACA, account) else Act.LINK
        key = await add_connection(
            connection,
            user_id=user_id,
            provider=ProviderName.ALPACA,
            provider_connection_id=account,
            credential=credential,
        )
        await set_institution(connection, key, ALPACA.id, ALPACA.name)
        await _begin(connection, key, user_id, ProviderName.ALPACA, None, act)
    return key


async def _begin(
    connection: Connection,
    key: ConnectionId,
    user_id: UserId,
    provider: ProviderName,
    actor: str | None,
    act: Act = Act.LINK,
) -> None:
    """Queue a refresh of what was linked, and write that down."""
    await enqueue_refresh(connection, connection_id=key, user_id=user_id, trigger=Trigger.CONNECT)
    facts = {"provider": provider.value}
    await audit(connection, act, user_id=user_id, subject=key, actor=actor, facts=facts)


async def _registered(pool: Pool, cipher: CredentialCipher, snaptrade: SnapTradeProvider, user_id: UserId) -> SecretStr:
    """Return the user's secret; registers him once, under a lock, and stores the secret before anybody uses it.

    A secret that was lost on the way (registered at SnapTrade, unknown here) cannot be had again: the user is
    deleted there, to be registered anew.
    """
    async with as_user(pool, user_id, with_credentials=True) as connection:
        stored = await lock_snaptrade_secret(connection, user_id)
        if stored is not None:
            return SecretStr(cipher.decrypt(stored))
        try:
            secret = await snaptrade.portal.register(snaptrade_user(user_id))
        except UnexpectedAnswer as error:
            if error.code != _ALREADY_REGISTERED:
                raise
            await snaptrade.portal.forget(snaptrade_user(user_id))
            raise RetryLater("SnapTrade is deleting an unfinished registration", 10.0) from error
        await keep_snaptrade_secret(connection, user_id, cipher.encrypt(secret.get_secret_value()))
    return secret
