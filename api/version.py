"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version

_UNPACKED = "0.1.0+source"


def release() -> str:
    """Return the installed version; a marked one when run from the sources without being installed."""
    try:
        return version("navstream")
    except PackageNotFoundError:
        return _UNPACKED
