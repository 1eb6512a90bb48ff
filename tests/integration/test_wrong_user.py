"""Every operation of the OpenAPI page as the wrong user, and as nobody. A new one is covered once it has a sample."""

from uuid import uuid4

import pytest

from tests.support.operations import SAMPLES, Operation, operations
from tests.support.two_users import Two, accounts_of, two

__all__ = ["two"]
PUBLIC = {
    "POST /api/session": "signing in",
    "GET /api/config": "what the page needs before signing in",
    "GET /health": "for load balancers; says nothing of a user",
    "POST /webhook/plaid": "signed by Plaid",
    "POST /api/snaptrade/webhook": "signed by SnapTrade",
    "GET /webhook/plaid/health": "counts by type; says nothing of a user",
}
REFUSED_TO_USERS = {"GET /api/status", "GET /api/jobs", "POST /api/jobs/{job_id}/retry"}


def invented(real: str) -> str:
    """An id like a real one that nobody has."""
    made = uuid4()
    prefix, underscore, key = real.rpartition("_")
    if underscore and len(key) == 32:
        return f"{prefix}_{made.hex}"
    return f"link-sandbox-{made}" if real.startswith("link-") else str(made)


CASES = [
    pytest.param(operation, field, id=f"{operation.name} {field}")
    for operation in operations()
    if operation.name not in REFUSED_TO_USERS
    for field in sorted(operation.id_fields)
]
READS = [
    pytest.param(operation, id=operation.name)
    for operation in operations()
    if operation.method == "GET" and "{" not in operation.path and operation.needs_token
]


def test_every_operation_has_a_sample() -> None:
    """Ensure a new operation is tried as the wrong user: it needs a sample, in which all of its ids are named."""
    assert {operation.name for operation in operations()} == SAMPLES.keys()
    for operation in operations():
        assert operation.id_fields == operation.sample.ids.keys(), operation.name


@pytest.mark.parametrize(("operation", "field"), CASES)
async def test_wrong_user_is_answered_as_if_it_did_not_exist(two: Two, operation: Operation, field: str) -> None:
    """Ensure another's thing looks exactly like none, nothing changes, and that its owner is let in."""
    theirs = two.ids[operation.sample.ids[field]]
    nobodys = invented(theirs)
    before = await two.stored()
    status, body = await two.ask(operation, two.grace, **{field: theirs})
    assert (status, body.replace(theirs, "…")) == _masked(
        await two.ask(operation, two.grace, **{field: nobodys}), nobodys
    )
    assert status in {400, 403, 404}
    assert await two.stored() == before
    status, body = await two.ask(operation, two.ada, **{field: theirs})
    assert status < 400, body


@pytest.mark.parametrize("operation", READS)
async def test_wrong_user_reads_nothing_of_anothers(two: Two, operation: Operation) -> None:
    """Ensure no list of one user's names a thing of another's."""
    status, body = await two.ask(operation, two.grace)
    assert status == (403 if operation.name in REFUSED_TO_USERS else 200), body
    for secret in (two.ada, *two.ids.values(), *await accounts_of(two.pool, two.ada)):
        assert secret not in body


async def test_wrong_user_is_no_operator(two: Two) -> None:
    """Ensure what concerns the whole service is refused to every user, whatever he names, and nothing changes."""
    before = await two.stored()
    for operation in operations():
        if operation.name in REFUSED_TO_USERS:
            ids = {field: two.ids[kind] for field, kind in operation.sample.ids.items()}
            status, body = await two.ask(operation, two.ada, **ids)
            assert (status, '"code":"operators_only"' in body) == (403, True), operation.name
    assert await two.stored() == before


async def test_wrong_user_of_no_token_is_refused_everywhere(two: Two) -> None:
    """Ensure every operation wants a valid token, but for those that are public on purpose."""
    assert {operation.name for operation in operations() if not operation.needs_token} == PUBLIC.keys()
    before = await two.stored()
    for operation in operations():
        ids = {field: two.ids[kind] for field, kind in operation.sample.ids.items()}
        if operation.needs_token:
            status, body = await two.ask(operation, None, **ids)
            assert (status, '"code":"unauthenticated"' in body) == (401, True), operation.name
    assert await two.stored() == before


def _masked(answer: tuple[int, str], own: str) -> tuple[int, str]:
    status, body = answer
    return status, body.replace(own, "…")
