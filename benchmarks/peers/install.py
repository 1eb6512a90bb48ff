"""Install the peers: the Python ones from benchmarks/peers.lock, Node's from its own lock."""

import subprocess
import sys
from pathlib import Path

from tools.build_dashboard import find_npm

_HERE = Path(__file__).parent


def main() -> None:
    lock = str(_HERE.parent / "peers.lock")
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--python", sys.executable]
    subprocess.run([*uv, "-r", lock], check=True)
    subprocess.run([*find_npm(), "ci", "--no-audit", "--no-fund", "--silent"], cwd=_HERE / "node", check=True)


if __name__ == "__main__":
    main()
