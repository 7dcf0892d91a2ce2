"""Is everything where the record of releases says? And putting it back there.

MLflow lets anybody move an alias or delete a version, and deleting one may leave an alias that
names nothing. None of it reaches a service, which follows signed pointers; but people who look
at MLflow would be misled, and the next step would start from the wrong version.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from zaojie_cases.errors import BundleError
from zaojie_cases.settings import Settings
from zaojie_models.pointer import Role
from zaojie_training.journal import ROLES, Journal, Release, Step
from zaojie_training.people import named
from zaojie_training.promote import install, verified
from zaojie_training.publish import check_whole, mirror, pointed, set_pointers
from zaojie_training.tracking import BUNDLE, BUNDLE_HASH, CANDIDATE, Tracking

MEND = "请运行 zaojie registry check --mend。"


def check(settings: Settings) -> list[str]:
    """Return a Chinese sentence for each thing that is not as recorded, with what mends it."""
    tracking, standing = Tracking(settings), Journal(settings.bundles).standing()
    aliases = tracking.aliases()
    found = [*_candidate(tracking, aliases.get(CANDIDATE))]
    for role in ROLES:
        release = standing.of(role)
        found += _alias(role, release, aliases.get(role))
        if release is not None:
            found += _kept(tracking, role, release)
            found += _stored(settings, role, release)
        found += _pointer(settings, role, release)
    return found


def mend(settings: Settings, *, by: str, now: datetime) -> list[str]:
    """Make aliases, pointers and the serving store follow the record; return what is left.

    A bundle that was spoilt in the serving store is fetched from MLflow again. An alias that
    names a deleted version is taken away. A version deleted in MLflow cannot be brought back.
    """
    tracking, journal = Tracking(settings), Journal(settings.bundles)
    with journal.exclusive():
        standing = journal.standing()
        journal.append(Step(at=now, what="mend", by=(named(by),)))
        for role in ROLES:
            release = standing.of(role)
            if release is not None and not _is_whole(settings, release):
                _fetch(settings, tracking, release)
        set_pointers(settings, standing)
        mirror(tracking, standing)
        number = tracking.aliases().get(CANDIDATE)
        if number is not None and tracking.numbered(number) is None:
            tracking.set_alias(CANDIDATE, None)
    return check(settings)


def _candidate(tracking: Tracking, number: str | None) -> Iterator[str]:
    if number is None:
        return
    version = tracking.numbered(number)
    if version is None:
        yield f"别名 candidate 指向第 {number} 版，但这一版已被删除。{MEND}"
    elif (held := tracking.bundle_hash(version.run_id)) is None:
        yield f"candidate（第 {number} 版）没有模型包。请重新运行 zaojie train。"
    elif held != version.tags.get(BUNDLE_HASH):
        yield f"candidate（第 {number} 版）的模型包不是登记时的那一个。请重新运行 zaojie train。"


def _alias(role: Role, release: Release | None, number: str | None) -> Iterator[str]:
    wanted = release.number if release is not None else None
    if number == wanted:
        return
    if wanted is None:
        yield f"记录里没有 {role}，MLflow 的别名却指向第 {number} 版；服务不受影响。{MEND}"
    elif number is None:
        yield f"别名 {role} 不见了，记录是第 {wanted} 版；服务不受影响。{MEND}"
    else:
        yield (
            f"别名 {role} 被移到第 {number} 版，记录是第 {wanted} 版；服务不受影响，"
            f"仍按记录。{MEND}要换模型请用 zaojie challenge 和 zaojie promote。"
        )


def _kept(tracking: Tracking, role: Role, release: Release) -> Iterator[str]:
    again = "服务仍用自己的副本；请重新运行 zaojie train 和 zaojie challenge。"
    if tracking.numbered(release.number) is None:
        yield f"{role}（第 {release.number} 版）在 MLflow 里已被删除。{again}"
    elif (held := tracking.bundle_hash(release.run_id)) is None:
        yield f"{role}（第 {release.number} 版）在 MLflow 里没有模型包了。{again}"
    elif held != release.bundle_hash:
        yield f"{role}（第 {release.number} 版）在 MLflow 里的模型包不是记录的那一个。{again}"


def _stored(settings: Settings, role: Role, release: Release) -> Iterator[str]:
    try:
        check_whole(settings, release)
    except BundleError as error:
        yield f"服务目录里 {role} 的模型包 {release.bundle} 不能用：{error.message}{MEND}"


def _pointer(settings: Settings, role: Role, release: Release | None) -> Iterator[str]:
    wanted = release.bundle if release is not None else None
    found = pointed(settings, role)
    if found != wanted:
        yield f"{role}.json 指向 {found or '别处或没有签名'}，记录是 {wanted or '没有'}。{MEND}"


def _is_whole(settings: Settings, release: Release) -> bool:
    return not [*_stored(settings, "champion", release)]


def _fetch(settings: Settings, tracking: Tracking, release: Release) -> None:
    """Copy the bundle from MLflow again, if it is there and the recorded one."""
    if tracking.bundle_hash(release.run_id) != release.bundle_hash:
        return
    with tracking.downloaded(release.run_id, BUNDLE) as directory:
        try:
            verified(directory)
        except BundleError:
            return
        install(directory, release.bundle, settings)
