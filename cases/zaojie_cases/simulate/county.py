"""Writing the simulated county: the data file; the oracle and the truth beside it, never in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from math import inf
from pathlib import Path

import numpy as np

from zaojie_cases.decisions import Decision, decisions_of
from zaojie_cases.errors import InputError
from zaojie_cases.simulate.draw import stream
from zaojie_cases.simulate.files import Row, Sink, beside, check_name, writing
from zaojie_cases.simulate.oracle import Track, chances
from zaojie_cases.simulate.presets import Preset, load_preset
from zaojie_cases.simulate.registrations import Fate, Registration, Registrations
from zaojie_cases.simulate.rows import Written, row_of, text_of
from zaojie_cases.simulate.sightings import Sightings
from zaojie_cases.simulate.timeline import Happening

_BLOCK = 500
_DAY = 86_400.0
Pair = tuple[Registration, Written]


def oracle_path(path: Path) -> Path:
    """Return where the oracle of the county file ``path`` lies: NAME.oracle.jsonl[.gz]."""
    return beside(path, "oracle")


def truth_path(path: Path) -> Path:
    """Return where the truth about the texts of ``path`` lies: NAME.truth.jsonl[.gz]."""
    return beside(path, "truth")


def write_county(
    path: Path,
    *,
    cases: int,
    seed: int,
    preset: Preset | None = None,
    sightings: float = 0.0,
    oracle: bool = True,
    truth: bool = False,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write a simulated county, one registration a row, until its export.

    Beside it goes the ``oracle`` (see :func:`oracle_path`): a line for each decision on each
    scored registration (see :mod:`zaojie_cases.decisions`) with the true probability of each
    target, given what is stated, the stage reached, the days passed and how busy the committee
    is; null where the target has come about or no longer can. With ``truth`` also what each
    text says of which cue and where (see :func:`truth_path`). The same arguments give the same
    bytes. ``progress`` is told the number of rows written so far. Nothing is left behind when
    it is stopped half-way.

    With ``sightings``, such a share of the scored registrations is followed by one that
    another office makes of the same dispute, or that only looks like it (see
    :mod:`zaojie_cases.simulate.sightings`), and the oracle has at least one line for every
    registration and names its dispute.

    Raises ``InputError`` for arguments that make no county, ``StoreError`` when the file
    cannot be written, ``MissingExtraError`` for Parquet without pyarrow.
    """
    preset = preset or load_preset("default")
    _check(path, cases, seed, sightings)
    written, told = 0, Sightings(sightings, seed, preset) if sightings else None
    with ExitStack() as opened:
        files = _Files(
            oracle=opened.enter_context(writing(oracle_path(path))) if oracle else None,
            truth=opened.enter_context(writing(truth_path(path))) if truth else None,
            data=opened.enter_context(writing(path)),
        )
        for block in _blocks(Registrations(cases, seed, preset), seed, preset):
            _write_block(files, block, preset, told)
            written += len(block)
            if progress is not None:
                progress(written)
        if told is not None:
            _write_seen(files, told.rest(), {})


@dataclass(frozen=True, slots=True)
class _Files:
    """The data, and what goes beside it where it is asked for."""

    data: Sink
    oracle: Sink | None
    truth: Sink | None


def _write_block(files: _Files, block: list[Pair], preset: Preset, told: Sightings | None) -> None:
    if files.truth is not None:
        files.truth.write(_truth_of(*pair) for pair in block)
    lines = list(_oracle_lines(block, preset)) if files.oracle is not None else []
    if told is not None:
        rows = ((found, line.row) for found, line in block)
        _write_seen(files, told.among(rows), _by_case(lines))
        return
    files.data.write(line.row for _, line in block)
    if files.oracle is not None:
        files.oracle.write(lines)


def _check(path: Path, cases: int, seed: int, sightings: float) -> None:
    check_name(path)
    if cases < 1:
        raise InputError("案件数至少为 1，请改大。", field="cases")
    if seed < 0:
        raise InputError("随机种子不能为负数，请换成 0 或更大的整数。", field="seed")
    if not 0.0 <= sightings <= 1.0:
        raise InputError("重复登记的比例应在 0 到 1 之间，请改正。", field="sightings")


def _blocks(found: Iterable[Registration], seed: int, preset: Preset) -> Iterator[list[Pair]]:
    """Yield the registrations with their rows; each row has its own random stream."""
    registrations = iter(found)
    while block := list(islice(registrations, _BLOCK)):
        yield [(one, row_of(stream(seed, one.number), one, preset)) for one in block]


def _by_case(lines: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for line in lines:
        found.setdefault(line["case_no"], []).append(line)
    return found


def _write_seen(
    files: _Files, seen: Iterable[tuple[Row, str]], lines: Mapping[str, list[Row]]
) -> None:
    """Write rows, and beside them which dispute each belongs to."""
    for row, dispute in seen:
        files.data.write([row])
        if files.oracle is not None:
            number = row["case_no"]
            own = lines.get(number) or [{"case_no": number, "simulated": True}]
            files.oracle.write(line | {"dispute": dispute} for line in own)


def _oracle_lines(block: list[Pair], preset: Preset) -> Iterator[Row]:
    tracks: list[Track] = []
    asked: list[tuple[int, float, str, Decision]] = []
    for found, line in block:
        if found.fate is None:
            continue
        for decision in _decisions(found, line.events, preset):
            elapsed = (decision.as_of - found.moment).total_seconds() / _DAY
            asked.append((len(tracks), elapsed, found.number, decision))
        tracks.append(track_of(found, found.fate))
    whose = np.array([index for index, *_ in asked], dtype=np.int64)
    elapsed_days = np.array([elapsed for _, elapsed, *_ in asked])
    true = chances(tracks, whose, elapsed_days) if tracks else {}
    listed = {target: values.round(6).tolist() for target, values in true.items()}
    for order, (_, _, number, decision) in enumerate(asked):
        yield {
            "case_no": number,
            "simulated": True,
            "cohort": decision.cohort.value,
            "as_of": text_of(decision.as_of),
            **{target: _or_none(values[order]) for target, values in listed.items()},
        }


def _or_none(chance: float) -> float | None:
    return None if np.isnan(chance) else chance


def _decisions(found: Registration, events: list[Happening], preset: Preset) -> list[Decision]:
    """Return the moments at which the registration is decided on, as its row shows them."""
    return decisions_of(found.moment, events, until=preset.exported_at)


def track_of(found: Registration, fate: Fate) -> Track:
    """Return what the oracle may know of a registration, each thing from when it was."""
    start = found.moment

    def after(moment: datetime | None) -> float:
        return inf if moment is None else (moment - start).total_seconds() / _DAY

    return Track(
        rates=fate.rates,
        hour=start.hour + start.minute / 60 + start.second / 3600,
        contact=after(fate.steps.contact),
        session=after(fate.steps.session),
        end=after(fate.steps.end),
        breach=after(fate.steps.breach),
        failed=fate.course.failed,
        harm=after(fate.harm[1] if fate.harm else None),
        again=after(fate.again),
        visit=fate.course.visit,
    )


def _truth_of(found: Registration, line: Written) -> Row:
    facts = found.facts
    return {
        "case_no": found.number,
        "simulated": True,
        "voice": found.voice,
        "cues": [
            {"cue": cue, "scope": scope.value, "start": start, "end": end}
            for (cue, scope), start, end in line.spans
        ],
        "facts": {
            "group": facts.group,
            "relation": facts.relation,
            "amount_yuan": facts.amount_yuan,
            "involved": facts.involved,
            "prior_reports": facts.prior_reports,
            "days_since_last": facts.days_since_last,
            "new_kind": facts.new_kind,
        },
        "traits": list(found.dispute.traits),
    }
