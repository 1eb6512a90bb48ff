"""Alpaca as a provider: which reads make an answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from providers.alpaca import mapping
from providers.alpaca.client import AccountReader, AlpacaClient, all_activities, consistent
from providers.alpaca.documents import FirmAccount, History, Keys, TradeAccount
from providers.base import (
    Access,
    HoldingsReport,
    Institution,
    Performance,
    ReportedAccount,
    SetAside,
    TransactionsReport,
)
from providers.records import decoded
from realtime.clock import Clock
from realtime.domain.account import ProviderName

INSTITUTION = Institution("ALPACA", "Alpaca")
_PERIODS = {"1W": "1W", "1M": "1M", "3M": "3M", "1Y": "1A"}


class AlpacaProvider:
    """Reads Alpaca accounts, live."""

    name = ProviderName.ALPACA

    def __init__(self, client: AlpacaClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def accounts(self, access: Access) -> Sequence[ReportedAccount]:
        return [mapping.reported_account(await self.trade_account(access))]

    async def positions(self, access: Access, account: str | None = None) -> HoldingsReport:
        """Return the account, its positions and its cash."""

        def read(reader: AccountReader) -> tuple[object, list[object]]:
            found, positions = consistent(reader)
            return found, msgspec.convert(positions, list[object])

        record, positions = await self._client.read(access.connection, keys(access), read)
        owner, odd = mapping.trade_account(record, access.connection)
        now = self._clock.now()
        reports = (mapping.account_report(owner, positions, now, odd),) if account in (None, owner.id) else ()
        return HoldingsReport(INSTITUTION, reports, now)

    async def transactions(self, access: Access, since: date, account: str | None = None) -> TransactionsReport:
        def read(reader: AccountReader) -> tuple[object, Sequence[object]]:
            return reader.account(), all_activities(reader, since.isoformat())

        record, records = await self._client.read(access.connection, keys(access), read)
        owner, _ = mapping.trade_account(record, access.connection)
        if account not in (None, owner.id):
            return TransactionsReport(())
        return mapping.transactions_report(owner, records)

    async def performance(self, access: Access, account: str | None = None) -> Sequence[Performance]:
        """Return Alpaca's own returns by period."""

        def read(reader: AccountReader) -> tuple[object, dict[str, History]]:
            histories = {name: msgspec.convert(reader.history(period), History) for name, period in _PERIODS.items()}
            return reader.account(), histories

        record, histories = await self._client.read(access.connection, keys(access), read)
        owner, _ = mapping.trade_account(record, access.connection)
        if account not in (None, owner.id):
            return []
        returns: dict[str, Decimal] = {}
        for period, history in histories.items():
            percent = mapping.percent_of_history(history.profit_loss_pct)
            if percent is not None:
                returns[period] = percent
        return [Performance(owner.id, returns)]

    async def refresh(self, access: Access) -> None:
        """Do nothing: every read is live."""

    async def remove(self, access: Access) -> None:
        """Do nothing: keys are withdrawn by their owner, at Alpaca."""

    async def check_firm(self) -> None:
        """Make sure that Alpaca accepts the firm's keys."""
        await self._client.check_firm(self._clock.now().isoformat())

    async def trade_account(self, access: Access) -> TradeAccount:
        """Return the account as Alpaca describes it."""
        return await self._client.read(
            access.connection, keys(access), lambda reader: msgspec.convert(reader.account(), TradeAccount)
        )

    async def firm_accounts(self) -> tuple[Sequence[FirmAccount], Sequence[SetAside]]:
        """Return the accounts that the firm's Broker API keys reach, and why others cannot be read."""
        read, odd = [], []
        for record in await self._client.firm_accounts():
            account = decoded(record, FirmAccount)
            if isinstance(account, str):
                odd.append(SetAside(None, f"account: {account}"))
            else:
                read.append(account)
        return read, odd

    async def close(self) -> None:
        """Do nothing: each read closes its own socket."""


def keys(access: Access) -> Keys | None:
    """Return the account's own keys; None when the firm's serve."""
    if access.credential is None:
        return None
    return msgspec.json.decode(access.credential.get_secret_value(), type=Keys)
