"""From a model's numbers to the answer for one target."""

from __future__ import annotations

import numpy as np

from zaojie_cases.snapshot import Snapshot
from zaojie_features.text import TextSpace
from zaojie_models.calibration import softmax
from zaojie_models.levels import level_of
from zaojie_models.reasons import binary_reasons, linear_reasons, with_places
from zaojie_models.score import Reason, TargetScore
from zaojie_models.target_model import AnyOfModel, BinaryModel, Inputs, OneOfModel


def answer_binary(
    name: str, model: BinaryModel, inputs: Inputs, space: TextSpace, told: Snapshot | None
) -> TargetScore:
    """Return the calibrated probability, its level and, for ``told``, the reasons."""
    row = model.row(inputs)
    probability = model.calibration.probability(float(model.raw(row[None, :])[0]))
    reasons: tuple[Reason, ...] = ()
    if told is not None:
        contributions = model.column_contributions(row[None, :])[0]
        found = binary_reasons(model, row.tolist(), contributions.tolist(), inputs.text, space)
        reasons = with_places(found, told.case.narrative_masked, told.case.narrative_form)
    return TargetScore(
        target=name,
        kind="binary",
        probability=probability,
        level=level_of(probability, model.thresholds),
        reasons=reasons,
    )


def answer_one_of(
    name: str, model: OneOfModel, inputs: Inputs, space: TextSpace, told: Snapshot | None
) -> TargetScore:
    """Return the likeliest class and its probability."""
    decisions = model.head.decisions(inputs.text)
    shares = softmax([model.scale * float(d) for d in decisions])
    best = int(np.argmax(decisions))
    reasons: tuple[Reason, ...] = ()
    if told is not None:
        found = linear_reasons(model.head, best, model.scale, inputs.text, space)
        reasons = with_places(found, told.case.narrative_masked, told.case.narrative_form)
    return TargetScore(
        target=name,
        kind="one_of",
        probability=shares[best],
        label=model.classes[best],
        probabilities=tuple(zip(model.classes, shares, strict=True)),
        reasons=reasons,
    )


def answer_any_of(name: str, model: AnyOfModel, inputs: Inputs) -> TargetScore:
    """Return the labels whose probability reaches their threshold."""
    decisions = model.head.decisions(inputs.text)
    shares = [
        calibration.probability(float(d))
        for calibration, d in zip(model.calibrations, decisions, strict=True)
    ]
    labels = tuple(
        label
        for label, share, least in zip(model.classes, shares, model.thresholds, strict=True)
        if share >= least
    )
    return TargetScore(
        target=name,
        kind="any_of",
        labels=labels,
        probabilities=tuple(zip(model.classes, shares, strict=True)),
    )
