"""From the cells of a row to a case: each field read in its own way, codes checked."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as AnyMapping
from datetime import date, datetime, timedelta
from hashlib import blake2b

from pydantic import ValidationError

from zaojie_cases import codes
from zaojie_cases.codes.crosswalks import CODE_SEPARATOR, bare_code
from zaojie_cases.importing.faults import CUT, EMPTY, FUTURE, Faults
from zaojie_cases.importing.masker import Masker
from zaojie_cases.importing.narrative import join_texts, shorten
from zaojie_cases.importing.unknown import CODED, shown
from zaojie_cases.mapping import NARRATIVE, Mapping, Source
from zaojie_cases.mapping.source import FILLED, code_keys
from zaojie_cases.masking import mask
from zaojie_cases.readers import Cells
from zaojie_cases.record import MAX_NARRATIVE, Case
from zaojie_cases.values import (
    UNKNOWN_MOMENT,
    CellError,
    as_code,
    as_list,
    parse_count,
    parse_date,
    parse_flag,
    parse_moment,
    parse_number,
)

CLOCK_SKEW = timedelta(days=1)
"""How far in the future a date of the past may lie: clocks and time zones differ."""

_LONGEST_NUMBER = 200
"""Characters; no source has longer numbers, and an index of PostgreSQL takes no long text."""

_REASONS = {
    "greater_than_equal": "小于允许的最小值",
    "less_than_equal": "大于允许的最大值",
    "string_too_long": "过长",
    "literal_error": "不是规定的取值",
    "string_pattern_mismatch": "格式不对",
}


def stable_id(prefix: str, *parts: str) -> str:
    """Return an id that is always the same for the same parts: prefix and 16 hex digits."""
    return prefix + blake2b("\x1f".join(parts).encode(), digest_size=8).hexdigest()


def case_id_of(source_system: str, source_case_no: str) -> str:
    """Return the id of the case that a source registered under a number."""
    return stable_id("c", source_system, source_case_no)


def is_empty(value: object) -> bool:
    """Tell whether a cell holds nothing, or a mark that stands for nothing."""
    return not value if isinstance(value, (list, tuple, dict)) else as_code(value) == ""


def pick(source: Source, cells: Cells) -> object:
    """Return the value that ``source`` takes from a row, translated; None for none."""
    for way in source.chain():
        if _applies(way.when, cells):
            value = _value_of(way, cells)
            if not is_empty(value):
                return value
    return None


def _applies(when: AnyMapping[str, tuple[str, ...]], cells: Cells) -> bool:
    """Tell whether the row has, in every column of ``when``, one of the wanted values."""
    for column, wanted in when.items():
        if is_empty(cells.get(column)):
            return False
        if FILLED not in wanted and bare_code(as_code(cells[column])) not in wanted:
            return False
    return True


def _value_of(source: Source, cells: Cells) -> object:
    """Return the value in the columns of ``source``, without asking ``otherwise``."""
    first, *more = source.columns or ("",)
    value = join_texts(source, cells) if more else cells.get(first)
    if is_empty(value):
        return source.default
    if source.digest:
        return stable_id("n", *(as_code(cells.get(column)) for column in source.columns))
    if source.codes:
        return _translated(source, cells)
    if source.unit and as_code(value)[-1].isdecimal():
        return as_code(value) + source.unit
    return value


def _translated(source: Source, cells: Cells) -> object:
    """Return our code for theirs; of several columns the finest level that is in the list."""
    parts = [code for column in source.columns if (code := as_code(cells.get(column)))]
    for key in code_keys(parts):
        if key in source.codes:
            return source.codes[key]
    if source.on_unknown == "reject":
        raise CellError("代码不在映射的对照表中")
    if source.on_unknown == "keep":
        # A number stays one: spreadsheets make 101 of 0101, and that is mended later.
        single = len(source.columns) == 1
        return cells.get(source.columns[0]) if single else CODE_SEPARATOR.join(parts)
    return source.default if source.on_unknown == "default" else None


def not_future(moment: datetime, now: datetime) -> datetime:
    """Return ``moment``; raise ``CellError`` if it has not come yet."""
    if moment > now + CLOCK_SKEW:
        raise CellError(FUTURE)
    return moment


class CaseReader:
    """Reads cases as ``mapping`` says; ``now`` is the moment after which dates are future."""

    def __init__(self, mapping: Mapping, now: datetime) -> None:
        self._mapping = mapping
        self._now = now
        self._lists = {
            name: source.model_copy(update={"on_unknown": "reject", "default": None})
            for name, source in mapping.fields.items()
            if source.columns and (name in CODED or source.on_unknown in {"empty", "default"})
        }
        """Fields that take codes of a list, as sources that report what is not in it."""
        self._parsers: dict[str, Callable[[object, Source], object]] = {
            "source_case_no": lambda value, _: _number(value),
            "registered_at": self._past,
            "accepted_at": self._past,
            "occurred_on": self._past_day,
            "due_on": lambda value, source: parse_date(value, source.formats),
            "source_code": lambda value, _: codes.check_source(_padded(value)),
            "channel_code": lambda value, _: codes.check_channel(_padded(value)),
            "region_code": lambda value, _: codes.check_region(as_code(value)),
            "other_region_codes": lambda value, _: tuple(map(codes.check_region, as_list(value))),
            "category_code": lambda value, _: codes.check_category(_padded(value)),
            "scale_code": lambda value, _: codes.check_scale(_padded(value)),
            "judicial_type": lambda value, _: codes.check_judicial_type(as_code(value)),
            "involved_count": lambda value, _: parse_count(value),
            "prior_reports": lambda value, _: parse_count(value),
            "amount_yuan": lambda value, _: parse_number(value),
            "is_minor_involved": lambda value, _: parse_flag(value),
            "scoring_opt_out": lambda value, _: parse_flag(value),
            "prior_case_ids": self._priors,
            "service_needs": lambda value, _: as_list(value),
            "place_key": lambda value, _: _impersonal(as_code(value)),
            "org_kind": lambda value, _: _impersonal(as_code(value)),
        }

    def read(self, cells: Cells, faults: Faults, masker: Masker) -> Case | None:
        """Return the case of a row, or None if a required field is at fault.

        A fault of another field leaves that field empty; all faults are noted.
        """
        values = self._fields(cells, faults)
        narrative = self._narrative(cells, faults, masker)
        number = values.get("source_case_no")
        if number is None and not faults.has("source_case_no"):
            faults.add("source_case_no", f"编号{EMPTY}")
        if "registered_at" not in values:
            if self._mapping.dated and not faults.has("registered_at"):
                faults.add("registered_at", f"登记时间{EMPTY}")
            values["registered_at"] = None if self._mapping.dated else UNKNOWN_MOMENT
        if number is None or not narrative or values["registered_at"] is None:
            return None
        system = self._mapping.source_system
        form = "segmented" if self._mapping.fields[NARRATIVE].segmented else "plain"
        return _validated(
            values
            | {
                "case_id": case_id_of(system, str(number)),
                "source_system": system,
                "narrative_masked": narrative,
                "narrative_form": form,
            },
            faults,
        )

    def _fields(self, cells: Cells, faults: Faults) -> dict[str, object]:
        values: dict[str, object] = {}
        for name, source in self._mapping.fields.items():
            if name == NARRATIVE:
                continue
            with faults.at(name):
                raw = pick(source, cells)
                if not is_empty(raw):
                    parse = self._parsers.get(name)
                    values[name] = parse(raw, source) if parse else as_code(raw)
            if name in self._lists and (faults.has(name) or self._is_unknown(name, cells)):
                code = "/".join(filter(None, (shown(cells.get(c)) for c in source.columns)))
                faults.unknown.append((name, code or "（另一列的值）"))
        self._complete(values, faults)
        return values

    def _is_unknown(self, name: str, cells: Cells) -> bool:
        """Tell whether a code that the mapping passes over in silence is in no list."""
        if self._mapping.fields[name].on_unknown not in {"empty", "default"}:
            return False
        try:
            pick(self._lists[name], cells)
        except CellError:
            return True
        return False

    def _complete(self, values: dict[str, object], faults: Faults) -> None:
        """Check the grid against the region, and add what follows from other fields."""
        grid, region = values.pop("grid_code", None), values.get("region_code")
        if grid is not None:
            with faults.at("grid_code"):
                values["grid_code"] = codes.check_grid(str(grid), str(region) if region else None)
                if not faults.has("region_code"):
                    values.setdefault("region_code", str(grid)[: codes.REGION_DIGITS])
        crosswalks = {s.crosswalk_version for n, s in self._mapping.fields.items() if n in values}
        if crosswalks := crosswalks - {""}:
            values.setdefault("crosswalk_version", "+".join(sorted(crosswalks)))
        elif "judicial_type" in values:
            values.setdefault("crosswalk_version", codes.crosswalk_version())

    def _narrative(self, cells: Cells, faults: Faults, masker: Masker) -> str:
        whole = ""
        with faults.at(NARRATIVE):
            whole = join_texts(self._mapping.fields[NARRATIVE], cells)
            if not whole:
                raise CellError(f"内容{EMPTY}")
        text = shorten(whole)
        if len(text) < len(whole):
            faults.add(NARRATIVE, f"超过 {MAX_NARRATIVE} 字，已导入，{CUT}")
        return masker.narrative(text)

    def _priors(self, value: object, _: Source) -> tuple[str, ...]:
        """Return our ids for the numbers that the source gives its earlier registrations."""
        return tuple(case_id_of(self._mapping.source_system, number) for number in as_list(value))

    def _past(self, value: object, source: Source) -> datetime:
        return not_future(parse_moment(value, source.formats), self._now)

    def _past_day(self, value: object, source: Source) -> date:
        return self._past(value, source).date()


def _number(value: object) -> str:
    number = as_code(value)
    if len(number) > _LONGEST_NUMBER:
        raise CellError(f"超过 {_LONGEST_NUMBER} 字，不像编号，请核对这一列是不是编号")
    return number


def _padded(value: object) -> str:
    """Return a code of two-digit parts; spreadsheets turn 0101 into the number 101."""
    code = as_code(value)
    return "0" + code if isinstance(value, (int, float)) and len(code) % 2 else code


def _impersonal(text: str) -> str:
    if mask(text).spans:
        raise CellError("像是含有个人信息，不能放在这一项")
    return text


def _validated(values: dict[str, object], faults: Faults) -> Case:
    """Return the case; a field outside its bounds is left empty and noted."""
    try:
        return Case.model_validate(values)
    except ValidationError as error:
        kept = dict(values)
        for found in error.errors():
            name = str(found["loc"][0])
            faults.add(name, _REASONS.get(found["type"], "不合规定"))
            kept.pop(name, None)
    return Case.model_validate(kept)
