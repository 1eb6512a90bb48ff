"""What can go wrong for a program that uses `navstream.client`.

ClientError
├── Refused   the WebSocket server will not have this client
└── Problem   an answer of the REST API that is no success
"""

from dataclasses import dataclass


class ClientError(Exception):
    """Root of all errors that the client raises on purpose."""


@dataclass(eq=False)
class Refused(ClientError):
    """The server closed the connection and trying again is pointless.

    Attributes:
        code: WebSocket close code, 4401 for a token that is not valid …
    """

    code: int
    reason: str

    def __str__(self) -> str:
        return f"the server refused: {self.reason or 'no reason given'} [{self.code}]"


@dataclass(eq=False)
class Problem(ClientError):
    """An error as the REST API tells it (RFC 9457).

    Attributes:
        status: HTTP status.
        code: Stable and public, e.g. `unknown_account`; what to decide by.
        detail: A sentence for a person.
        retry_after_s: Earliest useful retry, seconds; None when the server did not say.
    """

    status: int
    code: str
    detail: str
    retry_after_s: float | None = None

    def __str__(self) -> str:
        return f"{self.detail} [{self.status} {self.code}]"
