"""Where one value of a record comes from: the columns of a row, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    computed_field,
    model_validator,
)

from zaojie_cases.codes.crosswalks import (
    CODE_SEPARATOR,
    bare_code,
    code_list,
    crosswalk_label,
)
from zaojie_cases.errors import CodeError
from zaojie_cases.values import to_half_width

FILLED = "*"
"""In ``when``: any value, but not an empty cell."""


class Part(BaseModel):
    """Base of the parts of a mapping: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_HINT = re.compile(
    r"[(\[【〔<{]\s*(?:元|人|户|件|次|天|日|小时|必填|选填|必录|非必填|单位.{0,4}|\d*位.{0,4}|格式.*?"
    r"|[ymdhs\d\-/.:_ ]{4,}|年月日.{0,4})\s*[)\]】〕>}]"
)
"""Brackets that say how to fill a column in. Others tell columns apart: （万元）, （甲）."""
_MARKS = re.compile(r"[\W_]+")


def bare_header(name: str) -> str:
    """Return what counts of a column name: no blanks, marks, width, hints in brackets.

    编号 at its end counts as 号, and 日期 as 时间.
    """
    half = to_half_width(name).lower()
    # A name that is nothing but a hint, as （元）, keeps it.
    plain = _MARKS.sub("", _HINT.sub("", half)) or _MARKS.sub("", half)
    return re.sub("编号$", "号", re.sub("日期$", "时间", plain)) or name


def as_words(value: object) -> object:
    """Return a single word as a list of one."""
    return [value] if isinstance(value, str) else value


def _bare_words(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(bare_code, words))


def _bare_keys(codes: dict[str, str]) -> dict[str, str]:
    return {bare_code(key): value for key, value in codes.items()}


Wanted = Annotated[tuple[str, ...], BeforeValidator(as_words), AfterValidator(_bare_words)]
"""Values that a cell may have, compared without blanks and width of characters."""


class Source(Part):
    """Where a value comes from: columns, and how they are read. A bare name is one column."""

    columns: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    join: str = "。"
    """Stands between joined columns; not after a part that already ends a sentence."""
    segmented: bool = False
    """The narrative is words parted by spaces."""
    translate: Annotated[dict[str, str], AfterValidator(_bare_keys)] = {}
    """Code of the source -> ours. Several columns are looked up as ``甲/乙``, then as ``甲``."""
    crosswalk: str = ""
    """Instead of ``translate``: a list of a crosswalk, as ``hotline_12345.category``."""
    on_unknown: Literal["reject", "empty", "keep", "default"] = "reject"
    """A code that ``translate`` lacks: reported and left empty, left empty, kept, default."""
    default: str | None = None
    """The value of an empty cell; without columns, of every row."""
    formats: tuple[str, ...] = ()
    """Date formats (``strptime``) tried before the built-in ones."""
    required: bool = True
    """``false``: ``registered_at`` may be empty or missing (then it is unknown)."""
    unit: str = ""
    """Stands behind a bare number, as 万元 in a column whose header says the unit."""
    digest: bool = False
    """The value is a fingerprint of the columns: a number for sources that give none."""
    when: dict[str, Wanted] = {}
    """Column -> value or values: in other rows nothing is read; ``*`` is any value."""
    otherwise: Source | None = None
    """What is read when this gives nothing."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: object) -> object:
        if isinstance(raw, str):
            return {"columns": [raw]}
        if isinstance(raw, dict):  # a dump has it, and may be read again
            raw = {key: value for key, value in raw.items() if key != "crosswalk_version"}
        if isinstance(raw, dict) and "column" in raw:
            if "columns" in raw:
                raise ValueError("column 与 columns 只能写一个")
            rest = {key: value for key, value in raw.items() if key != "column"}
            return rest | {"columns": [raw["column"]]}
        return raw

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.columns and self.default is None:
            raise ValueError("要写 column（或 columns），或者写 default")
        if self.on_unknown == "default" and self.default is None:
            raise ValueError("on_unknown: default 需要同时写 default")
        if self.crosswalk and self.translate:
            raise ValueError("translate 与 crosswalk 只能写一个")
        if self.crosswalk:
            try:
                code_list(self.crosswalk)
            except CodeError as error:
                raise ValueError(error.message) from None
        return self

    @property
    def codes(self) -> Mapping[str, str]:
        """Code of the source -> ours; empty if the value is taken as it is."""
        return code_list(self.crosswalk) if self.crosswalk else self.translate

    @computed_field  # type: ignore[prop-decorator]
    @property
    def crosswalk_version(self) -> str:
        """Name and version of the crosswalk, as ``hotline_12345/1``; "" without one.

        Part of what a mapping dumps: a file is read again when the crosswalk has changed.
        """
        return crosswalk_label(self.crosswalk) if self.crosswalk else ""

    def chain(self) -> Iterator[Source]:
        """Yield this source and those that are read when it gives nothing."""
        source: Source | None = self
        while source is not None:
            yield source
            source = source.otherwise

    def all_columns(self) -> frozenset[str]:
        """Every column that may be looked at."""
        return frozenset(c for source in self.chain() for c in (*source.columns, *source.when))

    def needed_columns(self) -> frozenset[str]:
        """Columns without which nothing can be read, whichever way is taken."""
        return frozenset.intersection(*(frozenset(s.columns) for s in self.chain()))

    def fitted(self, names: Mapping[str, str], present: frozenset[str] | None) -> Source:
        """Return the source with its columns renamed, without ways that the file cannot go.

        ``present``: all columns of the file; None while they are not known, so that every
        way may be open.
        """
        ways = [
            way.model_copy(
                update={
                    "columns": tuple(names.get(c, c) for c in way.columns),
                    "when": {names.get(c, c): wanted for c, wanted in way.when.items()},
                }
            )
            for way in self.chain()
        ]
        open_ways = [w for w in ways if present is None or present.issuperset(w.columns)] or ways
        linked: Source | None = None
        for way in reversed(open_ways):
            linked = way.model_copy(update={"otherwise": linked})
        return linked or self


def code_keys(parts: list[str]) -> Iterator[str]:
    """Yield the keys under which the codes of several columns are looked up, finest first."""
    bare = [bare_code(part) for part in parts]
    for length in range(len(bare), 0, -1):
        yield CODE_SEPARATOR.join(bare[:length])
