"""The whole service for its operator, as `navstream status --json` shows it."""

from fastapi import APIRouter, Depends

from api.caller import operators_only
from api.parts import PartsOf
from realtime.overview import Lookout
from realtime.status_report import StatusReport, status_report

router = APIRouter(tags=["status"], dependencies=[Depends(operators_only)])


@router.get("/api/status")
async def status(parts: PartsOf) -> StatusReport:
    """Return stages, feed age by stream, calculator lag, clients, latency percentiles, freshness, jobs and alerts."""
    settings = parts.settings
    lookout = Lookout(parts.bus, parts.everybody, settings.market_clock(), parts.clock, settings.sync_overdue_after_s)
    return status_report(await lookout.look())
