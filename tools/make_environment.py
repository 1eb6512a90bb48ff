"""Make the Python environment from the lock file. Runs on a bare Python 3.11+: standard library only."""

import subprocess
import sys
import time
from pathlib import Path


def main(folder: str, uv_requirement: str) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  # it runs before anything has checked
        sys.exit(f"navstream needs Python 3.11 or later; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11")
    python = Path(folder) / "bin" / "python"
    if not python.exists():
        say("making the environment in " + folder)
        made = run([sys.executable, "-m", "venv", folder])
        if made.returncode:
            sys.exit("Python cannot make an environment here; on Debian: apt-get install python3-venv.\n" + made.stdout)
    say("installing the locked packages (downloads about 200 MB the first time)")
    install([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", uv_requirement])
    uv = [str(python), "-m", "uv", "pip"]
    at = ["--python", str(python)]
    install([*uv, "sync", "--quiet", "--require-hashes", *at, "requirements.lock"])
    install([*uv, "install", "--quiet", "--no-deps", *at, "--editable", "."])
    install([str(python), "-m", "compileall", "-q", "-j", "0", folder + "/lib"], may_fail=True)


def install(command: list[str], *, may_fail: bool = False) -> None:
    """Run a step; when it fails say what a person can do about it."""
    done = run(command)
    if done.returncode == 0 or may_fail:
        return
    network = ("onnection", "resolve", "timed out", "dns error", "No matching distribution", "error sending request")
    if any(word in done.stdout for word in network):
        sys.exit(f"The package registry does not answer; check the network or proxy and try again.\n\n{done.stdout}")
    if "gcc" in done.stdout or "compiler" in done.stdout:
        sys.exit(
            "A package has no wheel for this machine and needs a C compiler (on Debian: apt-get install gcc "
            f"python3-dev).\n\n{done.stdout}"
        )
    sys.exit(f"A package could not be installed:\n\n{done.stdout}")


def run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text} …", flush=True)  # noqa: T201  # progress


if __name__ == "__main__":
    main(*sys.argv[1:])
