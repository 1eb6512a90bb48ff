"""The personas: what the rest of the tests and the demo rely on."""

from decimal import Decimal

from simulator.institutions import brokerage, plaid_institution
from simulator.occ import parse_occ
from simulator.off_market import MONEY_MARKET, PLAN_FUNDS
from simulator.planned import Login
from simulator.population import Population, find_logins

POPULATION = Population(7)
LOGINS: list[tuple[str, Login]] = [(persona.name, login) for persona in POPULATION.personas for login in persona.logins]


def test_there_are_enough_people_and_instruments() -> None:
    """At least five personas with 3 to 6 accounts each over the three providers, about 40 instruments."""
    assert [persona.name for persona in POPULATION.personas] == ["ada", "grace", "alan", "mary", "linus"]
    for persona in POPULATION.personas:
        assert 3 <= sum(len(login.accounts) for login in persona.logins) <= 6
    symbols = {line.symbol for _, login in LOGINS for account in login.accounts for line in account.holdings}
    assert 35 <= len(symbols) <= 50


def test_names_are_unique_and_institutions_exist() -> None:
    keys = [account.key for _, login in LOGINS for account in login.accounts]
    assert len(set(keys)) == len(keys)
    for name, login in LOGINS:
        match login.provider:
            case "plaid":
                assert plaid_institution(login.institution) is not None
            case "snaptrade":
                assert brokerage(login.institution) is not None
            case "alpaca":
                assert login.institution == "ALPACA"
        assert all(account.key.startswith(f"{name}-") for account in login.accounts)


def test_ada_holds_every_kind() -> None:
    """The demo user shows what makes valuation hard, at all three providers."""
    accounts = {account.key: account for login in find_logins("ada") for account in login.accounts}
    lines = [line for account in accounts.values() for line in account.holdings]
    spellings = {line.spelling for line in lines if line.symbol == "BRK.B"}
    assert spellings == {"BRK-B", "BRKB", None}
    assert {login.provider for login in find_logins("ada")} == {"plaid", "snaptrade", "alpaca"}
    kinds = {POPULATION.securities[line.symbol].kind for line in lines}
    assert kinds == {"equity", "etf", "mutual_fund", "option", "crypto", "bond"}
    held = {holding.symbol: holding for account in accounts.values() for holding in POPULATION.holdings(account)}
    assert held.keys() >= MONEY_MARKET | PLAN_FUNDS | {"VAB.TO", "037833AL4", "912797SK4"}
    everything = [holding for account in accounts.values() for holding in POPULATION.holdings(account)]
    assert any(holding.quantity < 0 for holding in everything)
    assert any(holding.cost_basis is None for holding in everything)
    assert any(-int(str(holding.quantity.as_tuple().exponent)) == 9 for holding in everything)
    currencies = {currency for account in accounts.values() for currency, _ in account.cash}
    assert currencies == {"USD", "CAD"}
    assert any(account.margin and Decimal(amount) < 0 for account in accounts.values() for _, amount in account.cash)


def test_numbers_follow_from_the_seed() -> None:
    """The same seed gives the same holdings, another seed others."""
    account = next(account for login in find_logins("ada") for account in login.accounts if account.holdings)
    assert POPULATION.holdings(account) == Population(7).holdings(account)
    assert POPULATION.holdings(account) != Population(8).holdings(account)
    assert POPULATION.activities(account) == Population(7).activities(account)


def test_costs_have_the_sign_of_the_quantity() -> None:
    for _, login in LOGINS:
        for account in login.accounts:
            for holding in POPULATION.holdings(account):
                if holding.cost_basis is not None:
                    assert (holding.cost_basis > 0) == (holding.quantity > 0)


def test_options_are_occ_symbols() -> None:
    options = [one for one in POPULATION.securities.values() if one.kind == "option"]
    assert len(options) >= 2
    for option in options:
        parsed = parse_occ(option.symbol)
        assert parsed is not None
        assert parsed.underlying == option.underlying


def test_looking_up() -> None:
    """`user_good` is ada; institutions are found in any case; strangers are nobody."""
    assert POPULATION.persona("user_good") is POPULATION.persona("ada")
    assert POPULATION.persona("eve") is None
    assert POPULATION.login("ada", "snaptrade", "robinhood") is not None
    assert POPULATION.login("ada", "plaid", "ins_109512") is None
    assert POPULATION.login("eve", "plaid", "ins_109508") is None
    assert find_logins("eve") == ()
