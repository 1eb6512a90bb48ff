"""Bank transactions of depository accounts and the cursor of `/transactions/sync` (pure; provider sheet, section 5)."""

import base64
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from simulator.activity import HISTORY_END
from simulator.plaid_errors import PlaidError
from simulator.plaid_items import plaid_id

DAYS = 180

# name, merchant, primary category, detailed category, lowest and highest amount in dollars
_SPENDING = (
    ("WHOLEFDS MKT 10411", "Whole Foods", "FOOD_AND_DRINK", "FOOD_AND_DRINK_GROCERIES", 22, 164),
    ("BLUE HERON COFFEE", "Blue Heron Coffee", "FOOD_AND_DRINK", "FOOD_AND_DRINK_COFFEE", 4, 14),
    ("TST* NOODLE BAR", "Noodle Bar", "FOOD_AND_DRINK", "FOOD_AND_DRINK_RESTAURANT", 18, 92),
    ("CITY TRANSIT FARE", "City Transit", "TRANSPORTATION", "TRANSPORTATION_PUBLIC_TRANSIT", 3, 34),
    ("SHELL OIL 5742", "Shell", "TRANSPORTATION", "TRANSPORTATION_GAS", 28, 71),
    ("NORTHWIND PHONE", "Northwind", "RENT_AND_UTILITIES", "RENT_AND_UTILITIES_TELEPHONE", 61, 188),
    ("STREAMBOX.COM", "Streambox", "ENTERTAINMENT", "ENTERTAINMENT_TV_AND_MOVIES", 15, 16),
    ("PAPERBACK BOOKS", "Paperback Books", "GENERAL_MERCHANDISE", "GENERAL_MERCHANDISE_SUPERSTORES", 9, 58),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One bank transaction; a positive amount is money out, in dollars."""

    day: date
    name: str
    merchant: str | None
    primary: str
    detailed: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an Item's change log: a transaction added, modified or removed."""

    kind: str
    transaction: dict[str, Any]


def change_log(seed: int, account_key: str, account_id: str) -> list[Change]:
    """Return everything that happened to the account's transactions, oldest first.

    The newest purchase was pending first, so it is removed and added again as posted; one line is modified.
    """
    rng = random.Random(f"banking/{seed}/{account_key}")
    lines = _lines(rng)
    changes = []
    for number, line in enumerate(lines):
        if number == len(lines) - 1:
            changes.append(Change("added", pending_shape(account_id, number, line)))
            changes += posted_changes(account_id, number, line)
        else:
            changes.append(Change("added", transaction_shape(account_id, number, line)))
    if changes:
        changes.append(Change("modified", changes[0].transaction | {"merchant_name": "Whole Foods Market"}))
    return changes


def _lines(rng: random.Random) -> list[Line]:
    lines: list[Line] = []
    for age in range(DAYS, 0, -1):
        day = HISTORY_END - timedelta(days=age)
        if day.day == 1:
            rent = "RENT_AND_UTILITIES_RENT"
            lines.append(Line(day, "RENT PAYMENT", None, "RENT_AND_UTILITIES", rent, Decimal(2150)))
        if day.day in {15, 28}:
            lines.append(Line(day, "PAYROLL DIRECT DEP", None, "INCOME", "INCOME_WAGES", Decimal("-3412.55")))
        if rng.random() < 0.7:
            name, merchant, primary, detailed, low, high = rng.choice(_SPENDING)
            cents = rng.randint(low * 100, high * 100)
            lines.append(Line(day, name, merchant, primary, detailed, Decimal(cents) / 100))
    return lines


def pending_shape(account_id: str, reference: object, line: Line) -> dict[str, Any]:
    """Return a transaction while it is pending, under an id of its own."""
    pending_id = plaid_id("pending", account_id, reference)
    return transaction_shape(account_id, reference, line) | {"transaction_id": pending_id, "pending": True}


def posted_changes(account_id: str, reference: object, line: Line) -> list[Change]:
    """Return how a pending transaction becomes a posted one: the one is removed, the other names it."""
    pending = pending_shape(account_id, reference, line)
    posted = transaction_shape(account_id, reference, line)
    posted["pending_transaction_id"] = pending["transaction_id"]
    return [Change("removed", pending), Change("added", posted)]


def transaction_shape(account_id: str, reference: object, line: Line) -> dict[str, Any]:
    """Return a posted transaction; a positive amount is money out."""
    return {
        "account_id": account_id,
        "account_owner": None,
        "amount": float(line.amount),
        "authorized_date": line.day.isoformat(),
        "authorized_datetime": None,
        "category": None,
        "category_id": None,
        "check_number": None,
        "counterparties": [],
        "date": line.day.isoformat(),
        "datetime": None,
        "iso_currency_code": "USD",
        "location": dict.fromkeys(
            ("address", "city", "region", "postal_code", "country", "lat", "lon", "store_number")
        ),
        "logo_url": None,
        "merchant_entity_id": None,
        "merchant_name": line.merchant,
        "name": line.name,
        "payment_channel": "other" if line.merchant is None else "in store",
        "payment_meta": dict.fromkeys(
            (
                "by_order_of",
                "payee",
                "payer",
                "payment_method",
                "payment_processor",
                "ppd_id",
                "reason",
                "reference_number",
            )
        ),
        "pending": False,
        "pending_transaction_id": None,
        "personal_finance_category": {
            "primary": line.primary,
            "detailed": line.detailed,
            "confidence_level": "VERY_HIGH",
        },
        "personal_finance_category_icon_url": f"https://plaid-category-icons.plaid.com/PFC_{line.primary}.png",
        "transaction_code": None,
        "transaction_id": plaid_id("transaction", account_id, reference),
        "transaction_type": "place" if line.merchant else "special",
        "unofficial_currency_code": None,
        "website": None,
    }


def cursor_for(position: int) -> str:
    """Return the opaque cursor that stands for the first `position` changes."""
    return base64.urlsafe_b64encode(f"changes:{position}".encode()).decode()


def position_of(cursor: str) -> int:
    """Return how many changes a cursor has seen; "" is none.

    Raises:
        PlaidError: It is no cursor of ours (INVALID_FIELD).
    """
    if not cursor:
        return 0
    try:
        kind, position = base64.urlsafe_b64decode(cursor.encode()).decode().split(":")
        number = int(position)
    except ValueError as error:
        raise PlaidError("INVALID_FIELD", "cursor not associated with access_token") from error
    if kind != "changes" or number < 0:
        raise PlaidError("INVALID_FIELD", "cursor not associated with access_token")
    return number
