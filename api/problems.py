"""Errors as application/problem+json (RFC 9457): type, title, status, code, detail. Never a secret or a traceback."""

from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from api.codes import CODES
from providers.base import UnexpectedAnswer
from realtime.auth import Unauthenticated
from realtime.errors import BadRequest, Misconfigured, ReconnectNeeded, RetryLater, Unsupported

PROBLEM_MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_S = 2


class Forbidden(BadRequest):
    """The caller is known, and may not."""


class NotFound(BadRequest):
    """What is asked for does not exist, or not for this user: the answer is the same."""


class Unprocessable(BadRequest):
    """What is asked for is well said, and cannot be done with what it names."""


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the answer; `code` is stable and public, `detail` a sentence for a person."""
    return JSONResponse(
        {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail},
        status_code=status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=headers,
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error of ours, and every one that is not, with a problem."""
    app.add_exception_handler(NotFound, _not_found)
    app.add_exception_handler(Forbidden, _forbidden)
    app.add_exception_handler(BadRequest, _bad_request)
    app.add_exception_handler(Unauthenticated, _unauthenticated)
    app.add_exception_handler(Unprocessable, _unprocessable)
    app.add_exception_handler(UnexpectedAnswer, _provider_error)
    app.add_exception_handler(RetryLater, _retry_later)
    app.add_exception_handler(ReconnectNeeded, _reconnect_needed)
    app.add_exception_handler(Unsupported, _unsupported)
    app.add_exception_handler(Misconfigured, _misconfigured)
    app.add_exception_handler(RedisError, _redis_down)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _not_found(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotFound)
    return problem(404, error.code, error.reason)


def _forbidden(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Forbidden)
    return problem(403, error.code, error.reason)


def _bad_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, BadRequest)
    if error.code in CODES:
        return problem(CODES[error.code].status, error.code, error.reason)
    return problem(400, "provider_refused", str(error))


def _unprocessable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unprocessable)
    return problem(422, error.code, error.reason)


def _provider_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, UnexpectedAnswer)
    return problem(502, "provider_error", f"{error.provider.value} gave an answer that we do not understand")


def _unauthenticated(_request: Request, error: Exception) -> Response:
    return problem(401, "unauthenticated", str(error), {"WWW-Authenticate": "Bearer"})


def _retry_later(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RetryLater)
    return retry_later(error)


def retry_later(error: RetryLater) -> Response:
    """Return the answer to what cannot be done now."""
    after_s = _RETRY_AFTER_S if error.after_s is None else ceil(error.after_s)
    return problem(503, "retry_later", error.reason, {"Retry-After": str(after_s)})


def _reconnect_needed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ReconnectNeeded)
    return problem(409, "reconnect_needed", error.reason)


def _unsupported(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unsupported)
    return problem(422, "unsupported", error.reason)


def _misconfigured(_request: Request, _error: Exception) -> Response:
    return problem(503, "not_set_up", "this service is not set up for that provider")


def _redis_down(_request: Request, _error: Exception) -> Response:
    return problem(503, "retry_later", "live values cannot be reached", {"Retry-After": str(_RETRY_AFTER_S)})


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return problem(422, "invalid", "; ".join(faults))


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, code, str(error.detail), headers)


def _bug(_request: Request, _error: Exception) -> Response:
    return problem(500, "internal_error", "something went wrong on our side; it has been logged")
