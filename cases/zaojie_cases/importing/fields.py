"""From the cells of a row to a case: each field read in its own way, codes checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from hashlib import blake2b

from pydantic import ValidationError

from zaojie_cases import codes
from zaojie_cases.importing.faults import Faults
from zaojie_cases.importing.narrative import join_texts, masked_narrative, shorten
from zaojie_cases.mapping import NARRATIVE, Mapping, Source
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
    first, *more = source.columns or ("",)
    value = join_texts(source, cells) if more else cells.get(first)
    if is_empty(value):
        return source.default
    if not source.translate:
        return value
    code = as_code(value)
    if code in source.translate:
        return source.translate[code]
    if source.on_unknown == "reject":
        raise CellError("代码不在映射的 translate 表中")
    return {"empty": None, "keep": code, "default": source.default}[source.on_unknown]


def not_future(moment: datetime, now: datetime) -> datetime:
    """Return ``moment``; raise ``CellError`` if it has not come yet."""
    if moment > now + CLOCK_SKEW:
        raise CellError("日期在未来，请核对")
    return moment


class CaseReader:
    """Reads cases as ``mapping`` says; ``now`` is the moment after which dates are future."""

    def __init__(self, mapping: Mapping, now: datetime) -> None:
        self._mapping = mapping
        self._now = now
        self._parsers: dict[str, Callable[[object, Source], object]] = {
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

    def read(self, cells: Cells, faults: Faults) -> Case | None:
        """Return the case of a row, or None if a required field is at fault.

        A fault of another field leaves that field empty; all faults are noted.
        """
        values = self._fields(cells, faults)
        narrative = self._narrative(cells, faults)
        number = values.get("source_case_no")
        if number is None and not faults.has("source_case_no"):
            faults.add("source_case_no", "编号是空的")
        if "registered_at" not in values:
            if self._mapping.dated and not faults.has("registered_at"):
                faults.add("registered_at", "登记时间是空的")
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
        self._complete(values, faults)
        return values

    def _complete(self, values: dict[str, object], faults: Faults) -> None:
        """Check the grid against the region, and add what follows from other fields."""
        grid, region = values.pop("grid_code", None), values.get("region_code")
        if grid is not None:
            with faults.at("grid_code"):
                values["grid_code"] = codes.check_grid(str(grid), str(region) if region else None)
                if not faults.has("region_code"):
                    values.setdefault("region_code", str(grid)[: codes.REGION_DIGITS])
        if "judicial_type" in values:
            values.setdefault("crosswalk_version", codes.crosswalk_version())

    def _narrative(self, cells: Cells, faults: Faults) -> str:
        whole = ""
        with faults.at(NARRATIVE):
            whole = join_texts(self._mapping.fields[NARRATIVE], cells)
            if not whole:
                raise CellError("内容是空的")
        text = shorten(whole)
        if len(text) < len(whole):
            faults.add(NARRATIVE, f"超过 {MAX_NARRATIVE} 字，已导入，只保留前面部分")
        return masked_narrative(text)

    def _priors(self, value: object, _: Source) -> tuple[str, ...]:
        """Return our ids for the numbers that the source gives its earlier registrations."""
        return tuple(case_id_of(self._mapping.source_system, number) for number in as_list(value))

    def _past(self, value: object, source: Source) -> datetime:
        return not_future(parse_moment(value, source.formats), self._now)

    def _past_day(self, value: object, source: Source) -> date:
        return self._past(value, source).date()


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
