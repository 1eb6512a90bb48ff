"""Alpaca's account side on loopback: `python -m simulator broker` (loop; answers: broker_dispatch.py)."""

import argparse
import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from simulator.broker_dispatch import Asked, subjects
from simulator.broker_dispatch import answer as answer_call
from simulator.broker_simulation import BrokerSimulation
from simulator.control import Control, control_errors, keeping
from simulator.data_dates import market_moment
from simulator.holdings_state import AccountState, HoldingsState
from simulator.http_faults import Faults
from simulator.kept_state import KeptFile, holdings_document, restore_holdings
from simulator.serving import run
from simulator.transport_faults import before_answer, cut


class BrokerServer:
    """One simulated Alpaca account side, as an aiohttp application."""

    def __init__(self, seed: int, state_file: Path | None = None) -> None:
        self.simulation = BrokerSimulation.start(seed, time.time())
        self.kept = KeptFile(state_file, lambda: holdings_document(self.simulation.state))
        kept = self.kept.load()
        if kept is not None:
            restore_holdings(self.simulation.state, kept)

    @property
    def state(self) -> HoldingsState:
        return self.simulation.state

    @property
    def faults(self) -> Faults:
        return self.simulation.faults

    def app(self) -> web.Application:
        app = web.Application(middlewares=[keeping(self.kept, ("/control/",)), control_errors])
        app.add_routes(Control(self).routes())
        app.add_routes([web.get("/{path:.*}", self._call)])
        return app

    def market_now(self) -> datetime:
        return market_moment(self.simulation.market, time.time())

    def describe(self) -> dict[str, Any]:
        return {
            "keys": {
                account.key: {
                    "account_id": self.simulation.account_id(account),
                    "key_id": f"{account.persona}-key",
                    "secret": f"{account.persona}-secret",
                }
                for account in self.state.accounts.values()
            }
        }

    def account_key(self, name: str) -> str:
        for account in self.state.accounts.values():
            if self.simulation.account_id(account) == name:
                return account.key
        return name

    def changed(self, account: AccountState) -> None:
        """Tell nobody: Alpaca's accounts are polled."""

    async def _call(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        who = subjects(self.simulation, path, request.headers)
        faulty = await before_answer(request, self.faults, path, who)
        if faulty is not None:
            return faulty
        made = answer_call(self.simulation, Asked(path, request.query_string, request.headers, time.time()))
        body = cut(json.dumps(made.body, separators=(",", ":")).encode(), self.faults, path, who)
        return web.Response(status=made.status, body=body, headers=made.headers, content_type="application/json")


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="simulator broker", description="Alpaca's simulated account APIs.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same people and holdings")
    parser.add_argument("--broker-key", default="demo-broker-key")
    parser.add_argument("--broker-secret", default="demo-broker-secret")
    parser.add_argument("--requests-per-minute", type=int, default=200, help="limit per account (default 200)")
    parser.add_argument("--state", type=Path, help="file that keeps trades over a restart")
    options = parser.parse_args(argv)
    server = BrokerServer(options.seed, options.state)
    server.simulation.broker_key, server.simulation.broker_secret = options.broker_key, options.broker_secret
    server.simulation.requests_per_minute = options.requests_per_minute
    run(server.app(), options.host, options.port)
