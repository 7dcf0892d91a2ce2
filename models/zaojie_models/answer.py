"""From a model's numbers to the answer for one target."""

from __future__ import annotations

import numpy as np

from zaojie_features.text import TextSpace
from zaojie_models.calibration import softmax
from zaojie_models.levels import level_of
from zaojie_models.reasons import binary_reasons, linear_reasons
from zaojie_models.score import Reason, TargetScore
from zaojie_models.target_model import AnyOfModel, BinaryModel, Inputs, OneOfModel


def answer_binary(
    name: str, model: BinaryModel, inputs: Inputs, space: TextSpace, reasons: bool
) -> TargetScore:
    """Return the calibrated probability, its level and, where asked, the reasons."""
    row = model.row(inputs)
    probability = model.calibration.probability(float(model.raw(row[None, :])[0]))
    found: tuple[Reason, ...] = ()
    if reasons:
        contributions = model.column_contributions(row[None, :])[0]
        found = binary_reasons(model, row.tolist(), contributions.tolist(), inputs.text, space)
    return TargetScore(
        target=name,
        kind="binary",
        probability=probability,
        level=level_of(probability, model.thresholds),
        reasons=found,
    )


def answer_one_of(
    name: str, model: OneOfModel, inputs: Inputs, space: TextSpace, reasons: bool
) -> TargetScore:
    """Return the likeliest class and its probability."""
    decisions = model.head.decisions(inputs.text)
    shares = softmax([model.scale * float(d) for d in decisions])
    best = int(np.argmax(decisions))
    found: tuple[Reason, ...] = ()
    if reasons:
        found = linear_reasons(model.head, best, model.scale, inputs.text, space)
    return TargetScore(
        target=name,
        kind="one_of",
        probability=shares[best],
        label=model.classes[best],
        probabilities=tuple(zip(model.classes, shares, strict=True)),
        reasons=found,
    )


def answer_any_of(name: str, model: AnyOfModel, inputs: Inputs) -> TargetScore:
    """Return the labels whose probability reaches their threshold."""
    shares = model.shares(inputs)
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
