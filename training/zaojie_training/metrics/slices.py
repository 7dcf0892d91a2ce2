"""The same figures for every part of the cases: a region, a channel, a season, a cohort."""

from __future__ import annotations

from collections.abc import Mapping

from zaojie_training.metrics.bootstrap import QUICK, Sampling, intervals
from zaojie_training.metrics.results import Estimate, Labels, Result, codes_of
from zaojie_training.metrics.rows import ENOUGH, Least, Scored
from zaojie_training.metrics.weighted import headline


class Slice(Result):
    """The rows with one value of one key, and their figures; none where they are too few.

    ``positive_disputes`` counts disputes with a positive row: what "too few" goes by.
    """

    key: str
    value: str
    rows: int
    positives: int
    positive_disputes: int
    too_few: bool
    figures: dict[str, Estimate]


def slices(
    keys: Mapping[str, Labels],
    scored: Scored,
    *,
    least: Least = ENOUGH,
    sampling: Sampling = QUICK,
) -> list[Slice]:
    """Return a slice for each value of each of ``keys`` (name -> one label a row), in order.

    Figures are those of ``weighted.headline`` with intervals over disputes. A slice below
    ``least`` has none: "too few" is its result.
    """
    found = []
    for key, labels in keys.items():
        values, codes = codes_of(labels)
        for code, value in enumerate(values.tolist()):
            part = scored.take(codes == code)
            enough = least.reached(part)
            figures = intervals(headline(part), part.groups, sampling) if enough else {}
            found.append(
                Slice(
                    key=key,
                    value=str(value),
                    rows=len(part),
                    positives=int(part.y.sum()),
                    positive_disputes=part.positive_disputes,
                    too_few=not enough,
                    figures=figures,
                )
            )
    return found
