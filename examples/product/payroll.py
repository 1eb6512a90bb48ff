"""Pay as an employer's payroll account tells it (product `payroll`)."""

from functools import partial

from api.products.bank import bank_transactions
from api.products.shapes import Product
from realtime.store.jobs import JobKind

PAYROLL = Product(JobKind.BANK_TRANSACTIONS, partial(bank_transactions, products=("payroll",)))
