"""Product → what reads it and how it is shown: one line each."""

from collections.abc import Mapping

from api.products.bank import LIABILITIES, TRANSACTIONS
from api.products.investments import INVESTMENTS
from api.products.shapes import Product

PRODUCTS: Mapping[str, Product] = {
    "transactions": TRANSACTIONS,
    "investments": INVESTMENTS,
    "liabilities": LIABILITIES,
}
