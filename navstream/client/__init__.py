"""A client of navstream: live values over its WebSocket, the rest over its REST API.

Reads: the protocol's version 1 (docs/asyncapi.yaml) and the API (`GET /api/openapi.json`).
Promises: the state that a stream yields is the server's, or it asks for a snapshot; amounts are Decimals.
Lost on restart: the states.
"""

from navstream.client.answers import (
    Account,
    AccountBalance,
    Config,
    Connection,
    Intraday,
    Portfolio,
    PortfolioPosition,
    Session,
    SyncLog,
    Transaction,
)
from navstream.client.rest import Client, sign_in
from navstream.client.stream import Stream, Token, Update
from navstream.client.values import Figures, Market, Position, Price, figures_of, market_of, positions_of, price_of
from navstream.errors import ClientError, Problem, Refused

__all__ = [
    "Account",
    "AccountBalance",
    "Client",
    "ClientError",
    "Config",
    "Connection",
    "Figures",
    "Intraday",
    "Market",
    "Portfolio",
    "PortfolioPosition",
    "Position",
    "Price",
    "Problem",
    "Refused",
    "Session",
    "Stream",
    "SyncLog",
    "Token",
    "Transaction",
    "Update",
    "figures_of",
    "market_of",
    "positions_of",
    "price_of",
    "sign_in",
]
