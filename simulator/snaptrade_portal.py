"""SnapTrade's connection portal as a stand-in page (loop).

GET shows who may sign in where. POST ends the session: fields `persona`, `broker` (or `login` = `<persona>@<slug>`)
and `action` = `approve`, `fail` (wrong credentials) or `cancel`. With a customRedirect the answer is a 303 to it.
"""

import time
from urllib.parse import urlencode

from aiohttp import web

from simulator.institutions import brokerage
from simulator.portal_page import page, select
from simulator.snaptrade_errors import SnapTradeError
from simulator.snaptrade_simulation import SnapTradeSimulation
from simulator.snaptrade_user_answers import PORTAL_PATH, approve


class Portal:
    def __init__(self, simulation: SnapTradeSimulation) -> None:
        self.simulation = simulation

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PORTAL_PATH, self.show), web.post(PORTAL_PATH, self.finish)]

    async def show(self, request: web.Request) -> web.Response:
        try:
            session = self.simulation.users.session(request.query.get("token", ""), time.time())
        except SnapTradeError:
            return page("This link has expired", "<p>Please start again.</p>", status=400, buttons=False)
        return page("Connect a brokerage with SnapTrade (simulated)", select("login", self._choices(session.broker)))

    async def finish(self, request: web.Request) -> web.Response:
        form = await request.post()
        token, now = request.query.get("token", ""), time.time()
        session = self.simulation.users.sessions.get(token)
        redirect = None if session is None else session.custom_redirect
        if form.get("action") == "cancel":
            return _leave(redirect, {"status": "ABANDONED"})
        persona, _, broker = str(form.get("login", "")).partition("@")
        persona, broker = str(form.get("persona", persona)), str(form.get("broker", broker))
        if not broker and session is not None:
            broker = session.broker or ""
        try:
            known = "" if form.get("action") == "fail" else persona
            connection = approve(self.simulation, token, known, broker, now)
        except SnapTradeError as error:
            result = {"status": "ERROR", "status_code": str(error.status), "error_code": error.code}
            return _leave(redirect, result, status=error.status)
        return _leave(redirect, {"status": "SUCCESS", "connection_id": connection.id})

    def _choices(self, broker: str | None) -> list[tuple[str, str]]:
        choices = []
        for persona, login in self.simulation.state.population.logins("snaptrade"):
            institution = brokerage(login.institution)
            if institution is not None and (broker is None or institution.slug == broker.upper()):
                choices.append((f"{persona.name}@{institution.slug}", f"{persona.full_name} at {institution.name}"))
        return choices


def _leave(redirect: str | None, result: dict[str, str], status: int = 200) -> web.Response:
    """Go back to the application with the result in the query, or show it."""
    if redirect is None:
        return web.json_response(result, status=status)
    separator = "&" if "?" in redirect else "?"
    return web.Response(status=303, headers={"Location": redirect + separator + urlencode(result)})
