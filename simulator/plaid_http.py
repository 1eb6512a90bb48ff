"""The Plaid API on loopback: `python -m simulator plaid` (loop; answers are made in plaid_dispatch.py)."""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

from aiohttp import web

from simulator.control import BadControlError, Control, answer, body_of, control_errors, keeping, text
from simulator.data_dates import market_moment
from simulator.holdings_state import AccountState, HoldingsState
from simulator.hosted_link import hosted_link_routes
from simulator.http_faults import Faults
from simulator.kept_state import KeptFile
from simulator.plaid_bank_answers import tell_of_changes
from simulator.plaid_dispatch import Asked
from simulator.plaid_dispatch import answer as answer_call
from simulator.plaid_item_answers import repair, require_login
from simulator.plaid_kept import document, restore
from simulator.plaid_shapes import account_id
from simulator.plaid_simulation import PlaidSimulation
from simulator.plaid_webhooks import WebhookKeys
from simulator.serving import run
from simulator.transport_faults import before_answer, cut
from simulator.webhook_delivery import WebhookSender

BODY_BYTES_MAX = 1_000_000
CHANGING = (
    "/control/",
    "/hosted-link/",
    "/item/access_token/",
    "/item/public_token/",
    "/item/remove",
    "/item/webhook/",
    "/sandbox/",
)


class PlaidServer:
    """One simulated Plaid, as an aiohttp application."""

    def __init__(self, seed: int, state_file: Path | None = None) -> None:
        keys = WebhookKeys()
        keys.rotate(time.time())
        self.sender = WebhookSender(sign=keys.signed_headers)
        self.simulation = PlaidSimulation.start(seed, time.time(), keys, self.sender.put)
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
        app = web.Application(
            client_max_size=BODY_BYTES_MAX, middlewares=[keeping(self.kept, CHANGING), control_errors]
        )
        app.add_routes(Control(self).routes())
        app.add_routes(
            [
                web.post("/control/bank", self._bank),
                web.post("/control/login", self._login),
                web.post("/control/renumber", self._renumber),
                web.post("/control/rotate-key", self._rotate_key),
                *hosted_link_routes(self.simulation),
                web.route("*", "/{path:.*}", self._call),
            ]
        )
        app.cleanup_ctx.append(self._deliver_webhooks)
        return app

    def market_now(self) -> datetime:
        return market_moment(self.simulation.market, time.time())

    def describe(self) -> dict[str, Any]:
        items = self.simulation.items.by_id.values()
        return {
            "items": [
                {
                    "item_id": item.item_id,
                    "persona": item.persona,
                    "institution": item.login.institution,
                    "products": item.products,
                    "webhook": item.webhook,
                    "error_code": item.error_code,
                    "accounts": {account.key: account_id(item, account) for account in self.simulation.accounts(item)},
                }
                for item in items
            ],
            "link_tokens": [
                {
                    "token": link.token,
                    "products": link.products,
                    "webhook": link.webhook,
                    "redirect_uri": link.redirect_uri,
                    "user": link.client_user_id,
                    "repairs": link.item_id,
                }
                for link in self.simulation.items.link_tokens.values()
            ],
            "webhooks": self.sender.log,
        }

    def account_key(self, name: str) -> str:
        for item in self.simulation.items.by_id.values():
            for account in self.simulation.accounts(item):
                if account_id(item, account) == name:
                    return account.key
        return name

    def changed(self, account: AccountState) -> None:
        now = time.time()
        for item in self.simulation.items.by_id.values():
            if account.key in {plan.key for plan in item.login.accounts}:
                self.simulation.notify(item, "HOLDINGS", "DEFAULT_UPDATE", now)
                self.simulation.notify(item, "INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE", now)

    async def _call(self, request: web.Request) -> web.StreamResponse:
        raw, path = await request.read(), request.path
        subjects = self.simulation.subjects(_access_token(raw))
        faulty = await before_answer(request, self.faults, path, subjects)
        if faulty is not None:
            return faulty
        path = path if request.method == "POST" else f"{request.method} {path}"
        origin = f"{request.scheme}://{request.host}"
        made = answer_call(self.simulation, Asked(path, request.headers, raw, time.time(), origin))
        body = cut(json.dumps(made.body, separators=(",", ":")).encode(), self.faults, path, subjects)
        return web.Response(status=made.status, body=body, content_type="application/json")

    async def _bank(self, request: web.Request) -> web.Response:
        """Let something happen to a bank line: {account, act, reference?, count?, webhook?, and what a line has}."""
        body = await body_of(request)
        account = self.state.account(self.account_key(text(body, "account"))).key
        act = text(body, "act")
        try:
            lines = [self.simulation.bank.enter(account, act, body) for _ in range(int(body.get("count", 1)))]
        except (ValueError, InvalidOperation) as error:
            raise BadControlError(str(error)) from error
        if body.get("webhook", True):
            tell_of_changes(self.simulation, account, time.time())
        return answer({"reference": lines[-1] if lines else None})

    async def _login(self, request: web.Request) -> web.Response:
        """Break or repair logins: {persona?, institution?, item_id?, working}."""
        body = await body_of(request)
        names = {str(body[name]) for name in ("persona", "institution", "item_id") if body.get(name)}
        changed = []
        for item in self.simulation.items.by_id.values():
            if names <= {item.persona, item.login.institution, item.item_id}:
                change = repair if body.get("working") else require_login
                change(self.simulation, item, time.time())
                changed.append(item.item_id)
        return answer({"items": changed})

    async def _renumber(self, request: web.Request) -> web.Response:
        """Give an Item's accounts new ids: {item_id}."""
        item = self.simulation.items.by_id.get(text(await body_of(request), "item_id"))
        if item is None:
            raise BadControlError("there is no such item")
        item.numbering += 1
        return answer({"item_id": item.item_id, "numbering": item.numbering})

    async def _rotate_key(self, request: web.Request) -> web.Response:
        """Sign webhooks with a new key from now on: {key_id?}."""
        body = await body_of(request)
        key_id = text(body, "key_id") if body.get("key_id") else None
        return answer({"key_id": self.simulation.keys.rotate(time.time(), key_id)})

    async def _deliver_webhooks(self, _app: web.Application) -> AsyncIterator[None]:
        sending = asyncio.create_task(self.sender.run())
        yield
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="simulator plaid", description="A simulated Plaid API.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port (default)")
    parser.add_argument("--seed", type=int, default=7, help="same seed, same people and holdings")
    parser.add_argument("--client-id", default="demo-client")
    parser.add_argument("--secret", default="demo-secret")
    parser.add_argument("--state", type=Path, help="file that keeps Items and trades over a restart")
    options = parser.parse_args(argv)
    server = PlaidServer(options.seed, options.state)
    server.simulation.client_id, server.simulation.secret = options.client_id, options.secret
    run(server.app(), options.host, options.port)


def _access_token(raw: bytes) -> object:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return None
    return body.get("access_token") if isinstance(body, dict) else None
