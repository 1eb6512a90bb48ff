"""Plaid as a provider: which calls make an answer."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date

import msgspec

from providers.base import (
    Access,
    BankChanges,
    HoldingsReport,
    Institution,
    Performance,
    ReportedAccount,
    SetAside,
    TransactionsReport,
)
from providers.plaid import banking, errors, mapping
from providers.plaid.client import PlaidClient
from providers.plaid.documents import (
    AccountsAnswer,
    Acknowledgement,
    HoldingsAnswer,
    Item,
    ItemAnswer,
    TransactionsAnswer,
)
from providers.plaid.link import PlaidLink
from providers.plaid.transactions import transactions_report
from providers.plaid.webhooks import PlaidWebhooks
from realtime.clock import Clock
from realtime.domain.account import ProviderName
from realtime.errors import Misconfigured, Unsupported

_PAGE = 500
_PAGES_MAX = 200
_FIRST_EXTRACTION_TIMEOUT_S = 150.0
_LIVE_BALANCE_TIMEOUT_S = 60.0


class PlaidProvider:
    """Reads what Plaid extracted overnight."""

    name = ProviderName.PLAID

    def __init__(self, client: PlaidClient, link: PlaidLink, clock: Clock) -> None:
        self.client = client
        self.link = link
        self.webhooks = PlaidWebhooks(client, clock)
        self._clock = clock

    async def accounts(self, access: Access) -> Sequence[ReportedAccount]:
        answer = await self.client.post("accounts_get", _body(access), AccountsAnswer, item=access.connection)
        read, _ = mapping.accounts(answer.accounts)
        return [mapping.reported_account(account) for account in read]

    async def balances(self, access: Access, account: str | None = None) -> Sequence[ReportedAccount]:
        """Return the accounts with balances that the bank is asked for now; paid, and up to half a minute slow.

        Investments are not priced anew by it: for a person who wants to know a bank balance, not for valuation.
        """
        answer = await self.client.post(
            "accounts_balance_get",
            _body(access, account),
            AccountsAnswer,
            item=access.connection,
            timeout_s=_LIVE_BALANCE_TIMEOUT_S,
        )
        read, _ = mapping.accounts(answer.accounts)
        return [mapping.reported_account(one) for one in read]

    async def positions(self, access: Access, account: str | None = None) -> HoldingsReport:
        """Return accounts and holdings of the last extraction, and when it was.

        The Item is asked first: it says when its data is from, and whether it is broken.
        """
        item, item_odd = await self._item(access)
        if item.item.error is not None and item.item.error.error_code is not None:
            raise errors.error_for(item.item.error, None)
        status = item.status and (item.status.investments or item.status.transactions)
        as_of = status.last_successful_update if status else None
        answer = await self._holdings(access, account, has_investments=item.item.has_investments)
        read, odd = mapping.accounts(answer.accounts)
        reports, unlisted = mapping.account_reports(
            read, answer.holdings, mapping.securities(answer.securities), item.item.institution_id, as_of
        )
        return HoldingsReport(
            institution(item.item),
            reports,
            self._clock.now(),
            (*item_odd, *odd, *unlisted),
            has_bank_lines=item.item.has_transactions,
        )

    async def transactions(self, access: Access, since: date, account: str | None = None) -> TransactionsReport:
        """Return all pages; the total may change between them, so an empty page ends them too.

        Raises:
            Unsupported: The Item was made without investments.
        """
        if not (await self.item(access)).item.has_investments:
            raise Unsupported("the connection has no investments")
        records: list[msgspec.Raw] = []
        securities: list[msgspec.Raw] = []
        plan: str | None = None
        for _ in range(_PAGES_MAX):
            page = await self.client.post(
                "investments_transactions_get",
                _body(access, account, count=_PAGE, offset=len(records))
                | {"start_date": since.isoformat(), "end_date": self._clock.now().date().isoformat()},
                TransactionsAnswer,
                item=access.connection,
                timeout_s=_FIRST_EXTRACTION_TIMEOUT_S,
            )
            records += page.investment_transactions
            securities += page.securities
            plan = mapping.institution_of(page.item)
            total = page.total_investment_transactions
            if not page.investment_transactions or (isinstance(total, int) and len(records) >= total):
                break
        return transactions_report(records, mapping.securities(securities), plan)

    async def bank_changes(self, access: Access, cursor: str | None) -> BankChanges:
        """Return what changed in bank, card and loan accounts since a cursor; see `banking.py`.

        Raises:
            Unsupported: The Item was made without transactions.
        """
        if not (await self.item(access)).item.has_transactions:
            raise Unsupported("the connection has no bank transactions")
        return await banking.bank_changes(self.client, access, _body(access), cursor)

    async def performance(
        self,
        access: Access,  # noqa: ARG002  # the interface's
        account: str | None = None,  # noqa: ARG002
    ) -> Sequence[Performance]:
        """Refuse: Plaid keeps no returns."""
        raise Unsupported("Plaid has no performance figures")

    async def refresh(self, access: Access) -> None:
        """Ask for an extraction now; a paid add-on, once a minute and Item."""
        await self.client.post("investments_refresh", _body(access), Acknowledgement, item=access.connection)

    async def remove(self, access: Access) -> None:
        """End the Item, and its bill."""
        await self.client.post("item_remove", _body(access), Acknowledgement, item=access.connection)

    async def item(self, access: Access) -> ItemAnswer:
        """Return the Item; Plaid answers for a broken one too."""
        return (await self._item(access))[0]

    async def _item(self, access: Access) -> tuple[ItemAnswer, tuple[SetAside, ...]]:
        answer = await self.client.post("item_get", _body(access), msgspec.Raw, item=access.connection)
        return mapping.item(answer)

    async def close(self) -> None:
        await self.client.close()

    async def _holdings(self, access: Access, account: str | None, *, has_investments: bool) -> HoldingsAnswer:
        """Return accounts and holdings; an Item without investments has accounts alone."""
        with suppress(Unsupported):
            if has_investments:
                return await self.client.post(
                    "investments_holdings_get", _body(access, account), HoldingsAnswer, item=access.connection
                )
        answer = await self.client.post("accounts_get", _body(access, account), AccountsAnswer, item=access.connection)
        return HoldingsAnswer(answer.accounts, [], [])


def institution(item: Item) -> Institution | None:
    """Return the Item's institution, if it says so."""
    if item.institution_id is None:
        return None
    return Institution(item.institution_id, item.institution_name or item.institution_id)


def _body(access: Access, account: str | None = None, **options: int) -> dict[str, object]:
    if access.credential is None:
        raise Misconfigured((f"Plaid item {access.connection} has no access token",))
    chosen: dict[str, object] = {**options} | ({} if account is None else {"account_ids": [account]})
    body: dict[str, object] = {"access_token": access.credential.get_secret_value()}
    return body | ({"options": chosen} if chosen else {})
