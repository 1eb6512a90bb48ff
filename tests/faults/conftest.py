"""One service for all fault tests: it is started once, and every test leaves it well."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.faults_checks import Watch
from tests.support.faults_service import FaultedService, faulted_service


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FaultedService]:
    async with faulted_service(tmp_path_factory.mktemp("faults")) as service:
        yield service


@pytest.fixture(scope="session")
def watch() -> Watch:
    return Watch()
