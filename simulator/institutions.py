"""The institutions that the simulated providers offer (the first ones are Plaid's own sandbox names)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaidInstitution:
    """An institution in Plaid's list.

    Attributes:
        state: `healthy`, `degraded`, `down` or `unsupported` (Plaid keeps sandbox institutions for each).
    """

    id: str
    name: str
    url: str
    color: str
    products: tuple[str, ...] = ("transactions", "investments")
    country_codes: tuple[str, ...] = ("US",)
    oauth: bool = False
    state: str = "healthy"


@dataclass(frozen=True, slots=True)
class Brokerage:
    """A brokerage in SnapTrade's list."""

    slug: str
    name: str
    url: str
    allows_trading: bool
    realtime: bool


PLAID_INSTITUTIONS: tuple[PlaidInstitution, ...] = (
    PlaidInstitution(
        "ins_109508",
        "First Platypus Bank",
        "https://www.plaid.com",
        "#1f6feb",
        products=("transactions", "investments", "auth"),
    ),
    PlaidInstitution("ins_109509", "First Gingham Credit Union", "https://www.plaid.com", "#8250df"),
    PlaidInstitution("ins_109510", "Tattersall Federal Credit Union", "https://www.plaid.com", "#0a7d55"),
    PlaidInstitution("ins_109511", "Tartan Bank", "https://www.plaid.com", "#b42318"),
    PlaidInstitution("ins_109512", "Houndstooth Bank", "https://www.plaid.com", "#475467"),
    PlaidInstitution("ins_127287", "Platypus OAuth Bank", "https://www.plaid.com", "#1f6feb", oauth=True),
    PlaidInstitution("ins_120100", "Meridian Funds", "https://meridianfunds.example", "#96151d"),
    PlaidInstitution(
        "ins_120200",
        "Northlake Retirement Services",
        "https://northlake.example",
        "#00704a",
        products=("investments",),
    ),
    PlaidInstitution("ins_120300", "Harbor & Vale Wealth", "https://harborvale.example", "#123c69"),
    PlaidInstitution("ins_54", "Robinhood", "https://robinhood.com", "#00c805", products=("investments",)),
    PlaidInstitution(
        "ins_132363", "Unhealthy Platypus Bank - Degraded", "https://www.plaid.com", "#9a6700", state="degraded"
    ),
    PlaidInstitution("ins_132361", "Unhealthy Platypus Bank - Down", "https://www.plaid.com", "#9a6700", state="down"),
    PlaidInstitution(
        "ins_133402", "Unsupported Platypus Bank", "https://www.plaid.com", "#6e7781", state="unsupported"
    ),
)

BROKERAGES: tuple[Brokerage, ...] = (
    Brokerage("ROBINHOOD", "Robinhood", "https://robinhood.com", allows_trading=False, realtime=True),
    Brokerage("QUESTRADE", "Questrade", "https://www.questrade.com", allows_trading=False, realtime=True),
    Brokerage("FIDELITY", "Fidelity", "https://www.fidelity.com", allows_trading=False, realtime=False),
    Brokerage("COINBASE", "Coinbase", "https://www.coinbase.com", allows_trading=True, realtime=True),
    Brokerage("WEALTHSIMPLETRADE", "Wealthsimple", "https://www.wealthsimple.com", allows_trading=True, realtime=True),
    Brokerage("ALPACA", "Alpaca", "https://alpaca.markets", allows_trading=True, realtime=True),
    Brokerage("ALPACA-PAPER", "Alpaca Paper", "https://alpaca.markets", allows_trading=True, realtime=True),
)

_BY_ID = {institution.id: institution for institution in PLAID_INSTITUTIONS}
_BY_SLUG = {brokerage.slug: brokerage for brokerage in BROKERAGES}


def plaid_institution(institution_id: str) -> PlaidInstitution | None:
    return _BY_ID.get(institution_id)


def brokerage(slug: str) -> Brokerage | None:
    return _BY_SLUG.get(slug.upper())
