"""Plaid's answers, as far as we read them; amounts are exact decimals.

The lists stay raw: each record is decoded by itself, so that one odd record cannot spoil an answer.
Source: API version 2020-09-14, OpenAPI 1.778.0. Fields with a default may be missing or null.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec


class Balances(msgspec.Struct, frozen=True):
    available: Decimal | None = None
    current: Decimal | None = None
    margin_loan_amount: Decimal | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None


class Account(msgspec.Struct, frozen=True):
    account_id: str
    type: str
    name: str | None = None
    balances: Balances = Balances()
    mask: str | None = None
    official_name: str | None = None
    subtype: str | None = None


class OptionContract(msgspec.Struct, frozen=True):
    contract_type: str
    expiration_date: date
    strike_price: Decimal
    underlying_security_ticker: str


class Security(msgspec.Struct, frozen=True):
    security_id: str
    name: str | None = None
    ticker_symbol: str | None = None
    type: str | None = None
    is_cash_equivalent: bool | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None
    market_identifier_code: str | None = None
    figi: str | None = None
    isin: str | None = None
    cusip: str | None = None
    institution_security_id: str | None = None
    institution_id: str | None = None
    option_contract: OptionContract | None = None
    fixed_income: dict[str, Any] | None = None


class Holding(msgspec.Struct, frozen=True):
    account_id: str
    security_id: str
    quantity: Decimal
    vested_quantity: Decimal | None = None
    institution_price: Decimal | None = None
    institution_price_as_of: date | None = None
    institution_price_datetime: datetime | None = None
    institution_value: Decimal | None = None
    cost_basis: Decimal | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None


class Transaction(msgspec.Struct, frozen=True):
    investment_transaction_id: str
    account_id: str
    date: date
    amount: Decimal
    type: str
    subtype: str | None = None
    security_id: str | None = None
    name: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    fees: Decimal | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None


class Category(msgspec.Struct, frozen=True):
    primary: str | None = None
    detailed: str | None = None


class BankTransaction(msgspec.Struct, frozen=True):
    transaction_id: str
    account_id: str
    amount: Decimal
    date: date
    name: str | None = None
    merchant_name: str | None = None
    pending: bool = False
    pending_transaction_id: str | None = None
    personal_finance_category: Category | None = None
    iso_currency_code: str | None = None
    unofficial_currency_code: str | None = None


class BankTransactionId(msgspec.Struct, frozen=True):
    transaction_id: str


class ItemError(msgspec.Struct, frozen=True):
    error_type: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    display_message: str | None = None


class Item(msgspec.Struct, frozen=True):
    institution_id: str | None = None
    institution_name: str | None = None
    error: ItemError | None = None
    products: tuple[str, ...] = ()
    billed_products: tuple[str, ...] = ()

    @property
    def has_investments(self) -> bool:
        """Whether investments were asked for; asking an Item for what it lacks needs consent, and adds to the bill."""
        known = (*self.products, *self.billed_products)
        return not known or "investments" in known

    @property
    def has_transactions(self) -> bool:
        """Whether bank transactions were asked for."""
        return "transactions" in (*self.products, *self.billed_products)


class HoldingsAnswer(msgspec.Struct, frozen=True):
    accounts: list[msgspec.Raw]
    holdings: list[msgspec.Raw]
    securities: list[msgspec.Raw]


class AccountsAnswer(msgspec.Struct, frozen=True):
    accounts: list[msgspec.Raw]


class TransactionsAnswer(msgspec.Struct, frozen=True):
    investment_transactions: list[msgspec.Raw]
    securities: list[msgspec.Raw]
    total_investment_transactions: Any = None
    item: msgspec.Raw = msgspec.Raw(b"{}")


class BankAnswer(msgspec.Struct, frozen=True):
    added: list[msgspec.Raw]
    modified: list[msgspec.Raw]
    removed: list[msgspec.Raw]
    next_cursor: str
    has_more: bool
    transactions_update_status: str | None = None


class ProductStatus(msgspec.Struct, frozen=True):
    last_successful_update: datetime | None = None


class Status(msgspec.Struct, frozen=True):
    investments: ProductStatus | None = None
    transactions: ProductStatus | None = None


class ItemAnswer(msgspec.Struct, frozen=True):
    item: Item = Item()
    status: Status | None = None


class LinkTokenAnswer(msgspec.Struct, frozen=True):
    link_token: str
    expiration: datetime
    request_id: str
    hosted_link_url: str | None = None


class AddedItem(msgspec.Struct, frozen=True):
    public_token: str


class LinkResults(msgspec.Struct, frozen=True):
    item_add_results: list[AddedItem] = []


class LinkSession(msgspec.Struct, frozen=True):
    results: LinkResults | None = None


class LinkSessionsAnswer(msgspec.Struct, frozen=True):
    link_sessions: list[LinkSession] = []


class PublicTokenAnswer(msgspec.Struct, frozen=True):
    public_token: str


class ExchangeAnswer(msgspec.Struct, frozen=True):
    access_token: str
    item_id: str


class Institution(msgspec.Struct, frozen=True):
    institution_id: str
    name: str


class InstitutionAnswer(msgspec.Struct, frozen=True):
    institution: Institution


class InstitutionsAnswer(msgspec.Struct, frozen=True):
    institutions: list[Institution]


class RotationAnswer(msgspec.Struct, frozen=True):
    new_access_token: str


class Acknowledgement(msgspec.Struct, frozen=True):
    request_id: str | None = None


class RecordIds(msgspec.Struct, frozen=True):
    """What can be salvaged of a record that does not decode; None where it is no text."""

    account_id: str | None = None
    security_id: str | None = None
