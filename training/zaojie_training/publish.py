"""Making pointers and MLflow say what the record of releases says.

Only light modules are imported here: going back must not wait for LightGBM or MLflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zaojie_cases.errors import BundleError, ZaojieError
from zaojie_cases.settings import Settings
from zaojie_models.manifest import MANIFEST, read_manifest, sha256_of
from zaojie_models.pointer import Role, pointer_path, read_pointer, write_pointer
from zaojie_models.signing import check_signature, signing_key, trusted_keys
from zaojie_training.journal import ROLES, Journal, Release, Standing, Step

if TYPE_CHECKING:
    from zaojie_training.tracking import Tracking

STEP_TAG = "zaojie.step."
"""Tags of a version that begin so hold the steps of the record about it."""


def set_pointers(settings: Settings, standing: Standing) -> None:
    """Let the service's pointers say what the record says; those that do are left alone."""
    key = signing_key(settings.home.resolve())
    for role in ROLES:
        release = standing.of(role)
        if release is None:
            if role == "challenger":  # the others, once they have a release, never lack one
                pointer_path(settings.bundles, role).unlink(missing_ok=True)
        elif pointed(settings, role) != release.bundle:
            write_pointer(settings.bundles, role, release.bundle, key)


def pointed(settings: Settings, role: Role) -> str | None:
    """Return the bundle that a trustworthy pointer of ``role`` names, None without one."""
    try:
        return read_pointer(settings.bundles, role, trusted_keys(settings.home)).version
    except BundleError:
        return None


def check_whole(settings: Settings, release: Release) -> None:
    """Raise ``BundleError`` unless the serving store holds ``release``, signed and unchanged."""
    directory = settings.bundles / release.bundle
    read_manifest(directory)
    check_signature(directory, trusted_keys(settings.home))
    if sha256_of(directory / MANIFEST) != release.bundle_hash:
        raise BundleError(
            "服务目录里的模型包不是记录的那一个。请运行 zaojie registry check --mend。"
        )


def mirror(tracking: Tracking, standing: Standing, step: Step | None = None) -> None:
    """Move the aliases of MLflow to where the record says, and tag what ``step`` is about.

    A version that was deleted there gets no alias.
    """
    have = tracking.aliases()
    for role in ROLES:
        release = standing.of(role)
        exists = release is not None and tracking.numbered(release.number) is not None
        wanted = release.number if release is not None and exists else None
        if have.get(role) != wanted:
            tracking.set_alias(role, wanted)
    about = step.release if step is not None else None
    if step is not None and about is not None and tracking.numbered(about.number) is not None:
        name = f"{STEP_TAG}{step.at:%Y%m%dT%H%M%S.%f}.{step.what}"
        tracking.tag(about.number, name, step.model_dump_json(exclude={"gates"}))


def follow(settings: Settings, step: Step) -> bool:
    """Do :func:`mirror` after ``step``; return False where MLflow cannot be asked."""
    try:
        from zaojie_training.tracking import Tracking  # noqa: PLC0415 (seconds: after the pointer)

        mirror(Tracking(settings), Journal(settings.bundles).standing(), step)
    except ZaojieError:
        return False
    return True
