"""How a SnapTrade connection begins: a registered user, a link to the connection portal, the new authorization."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from pydantic import SecretStr

from providers.snaptrade.client import SnapTradeClient
from providers.snaptrade.documents import Authorization, LoginLink, RegisteredUser
from providers.snaptrade.mapping import authorization


class SnapTradePortal:
    """Registers users and opens the portal."""

    def __init__(self, client: SnapTradeClient) -> None:
        self._client = client

    async def register(self, user: str) -> SecretStr:
        """Register a user and return his secret, which SnapTrade shows this once; store it before using it.

        Raises:
            UnexpectedAnswer: With code 1010, the user exists already; his secret cannot be had again.
        """
        registered = await self._client.call("authentication.register_snap_trade_user", RegisteredUser, user_id=user)
        return SecretStr(registered.user_secret)

    async def reset_secret(self, user: str, secret: SecretStr) -> SecretStr:
        """Return a new secret of a user, whose connections stay; the old one is dead at once."""
        registered = await self._client.call(
            "authentication.reset_snap_trade_user_secret",
            RegisteredUser,
            user_id=user,
            user_secret=secret.get_secret_value(),
        )
        return SecretStr(registered.user_secret)

    async def forget(self, user: str) -> None:
        """Delete a user and all of his connections at SnapTrade, some time soon."""
        await self._client.call("authentication.delete_snap_trade_user", dict[str, Any], user_id=user)

    async def login_url(
        self,
        user: str,
        secret: SecretStr,
        *,
        broker: str | None = None,
        access: Literal["read", "trade", "trade-if-available"] = "read",
        reconnect: str | None = None,
        redirect_url: str | None = None,
    ) -> str:
        """Return the portal's address, good for 5 minutes.

        Args:
            user: The user's id at SnapTrade.
            secret: His secret.
            broker: Slug of the brokerage to go to at once, e.g. `ROBINHOOD`.
            access: What the connection shall allow.
            reconnect: Id of the connection to repair; it keeps its ids.
            redirect_url: Where the portal sends the browser afterwards.
        """
        link = await self._client.call(
            "authentication.login_snap_trade_user",
            LoginLink,
            user_id=user,
            user_secret=secret.get_secret_value(),
            broker=broker,
            connection_type=access,
            reconnect=reconnect,
            custom_redirect=redirect_url,
        )
        return link.redirect_uri

    async def connections(self, user: str, secret: SecretStr) -> Sequence[Authorization]:
        """Return the user's connections; one that cannot be read is none."""
        records = await self._client.call(
            "connections.list_brokerage_authorizations",
            list[msgspec.Raw],
            user_id=user,
            user_secret=secret.get_secret_value(),
        )
        return [found for found, _ in map(authorization, records) if found.id]
