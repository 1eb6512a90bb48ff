"""Who the simulated people are and what they own: the one truth of the account simulators.

The same seed gives the same people, quantities, costs, histories and ids. The three account simulators (`plaid`,
`snaptrade`, `broker`) each hold the accounts of their provider; a persona's whole portfolio is the sum of the three.

How to reach a persona (all flows are the real ones)
    Plaid      `POST /sandbox/public_token/create` with `institution_id` and
               `options.override_username` = the persona's name (`user_good` is ada), any password; then
               `/item/public_token/exchange`. One Item per institution: see `logins("plaid")`. A persona without a
               login at that institution gets INVALID_CREDENTIALS. Or Hosted Link: open the `hosted_link_url` of
               `/link/token/create` in a browser and choose; the result arrives as LINK/SESSION_FINISHED.
    SnapTrade  `registerUser`, `login`; then open `redirectURI` in a browser, or POST to the same URL the form
               fields `persona`, `broker` (a slug of `logins("snaptrade")`) and `action=approve`: it answers 303 to
               `customRedirect?status=SUCCESS&connection_id=…`. One connection per brokerage.
    Alpaca     trading keys per account: key id `<persona>-key`, secret `<persona>-secret`; a firm's Broker API
               keys `demo-broker-key` / `demo-broker-secret` see all Alpaca accounts.

`find_logins(persona)` lists a persona's logins in order: provider, institution id or slug, accounts. The account
keys (`ada-brokerage`, …) name accounts in the control API of each simulator: `GET /control/state` shows them.

With `--state FILE` a simulator remembers its connections and trades over a restart, as a real provider does.
Options and credentials: `python -m simulator plaid|snaptrade|broker --help`. All default to client id `demo-client`
with `demo-secret` (Plaid) or consumer key `demo-consumer-key` (SnapTrade).

Control API of each simulator (JSON; no authentication; for tests, the demo and a person with curl)
    GET  /control/state       accounts with cash, holdings and the provider's ids; connections; faults; webhooks sent
    POST /control/holdings    {account, symbol, quantity, cost_basis?, price?, settle?, webhook?}: the user holds
                              exactly this quantity (0: sold all). Canonical symbols, contracts, total cost.
                              `settle` pays from cash; `webhook` false tells no connected client.
                              `account` is an account key or the provider's own account id.
    POST /control/cash        {account, currency?, amount, webhook?}
    POST /control/accounts    Plaid, SnapTrade: {account, hidden}: an account disappears (true) or comes back
    POST /control/activities  {account, symbol, count}: so many purchases and sales, which change nothing held
    POST /control/prices      {symbol, price}: the price the provider reports; null is the previous close again
    POST /control/half-split  {symbol, ratio}: lines have the price after a split, and the quantity from before it
    GET, POST, DELETE /control/faults   {kind, path?, subject?, times?, seconds?}: see http_faults.py
    POST /control/bank        Plaid: {account, act, reference?, count?, webhook?, day?, name?, merchant?, primary?,
                              detailed?, amount?}: a bank line is added, pending, posted, cancelled, modified or
                              removed; a positive amount is money out
    POST /control/login       Plaid: {persona?, institution?, item_id?, working}: break (false) or repair a login
    POST /control/renumber    Plaid: {item_id}: the Item's accounts get new ids, as after some repairs
    POST /control/rotate-key  Plaid: sign webhooks with a new key
    POST /control/connections SnapTrade: {persona?, brokerage?, connection_id?, user?, disabled}
    POST /control/webhook     SnapTrade: {url}: where events go (or `--webhook-url`)
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from simulator.activity import Activity, PastHolding, history
from simulator.catalog import Security
from simulator.off_market import ALL_SECURITIES, MONEY_MARKET
from simulator.personas import PERSONAS
from simulator.planned import Login, Persona, PlannedAccount, PlannedHolding

DEMO_PERSONA = "ada"
SANDBOX_USER = "user_good"
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class StartHolding:
    """A holding with its numbers: quantity signed and in contracts for options; `cost_basis` is the total, or None."""

    symbol: str
    quantity: Decimal
    cost_basis: Decimal | None
    spelling: str | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """All personas over one catalog of instruments."""

    seed: int
    securities: Mapping[str, Security] = field(default_factory=lambda: ALL_SECURITIES)
    personas: tuple[Persona, ...] = PERSONAS

    def persona(self, name: str) -> Persona | None:
        """Return a persona by name; Plaid's `user_good` is the demo persona."""
        wanted = DEMO_PERSONA if name == SANDBOX_USER else name
        return next((persona for persona in self.personas if persona.name == wanted), None)

    def logins(self, provider: str) -> list[tuple[Persona, Login]]:
        return [(persona, login) for persona in self.personas for login in persona.logins if login.provider == provider]

    def login(self, persona_name: str, provider: str, institution: str) -> Login | None:
        persona = self.persona(persona_name)
        if persona is None:
            return None
        wanted = (provider, institution.upper())
        return next((login for login in persona.logins if (login.provider, login.institution.upper()) == wanted), None)

    def holdings(self, account: PlannedAccount) -> list[StartHolding]:
        """Return what the account holds at the start, in the planned order."""
        return [self._priced(account, planned) for planned in account.holdings]

    def activities(self, account: PlannedAccount) -> list[Activity]:
        """Return the account's past, newest first."""
        return history(
            account.same_as or account.key,
            account.currency,
            [self._past(holding) for holding in self.holdings(account)],
            self.seed,
        )

    def _priced(self, account: PlannedAccount, planned: PlannedHolding) -> StartHolding:
        security = self.securities[planned.symbol]
        rng = random.Random(f"holding/{self.seed}/{account.same_as or account.key}/{planned.symbol}")
        unit_value = security.base_price * security.multiplier
        if planned.quantity is not None:
            quantity = Decimal(planned.quantity)
        else:
            target = Decimal(planned.value or 0) * Decimal(rng.randint(92, 108)) / 100
            quantity = (target / unit_value).quantize(Decimal(1), ROUND_HALF_EVEN) or Decimal(1)
        paid_share = Decimal(100 if planned.symbol in MONEY_MARKET else rng.randint(58, 112)) / 100
        cost = (quantity * unit_value * paid_share).quantize(_CENT, ROUND_HALF_EVEN)
        return StartHolding(planned.symbol, quantity, cost if planned.costed else None, planned.spelling)

    def _past(self, holding: StartHolding) -> PastHolding:
        security = self.securities[holding.symbol]
        return PastHolding(
            symbol=security.symbol,
            name=security.name,
            kind=security.kind,
            currency=security.currency,
            multiplier=security.multiplier,
            quantity=holding.quantity,
            cost_basis=holding.cost_basis,
            price=security.base_price,
        )


def find_logins(persona_name: str) -> tuple[Login, ...]:
    """Return the logins of a persona, () for an unknown one."""
    return next((persona.logins for persona in PERSONAS if persona.name == persona_name), ())
