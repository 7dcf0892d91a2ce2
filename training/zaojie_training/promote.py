"""Candidate -> gates -> challenger (in shadow) -> two named persons -> champion.

Each step is written down first (:mod:`zaojie_training.journal`), then the pointer of the service
moves, then MLflow's aliases; after a crash in between, ``zaojie registry check --mend`` finishes.
The service watches its pointers and never asks MLflow.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from zaojie_cases.errors import BundleError
from zaojie_cases.settings import Settings
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import written_at_once
from zaojie_models.gate_rules import GateRules
from zaojie_models.golden import replay_golden
from zaojie_models.manifest import MANIFEST, sha256_of
from zaojie_models.signing import sign, signing_key, trusted_keys
from zaojie_training.clearing import Waiver, gates_of, signed_against
from zaojie_training.errors import RegistryError
from zaojie_training.gates import Gate
from zaojie_training.journal import Journal, Release, Step, given_since_challenge
from zaojie_training.people import named, persons
from zaojie_training.publish import check_whole, mirror, set_pointers
from zaojie_training.tracking import (
    BUNDLE,
    BUNDLE_HASH,
    CANDIDATE,
    CHALLENGER,
    ModelVersion,
    Tracking,
)

APPROVAL_LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Challenged:
    """What is scored in shadow from now on, and the gates on the way."""

    release: Release
    gates: list[Gate]


@dataclass(frozen=True, slots=True)
class Approved:
    """Who has approved, and whether the release serves now; if not, ``missing`` says why."""

    release: Release
    approvers: tuple[str, ...]
    missing: str

    @property
    def is_champion(self) -> bool:
        """Whether the release serves now."""
        return not self.missing


def challenge(
    settings: Settings, *, by: str, rules: GateRules, now: datetime, waiver: Waiver | None = None
) -> Challenged:
    """Let the candidate be scored in shadow beside the champion.

    Raises ``ConfigError`` without a candidate, ``BundleError`` if its bundle cannot be trusted,
    ``GateError`` for a gate that was not passed and that ``waiver`` does not sign against.
    """
    who, journal, tracking = named(by), Journal(settings.bundles), Tracking(settings)
    with journal.exclusive():
        standing, version = journal.standing(), tracking.version(CANDIDATE)
        with tracking.downloaded(version.run_id, BUNDLE) as directory:
            release = _release_of(version, directory)
            gates = gates_of(tracking, version.run_id, standing.champion, rules, now)
            waived = signed_against(gates, waiver)
            install(directory, release.bundle, settings)
        step = Step(
            at=now,
            what="challenge",
            by=(who,),
            why=waiver.reason if waiver and waived else "",
            release=release,
            replaced=standing.challenger,
            gates=_summaries(gates),
            waived=waived,
        )
        _take(step, journal, settings, tracking)
    return Challenged(release, gates)


def promote(
    settings: Settings,
    *,
    by: Sequence[str],
    rules: GateRules,
    now: datetime,
    waiver: Waiver | None = None,
) -> Approved:
    """Record that ``by`` approve; with two persons' approval the challenger is the champion.

    An approval holds for this version and this bundle, for 14 days, and until the next
    challenge. Those who trained the version must not be the only ones to approve it.
    Raises ``RegistryError`` without a challenger, if one was moved or deleted in MLflow, or if a
    person approves twice; ``BundleError`` and ``GateError`` as :func:`challenge` does.
    """
    journal, tracking = Journal(settings.bundles), Tracking(settings)
    with journal.exclusive():
        standing = journal.standing()
        release = standing.challenger
        if release is None:
            raise RegistryError("没有 challenger 可以发布。请先运行 zaojie challenge。")
        trainers = _trainers(tracking, release)
        check_whole(settings, release)
        verified(settings.bundles / release.bundle, trusted_keys(settings.home))
        since = given_since_challenge(journal.steps(), release)
        given = [step for step in since if step.at > now - APPROVAL_LASTS]
        approvers = _approvers(given, by)
        gates = gates_of(tracking, release.run_id, standing.champion, rules, now)
        before = {name for step in given for name in step.waived}
        waived = signed_against(gates, waiver, before)
        why = waiver.reason if waiver and waived else ""
        people = tuple(map(named, by))
        step = Step(at=now, what="approve", by=people, why=why, release=release, waived=waived)
        _take(step, journal, settings, tracking)
        missing = _missing(approvers, trainers)
        if not missing:
            step = Step(
                at=now,
                what="promote",
                by=tuple(approvers.values()),
                release=release,
                replaced=standing.champion,
                gates=_summaries(gates),
                waived=tuple(sorted(before.union(waived))),
            )
            _take(step, journal, settings, tracking)
    return Approved(release, tuple(approvers.values()), missing)


def _take(step: Step, journal: Journal, settings: Settings, tracking: Tracking) -> None:
    """Write the step down; then let the service, and last MLflow, see it."""
    journal.append(step)
    standing = journal.standing()
    set_pointers(settings, standing)
    mirror(tracking, standing, step)


def _release_of(version: ModelVersion, directory: Path) -> Release:
    bundle, digest = verified(directory), sha256_of(directory / MANIFEST)
    if version.tags.get(BUNDLE_HASH) != digest:
        raise BundleError("MLflow 里这一版的模型包不是登记时的那一个。请重新运行 zaojie train。")
    return Release(
        number=version.number, run_id=version.run_id, bundle=bundle.version, bundle_hash=digest
    )


def _summaries(gates: Sequence[Gate]) -> dict[str, str]:
    return {gate.name: gate.summary for gate in gates}


def verified(directory: Path, trusted: Path | None = None) -> Bundle:
    """Return a bundle that is whole and answers as it did when it was made."""
    bundle = Bundle.load(directory, trusted=trusted)
    replay_golden(directory, bundle)
    return bundle


def install(directory: Path, version: str, settings: Settings) -> None:
    """Copy a verified bundle into the serving store, signed."""
    with written_at_once(settings.bundles / version) as scratch:
        shutil.copytree(directory, scratch, dirs_exist_ok=True)
        sign(scratch, signing_key(settings.home.resolve()))


def _trainers(tracking: Tracking, release: Release) -> dict[str, str]:
    """Return who trained; raise ``RegistryError`` if MLflow no longer holds what was recorded."""
    found = tracking.aliases().get(CHALLENGER)
    version = tracking.numbered(release.number)
    if version is None or found != release.number:
        raise RegistryError(
            f"记录里的 challenger 是第 {release.number} 版，MLflow 里它已被删除，或别名被移走。"
            "请运行 zaojie registry check 查看，加 --mend 修复。"
        )
    if tracking.bundle_hash(release.run_id) != release.bundle_hash:
        raise RegistryError(
            f"MLflow 里第 {release.number} 版的模型包不见了，或不是记录的那一个。"
            "请运行 zaojie registry check。"
        )
    return persons(tracking.trainers(version))


def _approvers(given: Sequence[Step], by: Sequence[str]) -> dict[str, str]:
    """Return all who approve; raise ``RegistryError`` for a person who does so twice."""
    found = persons(name for step in given if step.what == "approve" for name in step.by)
    for name in by:
        if persons([name]).keys() & found.keys():
            raise RegistryError(
                f"{named(name)}已经批准过这一版。要由另一个人批准：zaojie promote --by 姓名。",
                field="by",
            )
        found |= persons([name])
    if not found:
        raise RegistryError("要写明是谁批准：请用 --by 给出姓名。", field="by")
    return found


def _missing(approvers: dict[str, str], trainers: dict[str, str]) -> str:
    if len(approvers) < 2:
        return "还要另一个人批准"
    if approvers.keys() <= trainers.keys():
        return "批准的都是训练这一版的人，还要一个没有参加训练的人批准"
    return ""
