"""The taxonomy of errors. Anything that is none of these is a bug and ends its task.

NavstreamError
├── RetryLater        the other side is busy or down: try again after `after_s`
├── ProviderSyncError a sync has failed for good: trying again changes nothing
│   ├── ReconnectNeeded   the user must repair his connection; nothing is deleted
│   └── Unsupported       the institution, plan or product cannot do this
├── BadRequest        a client's input is wrong; `code` is stable and public
└── Misconfigured     settings are missing or wrong; names every one of them
    └── KeysRefused   a provider says that our own keys are wrong; nobody's connection is at fault
"""

from dataclasses import dataclass


class NavstreamError(Exception):
    """Root of all errors that we raise on purpose."""


@dataclass(eq=False)
class RetryLater(NavstreamError):
    """A passing fault of somebody else's.

    Attributes:
        reason: What happened, without secrets.
        after_s: Earliest useful retry, seconds; None when the other side did not say.
    """

    reason: str
    after_s: float | None = None

    def __str__(self) -> str:
        wait = "" if self.after_s is None else f" (retry after {self.after_s:g} s)"
        return f"{self.reason}{wait}"


class ProviderSyncError(NavstreamError):
    """A provider or a product cannot be synced, now or later, until somebody does something; says what."""


@dataclass(eq=False)
class ReconnectNeeded(ProviderSyncError):
    """The user has to sign in at the institution again.

    Attributes:
        code: The provider's own error code, e.g. `ITEM_LOGIN_REQUIRED`.
        reason: A sentence for the user.
    """

    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} [{self.code}]"


@dataclass(eq=False)
class Unsupported(ProviderSyncError):
    """This cannot be had here, now or later."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class BadRequest(NavstreamError):
    """A client's input is refused.

    Attributes:
        code: Stable and public, e.g. `unknown_op`.
        reason: A sentence for the person who wrote the client.
    """

    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


@dataclass(eq=False)
class Misconfigured(NavstreamError):
    """Start-up is refused. `problems` names every wrong or missing setting at once."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(("The settings are not usable:", *(f"  - {problem}" for problem in self.problems)))


@dataclass(eq=False)
class KeysRefused(Misconfigured):
    """A provider refuses our own keys.

    Attributes:
        after_s: When it is asked again, seconds.
    """

    after_s: float = 0.0
