"""`python -m simulator alpaca|plaid|snaptrade|broker [options]`: one simulated service as a process (wiring)."""

import importlib
import sys

SERVICES = {
    "alpaca": "simulator.market_main",
    "plaid": "simulator.plaid_http",
    "snaptrade": "simulator.snaptrade_http",
    "broker": "simulator.broker_http",
}


def main(argv: list[str]) -> None:
    """Run the service named by the first argument with the others."""
    if not argv or argv[0] not in SERVICES:
        sys.exit(f"usage: python -m simulator {'|'.join(SERVICES)} [options]")
    importlib.import_module(SERVICES[argv[0]]).main(argv[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
