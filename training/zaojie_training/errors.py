"""What training and the registry can refuse, as part of the exception tree of Zaojie."""

from __future__ import annotations

from zaojie_cases.errors import ConfigError


class RegistryError(ConfigError):
    """A step of the registry is not allowed now, or the registry is not as it was left."""

    code = "ZJ4200"


class GateError(RegistryError):
    """A gate was not passed, and nobody has signed a reason."""

    code = "ZJ4210"
