"""SnapTrade as a provider: which calls make an answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from providers.base import (
    Access,
    AccountReport,
    HoldingsReport,
    Institution,
    Performance,
    ProviderTransaction,
    ReportedAccount,
    SetAside,
    TransactionsReport,
    UnexpectedAnswer,
)
from providers.limits import RateLimited
from providers.snaptrade import mapping
from providers.snaptrade.client import SnapTradeClient
from providers.snaptrade.documents import (
    Account,
    ActivitiesAnswer,
    Authorization,
    PositionsAnswer,
    ReturnsAnswer,
)
from providers.snaptrade.portal import SnapTradePortal
from providers.snaptrade.transactions import transactions
from providers.snaptrade.webhooks import SnapTradeWebhooks
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.errors import Misconfigured, ReconnectNeeded, RetryLater

_PAGE = 1000
_PAGES_MAX = 200
_NOT_FOUND = "1011"


class SnapTradeProvider:
    """Reads the brokers behind SnapTrade."""

    name = ProviderName.SNAPTRADE

    def __init__(
        self, client: SnapTradeClient, portal: SnapTradePortal, webhooks: SnapTradeWebhooks, clock: Clock
    ) -> None:
        self.client = client
        self.portal = portal
        self.webhooks = webhooks
        self._clock = clock

    async def accounts(self, access: Access) -> Sequence[ReportedAccount]:
        read, _ = mapping.accounts(await self._accounts(access))
        return [mapping.reported_account(account) for account in read]

    async def positions(self, access: Access, account: str | None = None) -> HoldingsReport:
        """Return accounts, positions and cash.

        The authorization is asked first: a disabled one goes on answering with old data and HTTP 200. An account that
        the brokerage does not answer for now stays as it is, the others are read.
        """
        authorization, unread = await self._authorization(access)
        if authorization.disabled:
            raise ReconnectNeeded("CONNECTION_DISABLED", "The brokerage connection is disabled: sign in again.")
        read, odd = mapping.accounts(await self._accounts(access))
        reports: list[AccountReport] = []
        refusals: list[UnexpectedAnswer] = []
        for one in read:
            if account not in (None, one.id):
                continue
            try:
                reports.append(await self._report(access, one))
            except UnexpectedAnswer as error:
                refusals.append(error)
                reports.append(_left_alone(one, str(error)))
        if refusals and len(refusals) == len(reports):
            raise refusals[0]
        return HoldingsReport(institution(authorization), tuple(reports), self._clock.now(), (*unread, *odd))

    async def transactions(self, access: Access, since: date, account: str | None = None) -> TransactionsReport:
        read, _ = mapping.accounts(await self._accounts(access))
        lines: list[ProviderTransaction] = []
        odd: list[SetAside] = []
        for one in read:
            if account in (None, one.id):
                found, unread = transactions(one.id, await self._activities(access, one.id, since))
                lines += found
                odd += unread
        return TransactionsReport(tuple(lines), tuple(odd))

    async def performance(self, access: Access, account: str | None = None) -> Sequence[Performance]:
        """Return SnapTrade's own returns; most plans lack them, which raises `Unsupported`."""
        read, _ = mapping.accounts(await self._accounts(access))
        found = []
        for one in read:
            if account in (None, one.id):
                answer = await self.client.call(
                    "account_information.get_user_account_return_rates",
                    ReturnsAnswer,
                    account_id=one.id,
                    **_user(access),
                )
                returns: dict[str, Decimal] = {
                    line.timeframe: line.return_percent for line in answer.data if line.return_percent is not None
                }
                found.append(Performance(one.id, returns))
        return found

    async def refresh(self, access: Access) -> None:
        """Schedule a refresh at the broker; billed, and refused when the last one is too recent."""
        await self.client.call(
            "connections.refresh_brokerage_authorization",
            dict[str, Any],
            authorization_id=access.connection,
            **_user(access),
        )

    async def remove(self, access: Access) -> None:
        """Queue the connection for deletion; adding it again later makes new ids."""
        await self.client.call(
            "connections.delete_connection", dict[str, Any], connection_id=access.connection, **_user(access)
        )

    async def _authorization(self, access: Access) -> tuple[Authorization, tuple[SetAside, ...]]:
        answer = await self.client.call(
            "connections.detail_brokerage_authorization",
            msgspec.Raw,
            authorization_id=access.connection,
            **_user(access),
        )
        return mapping.authorization(answer)

    async def close(self) -> None:
        await self.client.close()

    async def _accounts(self, access: Access) -> list[msgspec.Raw]:
        return await self.client.call(
            "connections.list_brokerage_authorization_accounts",
            list[msgspec.Raw],
            authorization_id=access.connection,
            **_user(access),
        )

    async def _report(self, access: Access, account: Account) -> AccountReport:
        one = {"account_id": account.id} | _user(access)
        if mapping.unusable(account) is not None:
            return mapping.account_report(account, PositionsAnswer([]), [])
        try:
            positions = await self.client.call("account_information.get_all_account_positions", PositionsAnswer, **one)
            balances = await self.client.call("account_information.get_user_account_balance", list[msgspec.Raw], **one)
        except RateLimited:
            raise
        except RetryLater as error:
            return _left_alone(account, error.reason)
        except ReconnectNeeded as error:
            if error.code != _NOT_FOUND:
                raise
            return _left_alone(account, "SnapTrade does not know this account any more")
        return mapping.account_report(account, positions, balances)

    async def _activities(self, access: Access, account: str, since: date) -> list[msgspec.Raw]:
        records: list[msgspec.Raw] = []
        for _ in range(_PAGES_MAX):
            page = await self.client.call(
                "account_information.get_account_activities",
                ActivitiesAnswer,
                account_id=account,
                start_date=since,
                end_date=self._clock.now().date(),
                offset=len(records),
                limit=_PAGE,
                **_user(access),
            )
            records += page.data
            if not page.data or (page.total is not None and len(records) >= page.total):
                break
        return records


def _left_alone(account: Account, reason: str) -> AccountReport:
    return AccountReport(mapping.reported_account(account), (), None, unusable=reason)


def institution(authorization: Authorization) -> Institution | None:
    """Return the brokerage behind an authorization, if it says so."""
    broker = authorization.brokerage
    return None if broker is None else Institution(broker.slug, broker.display_name or broker.name)


def _user(access: Access) -> dict[str, str]:
    if access.credential is None:
        raise Misconfigured((f"SnapTrade user {access.user} has no secret",))
    return {"user_id": access.user, "user_secret": access.credential.get_secret_value()}
