"""`navstream.client` in somebody else's program, against the whole service."""

import asyncio
from contextlib import aclosing

from navstream.client import Client, figures_of, market_of, positions_of, sign_in
from tests.e2e.conftest import Service


async def test_rest_and_live_values_are_of_one_portfolio(service: Service) -> None:
    """Every read call answers with types, and the stream's positions are the API's."""
    settings = service.demo.settings
    async with Client(
        f"http://{settings.api_host}:{settings.api_port}", service.demo.token(await service.user())
    ) as ada:
        portfolio, accounts, connections = await ada.portfolio(), await ada.accounts(), await ada.connections()
        assert portfolio.total_value is not None
        assert {account.id for account in accounts} == {account.id for account in portfolio.accounts}
        assert {account.connection_id for account in accounts} <= {connection.id for connection in connections}
        logs = await ada.sync_logs(connections[0].id, limit=1)
        assert [log.connection_id for log in logs] == [connections[0].id]
        assert (await ada.intraday()).trading_day == market_day(await first_states(ada, "market"))
        assert (await ada.explain(accounts[0].id))["account"] == accounts[0].id
        transactions = [each async for each in ada.transactions(page=10)]
        assert {each.id for each in portfolio.transactions} <= {each.id for each in transactions}
        assert len({each.id for each in transactions}) == len(transactions) > 20
        states = await first_states(ada, "portfolio", "positions")
        figures = figures_of(states["portfolio"])
        assert (figures.currency, figures.positions_count) == (portfolio.metadata.currency, len(portfolio.positions))
        symbols = {position.symbol for position in positions_of(states["positions"])}
        assert symbols == {position.symbol for position in portfolio.positions}


async def test_signing_in_with_the_demos_link(service: Service) -> None:
    """The link that the demo prints signs a program in as it does a browser."""
    url, _, code = service.demo.link.partition("/#code=")
    session = await sign_in(url, code)
    assert session.user.operator
    async with Client(url, session.token) as client:
        assert await client.accounts()


async def first_states(client: Client, *channels: str) -> dict[str, dict[str, object]]:
    stream = await client.stream(channels)
    states: dict[str, dict[str, object]] = {}
    async with asyncio.timeout(15), aclosing(stream.updates()) as updates:
        async for update in updates:
            if update.channel is not None and update.state is not None:
                states[update.channel] = dict(update.state)
            if set(states) == set(channels):
                break
    return states


def market_day(states: dict[str, dict[str, object]]) -> object:
    return market_of(states["market"]).trading_day
