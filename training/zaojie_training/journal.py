"""The record of releases: who put which bundle where, when, and why.

``<bundles>/registry.jsonl`` is only ever added to; each line carries a hash over itself and the
line before (see :mod:`zaojie_cases.chain`). What it says is what holds: aliases and tags of
MLflow, which anybody may move, and the pointers of the service are made to follow it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from zaojie_cases.chain import GENESIS, Link, faults_of, link_hash
from zaojie_models.pointer import Role
from zaojie_training.errors import RegistryError
from zaojie_training.locking import locked

ROLES: tuple[Role, ...] = ("champion", "challenger", "previous")


class Release(BaseModel):
    """One registered bundle: its number and run in MLflow, its version, its manifest's hash."""

    model_config = ConfigDict(frozen=True)

    number: str
    run_id: str
    bundle: str
    bundle_hash: str


class Step(BaseModel):
    """One line of the record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    what: Literal["challenge", "approve", "promote", "rollback", "mend"]
    by: tuple[str, ...]
    why: str = ""
    release: Release | None = None
    """What the step is about; for a rollback, what serves from now on."""
    replaced: Release | None = None
    """What served before."""
    gates: dict[str, str] = {}
    """Gate -> verdict, with value and limit."""
    waived: tuple[str, ...] = ()
    """Gates that were not passed, and against which ``by`` signs the reason ``why``."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Which release has which role."""

    champion: Release | None = None
    challenger: Release | None = None
    previous: Release | None = None

    def of(self, role: Role) -> Release | None:
        """Return the release that has ``role``."""
        found: Release | None = getattr(self, role)
        return found

    def after(self, step: Step) -> Standing:
        """Return what holds once ``step`` is done."""
        if step.what == "challenge":
            return Standing(self.champion, step.release, self.previous)
        if step.what == "rollback":
            return Standing(self.previous, self.challenger, self.champion)
        if step.what != "promote" or step.release is None:
            return self
        same = self.champion is None or self.champion.bundle == step.release.bundle
        previous = self.previous if same else self.champion
        return Standing(step.release, None, previous)


class Journal:
    """The record of one serving store."""

    def __init__(self, bundles: Path) -> None:
        self._path = bundles / "registry.jsonl"

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other commands from changing the record. Raises ``RegistryError`` if one does."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._path.with_suffix(".lock")):
            yield

    def steps(self) -> list[Step]:
        """Return all steps, oldest first. Raises ``RegistryError`` if the record was changed."""
        links = self._links()
        faults = faults_of(links, (len(links), links[-1].hash if links else GENESIS))
        if faults:
            raise _spoilt(faults[0].number)
        return [_step(link) for link in links]

    def standing(self) -> Standing:
        """Return which release has which role."""
        standing = Standing()
        for step in self.steps():
            standing = standing.after(step)
        return standing

    def append(self, step: Step) -> None:
        """Add a step; it is on the disk when this returns."""
        links = self._links()
        before, number = (links[-1].hash if links else GENESIS), len(links) + 1
        content = step.model_dump(mode="json")
        line = {"number": number, "hash": link_hash(before, number, content), "content": content}
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._path.open("ab") as stream:
            stream.truncate(len(self._whole_lines()))
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def _whole_lines(self) -> bytes:
        """Return the file without a last line that a crash cut off: that step never happened."""
        found = self._path.read_bytes() if self._path.exists() else b""
        return found[: found.rfind(b"\n") + 1]

    def _links(self) -> list[Link]:
        links = []
        for number, line in enumerate(self._whole_lines().splitlines(), 1):
            try:
                found: dict[str, Any] = json.loads(line)
                links.append(Link(found["number"], found["content"], found["hash"]))
            except (ValueError, KeyError, TypeError) as error:
                raise _spoilt(number) from error
        return links


def given_since_challenge(steps: Sequence[Step], release: Release) -> list[Step]:
    """Return the last challenge of ``release`` and what was said of it since."""
    about = [step for step in steps if step.release == release]
    starts = [i for i, step in enumerate(about) if step.what == "challenge"]
    return about[starts[-1] :] if starts else []


def _step(link: Link) -> Step:
    try:
        return Step.model_validate(link.content)
    except ValidationError as error:
        raise _spoilt(link.number) from error


def _spoilt(number: int) -> RegistryError:
    return RegistryError(
        f"发布记录 registry.jsonl 第 {number} 行被改动或损坏，不能据此发布。请从备份恢复这个文件；"
        "服务不受影响，仍用现在的模型包。"
    )
