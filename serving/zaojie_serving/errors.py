"""What the service can refuse, as part of the exception tree of Zaojie.

ZaojieError
├── RequestError       the request breaks a rule; ``findings`` say which
├── UnauthorisedError  no key, or not a valid one
├── ForbiddenError     a form that does not come from our own pages
├── NotFoundError      no such case, page or address
├── ConflictError      the case is registered already, with other content
├── NotReadyError      no bundle to score with
└── AddressError       the service cannot listen where it was told to
"""

from __future__ import annotations

from collections.abc import Sequence

from zaojie_cases.errors import ConfigError, ZaojieError
from zaojie_serving.findings import Finding


class RequestError(ZaojieError):
    """The request breaks a rule; ``findings`` name fields and rules, never values."""

    code = "ZJ6422"
    http_status = 422

    def __init__(self, message: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class UnauthorisedError(ZaojieError):
    """The caller has no valid key; the answer says nothing else."""

    code = "ZJ6401"
    http_status = 401


class ForbiddenError(ZaojieError):
    """A form that does not come from our own pages."""

    code = "ZJ6403"
    http_status = 403


class NotFoundError(ZaojieError):
    """There is no such case or page."""

    code = "ZJ6404"
    http_status = 404


class ConflictError(RequestError):
    """The case is registered already, with other content; ``findings`` name the fields."""

    code = "ZJ6409"
    http_status = 409


class NotReadyError(ZaojieError):
    """There is no bundle to score with."""

    code = "ZJ6503"
    http_status = 503


class AddressError(ConfigError):
    """The service cannot listen at the address given."""

    code = "ZJ4100"
