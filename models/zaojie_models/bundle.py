"""The risk bundle: everything that turns snapshots into scores, read as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from lightgbm.basic import LightGBMError

from zaojie_cases.codes import is_scored, route_of
from zaojie_cases.errors import BundleError, ConfigError
from zaojie_cases.history import HistoryEntry
from zaojie_cases.snapshot import Snapshot
from zaojie_features.cues import find_cues, red_rules
from zaojie_features.facts import facts_of
from zaojie_features.text import TextSpace, count_terms
from zaojie_models.answer import answer_any_of, answer_binary, answer_one_of
from zaojie_models.bundle_files import read_model, read_space
from zaojie_models.ledger import LEDGER, read_ledger
from zaojie_models.levels import highest
from zaojie_models.manifest import Manifest, read_manifest
from zaojie_models.quality import quality_notes, unusable
from zaojie_models.reasons import with_places
from zaojie_models.score import Level, RuleHit, Score, TargetScore
from zaojie_models.signing import check_signature
from zaojie_models.snapshot_hash import snapshot_hash
from zaojie_models.target_model import BinaryModel, Inputs, OneOfModel, TargetModel


@dataclass(frozen=True, slots=True)
class Bundle:
    """Models of one or more targets over one text space. Safe to share between threads."""

    manifest: Manifest
    space: TextSpace
    models: dict[str, TargetModel]
    ledger: tuple[HistoryEntry, ...] = ()
    """History of the training data, for scoring files; a live service brings its own."""

    @classmethod
    def load(cls, directory: Path, *, trusted: Path | None = None) -> Bundle:
        """Read and verify the bundle in ``directory``.

        With ``trusted`` (a folder of public keys) it must also be signed by one of them.
        Raises ``BundleError`` with a sentence that says what to do.
        """
        manifest = read_manifest(directory)
        if trusted is not None:
            check_signature(directory, trusted)
        try:
            return cls(
                manifest=manifest,
                space=read_space(directory),
                models={name: read_model(directory, name) for name in manifest.targets},
                ledger=read_ledger(directory) if LEDGER in manifest.files else (),
            )
        except (OSError, ValueError, LookupError, TypeError, LightGBMError, ConfigError) as error:
            raise BundleError(
                "模型包的内容与格式不符。请用当前版本重新训练（zaojie fit 或 zaojie train）。"
            ) from error

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits derived from the content."""
        return self.manifest.version

    @property
    def target_names(self) -> tuple[str, ...]:
        """The targets that the bundle scores."""
        return self.manifest.targets

    def score(self, snapshots: Sequence[Snapshot], *, reasons: bool = True) -> list[Score]:
        """Return one score for each snapshot, in order.

        The answer for a snapshot does not depend on the others in the call.
        """
        return [self._score_one(snapshot, reasons) for snapshot in snapshots]

    def inputs_of(self, snapshot: Snapshot) -> Inputs:
        """Return what the models look at."""
        case = snapshot.case
        counts = count_terms(case.narrative_masked, case.narrative_form)
        return Inputs(self.space.row(counts), facts_of(snapshot), case.place)

    def _score_one(self, snapshot: Snapshot, reasons: bool) -> Score:
        refused = _out_of_scope(snapshot) or unusable(snapshot)
        rules = () if _out_of_scope(snapshot) else _rules(snapshot)
        targets = () if refused else self._targets(snapshot, reasons)
        return Score(
            case_id=snapshot.case.case_id,
            as_of=snapshot.as_of,
            valid_until=snapshot.as_of + timedelta(hours=self.manifest.valid_for_hours),
            level=highest([Level.RED if rules else Level.NONE, *(t.level for t in targets)]),
            targets=targets,
            rule_hits=rules,
            bundle_version=self.version,
            policy_version=self.manifest.policy_version,
            snapshot_hash=snapshot_hash(snapshot),
            quality_notes=quality_notes(snapshot),
            unscored_reason=refused,
        )

    def _targets(self, snapshot: Snapshot, reasons: bool) -> tuple[TargetScore, ...]:
        inputs = self.inputs_of(snapshot)
        found = [self._target(name, model, inputs, reasons) for name, model in self.models.items()]
        case = snapshot.case
        return tuple(with_places(found, case.narrative_masked, case.narrative_form))

    def _target(self, name: str, model: TargetModel, inputs: Inputs, reasons: bool) -> TargetScore:
        if isinstance(model, BinaryModel):
            return answer_binary(name, model, inputs, self.space, reasons)
        if isinstance(model, OneOfModel):
            return answer_one_of(name, model, inputs, self.space, reasons)
        return answer_any_of(name, model, inputs)


def _rules(snapshot: Snapshot) -> tuple[RuleHit, ...]:
    hits = list(find_cues(snapshot.case.narrative_masked))
    return tuple(RuleHit(r.name, r.title, r.help, r.spans) for r in red_rules(hits))


def _out_of_scope(snapshot: Snapshot) -> str | None:
    case = snapshot.case
    if case.scoring_opt_out:
        return "当事人不同意自动评分：按普通时限办理。"
    if not is_scored(case.category_code):
        whom = route_of(case.category_code or "") or "有关部门"
        return f"这一类事项只转办、不评分：请转{whom}，按普通时限办理。"
    return None
