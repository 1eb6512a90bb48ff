"""Plaid's Hosted Link as a stand-in page: choose who signs in where, and the Link session ends (loop)."""

import html
import time

from aiohttp import web

from simulator.institutions import plaid_institution
from simulator.plaid_errors import PlaidError
from simulator.plaid_item_answers import HOSTED_LINK_PATH, repair, sign_in
from simulator.plaid_items import LinkToken, plaid_id
from simulator.plaid_simulation import PlaidSimulation
from simulator.plaid_webhooks import ENVIRONMENT, body_bytes
from simulator.portal_page import page, select


class HostedLink:
    """GET shows a form; POST with `login` = `<persona>@<institution id>` and `action` approve or cancel ends it."""

    def __init__(self, simulation: PlaidSimulation) -> None:
        self.simulation = simulation

    async def show(self, request: web.Request) -> web.Response:
        try:
            link = self._link(request)
        except PlaidError:
            return _gone()
        if link.item_id is not None:
            return page("Sign in again", "<p>Your institution needs you to sign in again.</p>")
        return page("Connect an account with Plaid (simulated)", select("login", self._choices()))

    async def finish(self, request: web.Request) -> web.Response:
        form = await request.post()
        try:
            link = self._link(request)
            if form.get("action") == "cancel":
                return self._leave(link, "exited", [])
            tokens = self._approve(link, str(form.get("login", "")))
        except PlaidError as error:
            return page("That did not work", f"<p>{html.escape(str(error))}</p>", status=400)
        return self._leave(link, "success", tokens)

    def _approve(self, link: LinkToken, login: str) -> list[str]:
        """Sign in, or repair the Item in update mode, and return the new public tokens."""
        now = time.time()
        if link.item_id is not None:
            item = self.simulation.items.by_id.get(link.item_id)
            if item is None:
                raise PlaidError("ITEM_NOT_FOUND")
            repair(self.simulation, item, now)
            return []
        persona, _, institution_id = login.partition("@")
        institution = plaid_institution(institution_id)
        if institution is None:
            raise PlaidError("INVALID_INSTITUTION")
        products = [product for product in link.products if product in institution.products]
        token = sign_in(self.simulation, institution, persona, products=products, webhook=link.webhook, now=now)
        return [token.token]

    def _leave(self, link: LinkToken, status: str, tokens: list[str]) -> web.Response:
        """End the session: LINK/SESSION_FINISHED, then back to the application when it gave an address."""
        link.public_tokens += tokens
        if link.webhook:
            body = {
                "environment": ENVIRONMENT,
                "link_session_id": plaid_id("session", link.token),
                "link_token": link.token,
                "public_tokens": tokens,
                "status": status,
                "webhook_code": "SESSION_FINISHED",
                "webhook_type": "LINK",
            }
            self.simulation.put_webhook(link.webhook, body_bytes(body))
        if link.completion_redirect_uri:
            return web.Response(status=303, headers={"Location": link.completion_redirect_uri})
        return page("Done", "<p>You can close this page.</p>", buttons=False)

    def _link(self, request: web.Request) -> LinkToken:
        token = request.match_info["token"]
        return self.simulation.items.link_token(token, time.time())

    def _choices(self) -> list[tuple[str, str]]:
        choices = []
        for persona, login in self.simulation.state.population.logins("plaid"):
            institution = plaid_institution(login.institution)
            assert institution is not None, "population and institutions agree"
            choices.append((f"{persona.name}@{institution.id}", f"{persona.full_name} at {institution.name}"))
        return choices


def hosted_link_routes(simulation: PlaidSimulation) -> list[web.RouteDef]:
    hosted = HostedLink(simulation)
    path = HOSTED_LINK_PATH + "{token}"
    return [web.get(path, hosted.show), web.post(path, hosted.finish)]


def _gone() -> web.Response:
    return page("This link has expired", "<p>Please start again.</p>", status=400, buttons=False)
