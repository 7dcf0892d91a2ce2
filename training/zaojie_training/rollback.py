"""The way back: champion and previous change places, by one named person, at once.

The bundle before lies signed in the serving store, and services keep it in memory; it was
verified in full when it went up. So only its signature and hashes are checked, and the pointer
moves. MLflow is told afterwards (:func:`~zaojie_training.publish.follow`): loading it takes
seconds, and a tracking server that is down keeps nobody from going back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zaojie_cases.settings import Settings
from zaojie_training.errors import RegistryError
from zaojie_training.journal import Journal, Release, Step
from zaojie_training.people import named, reasoned
from zaojie_training.publish import check_whole, set_pointers


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What serves now, what served before, and the step as the record has it."""

    champion: Release
    replaced: Release
    step: Step


def rollback(settings: Settings, *, by: str, reason: str, now: datetime) -> RolledBack:
    """Let the release before serve again; once more, and it is undone.

    Raises ``RegistryError`` without a release before, a name or a reason; ``BundleError`` if
    its bundle cannot be trusted. Then nothing changes.
    """
    who, why = named(by), reasoned(reason)
    journal = Journal(settings.bundles)
    with journal.exclusive():
        standing = journal.standing()
        if standing.champion is None or standing.previous is None:
            raise RegistryError("没有上一版可以退回：至少要先后发布过两个不同的模型包。")
        check_whole(settings, standing.previous)
        step = Step(
            at=now,
            what="rollback",
            by=(who,),
            why=why,
            release=standing.previous,
            replaced=standing.champion,
        )
        journal.append(step)
        set_pointers(settings, standing.after(step))
    return RolledBack(standing.previous, standing.champion, step)
