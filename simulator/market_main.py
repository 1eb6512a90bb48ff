"""`python -m simulator alpaca`: streams, REST and control on one port (wiring)."""

import sys

from simulator.market_options import parse
from simulator.market_service import build
from simulator.serving import run


def main(argv: list[str]) -> None:
    """Serve until SIGTERM or SIGINT; what cannot be served ends the process with one line."""
    options = parse(argv)
    try:
        app = build(options)
    except (OSError, ValueError) as wrong:
        sys.exit(f"cannot simulate the market: {wrong}")
    run(app, options.host, options.port)
