"""How a Plaid connection begins: link token, public token, exchange."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from providers.base import Institution
from providers.plaid.client import PlaidClient
from providers.plaid.documents import (
    ExchangeAnswer,
    InstitutionAnswer,
    InstitutionsAnswer,
    LinkSessionsAnswer,
    LinkTokenAnswer,
    PublicTokenAnswer,
    RotationAnswer,
)
from realtime.domain.account import UserId
from realtime.settings import Settings

_CLIENT_NAME = "navstream"


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What opens Plaid Link in a browser; lives 4 hours, 30 minutes in update mode."""

    token: str
    expires_at: datetime
    request_id: str
    hosted_url: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """A new Item; the access token opens a bank login and never expires."""

    id: str
    access_token: SecretStr


class PlaidLink:
    """Opens and ends Link sessions."""

    def __init__(self, client: PlaidClient, settings: Settings) -> None:
        self._client = client
        self._settings = settings

    async def link_token(
        self,
        user_id: UserId,
        *,
        products: Sequence[str] = ("investments",),
        repaired: SecretStr | None = None,
        hosted: bool = False,
        back_to: str | None = None,
    ) -> LinkToken:
        """Return a link token for a new Item, or with `repaired` (its access token) for update mode.

        `hosted` asks for Plaid's own page, `back_to` also says where that leads when the session ends.

        Raises:
            NavstreamError: See `errors.py`.
        """
        request: dict[str, Any] = {
            "client_name": _CLIENT_NAME,
            "language": self._settings.plaid_language,
            "country_codes": list(self._settings.plaid_country_codes),
            "user": {"client_user_id": user_id},
        }
        if repaired is None:
            request["products"] = list(products)
        else:
            request |= {"access_token": repaired.get_secret_value(), "update": {"account_selection_enabled": True}}
        if self._settings.plaid_webhook_url is not None:
            request["webhook"] = self._settings.plaid_webhook_url
        if self._settings.plaid_redirect_uri is not None:
            request["redirect_uri"] = self._settings.plaid_redirect_uri
        if back_to is not None:
            request["hosted_link"] = {"completion_redirect_uri": back_to}
        elif hosted:
            request["hosted_link"] = {}
        answer = await self._client.post("link_token_create", request, LinkTokenAnswer)
        return LinkToken(answer.link_token, answer.expiration, answer.request_id, answer.hosted_link_url)

    async def public_tokens(self, link_token: str) -> list[str]:
        """Return the public tokens that a hosted Link session ended with; none when the user left it.

        Raises:
            BadRequest: The link token is expired or no token.
        """
        answer = await self._client.post("link_token_get", {"link_token": link_token}, LinkSessionsAnswer)
        results = [session.results for session in answer.link_sessions if session.results is not None]
        return [added.public_token for result in results for added in result.item_add_results]

    async def exchange(self, public_token: str) -> Item:
        """Return the Item of a public token (30 minutes of life, one use).

        Raises:
            BadRequest: The public token is expired, used or no token.
        """
        answer = await self._client.post("item_public_token_exchange", {"public_token": public_token}, ExchangeAnswer)
        return Item(answer.item_id, SecretStr(answer.access_token))

    async def institution(self, institution_id: str) -> Institution:
        """Return an institution with its name."""
        answer = await self._client.post(
            "institutions_get_by_id",
            {"institution_id": institution_id, "country_codes": list(self._settings.plaid_country_codes)},
            InstitutionAnswer,
        )
        return Institution(answer.institution.institution_id, answer.institution.name)

    async def institutions(self, query: str, *, products: Sequence[str] = ()) -> Sequence[Institution]:
        """Return up to ten institutions whose name fits and that have all of the products."""
        request: dict[str, Any] = {"query": query, "country_codes": list(self._settings.plaid_country_codes)}
        if products:
            request["products"] = list(products)
        answer = await self._client.post("institutions_search", request, InstitutionsAnswer)
        return [Institution(one.institution_id, one.name) for one in answer.institutions]

    async def rotate(self, access_token: SecretStr) -> SecretStr:
        """Return a new access token for an Item; the old one is dead at once.

        Nothing can restore an Item whose new token is lost: see `providers.linking.rotate_plaid_token`.
        """
        request = {"access_token": access_token.get_secret_value()}
        answer = await self._client.post("item_access_token_invalidate", request, RotationAnswer)
        return SecretStr(answer.new_access_token)

    async def sandbox_public_token(
        self, institution_id: str, username: str, *, products: Sequence[str] = ("investments",)
    ) -> str:
        """Return the public token of a new sandbox Item, without a browser; sandbox and simulator only."""
        options: dict[str, Any] = {"override_username": username, "override_password": "pass_good"}
        if self._settings.plaid_webhook_url is not None:
            options["webhook"] = self._settings.plaid_webhook_url
        answer = await self._client.post(
            "sandbox_public_token_create",
            {"institution_id": institution_id, "initial_products": list(products), "options": options},
            PublicTokenAnswer,
        )
        return answer.public_token
