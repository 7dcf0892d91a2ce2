"""The exception tree of Zaojie.

    ZaojieError
    ├── InputError        the data or the file given by a person is wrong
    │   ├── MappingError  a mapping file is wrong
    │   ├── CodeError     a code is not in its table
    │   └── NoSuchJointCaseError, JointStepError   in ``joint``
    ├── StoreError        the record store cannot be read or written
    ├── BundleError       a risk bundle cannot be trusted or read
    ├── ConfigError       a setting, a policy or a target file is wrong
    └── MissingExtraError an optional part is not installed

Each error carries a stable ``code`` for programs and operators' documents, a Chinese
sentence for people that says what to do, and never a value taken from personal data.
"""

from __future__ import annotations

from typing import ClassVar


class ZaojieError(Exception):
    """Base of all errors that a user can cause or mend.

    ``message`` is a Chinese sentence: what is wrong, and what to do.
    ``field`` names the field, column or file part at fault, if there is one.
    """

    code: ClassVar[str] = "ZJ0000"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        where = f"（{self.field}）" if self.field else ""
        return f"[{self.code}]{where} {self.message}"


class InputError(ZaojieError):
    """The data or the file given is wrong."""

    code = "ZJ1000"
    http_status = 422


class MappingError(InputError):
    """A mapping file is wrong or does not fit the source."""

    code = "ZJ1100"


class CodeError(InputError):
    """A code is not in its table."""

    code = "ZJ1200"


class StoreError(ZaojieError):
    """The record store cannot be read or written."""

    code = "ZJ2000"
    http_status = 503


class BundleError(ZaojieError):
    """A risk bundle cannot be trusted or read."""

    code = "ZJ3000"
    http_status = 503


class ConfigError(ZaojieError):
    """A setting, a policy or a target file is wrong."""

    code = "ZJ4000"


class MissingExtraError(ZaojieError):
    """An optional part of Zaojie is not installed."""

    code = "ZJ5000"
    http_status = 501
