"""The SnapTrade API on loopback: `python -m simulator snaptrade` (loop; answers: snaptrade_dispatch.py)."""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from simulator.control import Control, answer, body_of, control_errors, keeping
from simulator.data_dates import market_moment
from simulator.holdings_state import AccountState, HoldingsState
from simulator.http_faults import Faults
from simulator.kept_state import KeptFile
from simulator.serving import run
from simulator.snaptrade_dispatch import Asked, routed_path, subjects
from simulator.snaptrade_dispatch import answer as answer_call
from simulator.snaptrade_kept import document, restore
from simulator.snaptrade_portal import Portal
from simulator.snaptrade_signature import webhook_signature
from simulator.snaptrade_simulation import SnapTradeSimulation
from simulator.snaptrade_user_answers import disable_connection
from simulator.snaptrade_users import Connection, User
from simulator.transport_faults import before_answer, cut
from simulator.webhook_delivery import WebhookSender

BODY_BYTES_MAX = 1_000_000


class SnapTradeServer:
    """One simulated SnapTrade, as an aiohttp application."""

    def __init__(self, seed: int, state_file: Path | None = None) -> None:
        self.sender = WebhookSender(sign=self._sign)
        self.simulation = SnapTradeSimulation.start(seed, time.time(), self.sender.put)
        self.kept = KeptFile(state_file, lambda: document(self.simulation))
        kept = self.kept.load()
        if kept is not None:
            restore(self.simulation, kept)

    @property
    def state(self) -> HoldingsState:
        return self.simulation.state

    @property
    def faults(self) -> Faults:
        return self.simulation.faults

    def app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[keeping(self.kept, ("/",)), control_errors])
        app.add_routes(Control(self).routes())
        app.add_routes(
            [
                web.post("/control/connections", self._control_connections),
                web.post("/control/webhook", self._control_webhook),
                *Portal(self.simulation).routes(),
                web.route("*", "/{path:.*}", self._call),
            ]
        )
        app.cleanup_ctx.append(self._deliver_webhooks)
        return app

    def market_now(self) -> datetime:
        return market_moment(self.simulation.market, time.time())

    def describe(self) -> dict[str, Any]:
        return {
            "connections": [
                {
                    "user": user.id,
                    "connection_id": connection.id,
                    "persona": connection.persona,
                    "brokerage": connection.login.institution,
                    "type": connection.type,
                    "disabled": connection.disabled,
                    "accounts": {plan.key: connection.account_id(plan.key) for plan in connection.login.accounts},
                }
                for user, connection in self._connections()
            ],
            "users": list(self.simulation.users.by_id),
            "sessions": [
                {
                    "broker": session.broker,
                    "connection_type": session.connection_type,
                    "reconnect": session.reconnect,
                    "custom_redirect": session.custom_redirect,
                }
                for session in self.simulation.users.sessions.values()
            ],
            "webhook_url": self.simulation.webhook_url,
            "webhooks": self.sender.log,
        }

    def account_key(self, name: str) -> str:
        for _, connection in self._connections():
            for plan in connection.login.accounts:
                if connection.account_id(plan.key) == name:
                    return plan.key
        return name

    def changed(self, account: AccountState) -> None:
        for user, connection in self._connections():
            if account.key in {plan.key for plan in connection.login.accounts} and not connection.disabled:
                for event in ("ACCOUNT_HOLDINGS_UPDATED", "ACCOUNT_TRANSACTIONS_UPDATED"):
                    self.simulation.notify_account(event, user, connection, account.key, time.time())

    def _connections(self) -> list[tuple[User, Connection]]:
        users = self.simulation.users.by_id.values()
        return [(user, connection) for user in users for connection in user.connections.values()]

    def _sign(self, body: bytes, _now: float) -> dict[str, str]:
        signature = webhook_signature(self.simulation.consumer_key, body)
        return {"Content-Type": "application/json", "Signature": signature}

    async def _call(self, request: web.Request) -> web.StreamResponse:
        sent_path, _, query = request.raw_path.partition("?")
        raw, path = await request.read(), routed_path(sent_path)
        who = subjects(self.simulation, query)
        faulty = await before_answer(request, self.faults, path, who)
        if faulty is not None:
            return faulty
        signature = request.headers.get("Signature", "")
        origin = f"{request.scheme}://{request.host}"
        asked = Asked(request.method, sent_path, query, signature, raw, time.time(), origin)
        made = answer_call(self.simulation, asked)
        body = cut(json.dumps(made.body, separators=(",", ":")).encode(), self.faults, path, who)
        return web.Response(status=made.status, body=body, headers=made.headers, content_type="application/json")

    async def _control_connections(self, request: web.Request) -> web.Response:
        """Break or repair connections: {persona?, brokerage?, connection_id?, user?, disabled}."""
        body = await body_of(request)
        names = {str(body[name]) for name in ("persona", "brokerage", "connection_id", "user") if body.get(name)}
        changed = []
        for user, connection in self._connections():
            known = {connection.persona, connection.login.institution, connection.id, user.id}
            if not names <= known or connection.disabled == bool(body.get("disabled")):
                continue
            changed.append(connection.id)
            if body.get("disabled"):
                disable_connection(self.simulation, user, connection, time.time())
            else:
                self.simulation.users.enable(connection)
                self.simulation.notify_connection("CONNECTION_FIXED", user, connection, time.time())
        return answer({"connections": changed})

    async def _control_webhook(self, request: web.Request) -> web.Response:
        """Set where events go: {url}; null sends nothing."""
        url = (await body_of(request)).get("url")
        self.simulation.webhook_url = None if url is None else str(url)
        return answer({"url": self.simulation.webhook_url})

    async def _deliver_webhooks(self, _app: web.Application) -> AsyncIterator[None]:
        sending = asyncio.create_task(self.sender.run())
        yield
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="simulator snaptrade", description="A simulated SnapTrade API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same people and holdings")
    parser.add_argument("--client-id", default="demo-client")
    parser.add_argument("--consumer-key", default="demo-consumer-key")
    parser.add_argument("--webhook-url", help="where events are sent (default: nowhere)")
    parser.add_argument("--requests-per-minute", type=int, default=250, help="limit of the client (default 250)")
    parser.add_argument("--state", type=Path, help="file that keeps users, connections and trades over a restart")
    options = parser.parse_args(argv)
    server = SnapTradeServer(options.seed, options.state)
    server.simulation.client_id, server.simulation.consumer_key = options.client_id, options.consumer_key
    server.simulation.webhook_url = options.webhook_url
    server.simulation.requests_per_minute = options.requests_per_minute
    run(server.app(), options.host, options.port)
