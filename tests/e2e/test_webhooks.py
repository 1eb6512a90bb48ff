"""A webhook through every process: signed by the provider, to new values at a WebSocket client, with nobody asking."""

import pytest

from tests.e2e.conftest import Service
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("provider", "account"), [("plaid", "ada-brokerage"), ("snaptrade", None)], ids=["plaid", "snaptrade"]
)
async def test_a_purchase_at_the_institution_reaches_the_client_by_webhook(
    service: Service, provider: str, account: str | None
) -> None:
    """Ensure that what a person buys at his bank is in his values as soon as the bank's provider tells us."""
    client = await service.watch(await service.user())
    url = getattr(service.demo.settings, f"{provider}_url")
    if account is None:
        async with service.http.get(f"{url}/control/state") as answer:
            accounts = [each["account"] for each in (await answer.json())["accounts"]]
        account = next(name for name in accounts if name.startswith("ada"))
    await wait_until(lambda: client.state("positions"), what="positions at the client")
    body = {"account": account, "symbol": "GLD", "quantity": "777"}
    async with service.http.post(f"{url}/control/holdings", json=body) as answer:
        assert answer.status == 200, await answer.text()

    def bought() -> bool:
        rows = [row for row in client.state("positions").values() if row["symbol"] == "GLD"]
        parts = [part for row in rows for part in row["contributions"]]
        return any(part["quantity"] == 777 and part["account"].startswith(provider) for part in parts)

    await wait_until(bought, 20, "the purchase at the client")
    events = await service.pool.fetch("select state, error from webhook_events where provider = $1", provider)
    assert events
