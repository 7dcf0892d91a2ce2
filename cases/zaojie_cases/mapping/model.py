"""A mapping says how the rows of one source become cases: YAML, checked in full at once.

The keys are described in ``cases/README.md``. Every scalar of the YAML is read as text, so a
code such as ``0101`` stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from zaojie_cases.errors import MappingError
from zaojie_cases.mapping.errors import explain
from zaojie_cases.mapping.source import Part, Source, Wanted, as_words, bare_header
from zaojie_cases.record import Case, EventKind

__all__ = [
    "CASE_FIELDS",
    "IDENTITY_KEYS",
    "NARRATIVE",
    "Delay",
    "EventRule",
    "Mapping",
    "OutcomeRule",
    "Repeat",
    "Source",
    "load_mapping",
    "parse_mapping",
    "shipped_mappings",
]

NARRATIVE = "narrative"
REQUIRED_FIELDS = ("source_case_no", NARRATIVE)
_NOT_MAPPED = {"case_id", "source_system", "schema_version", "narrative_masked", "narrative_form"}
CASE_FIELDS = frozenset(Case.model_fields) - _NOT_MAPPED | {NARRATIVE}
"""Fields of a case that a mapping can fill."""

IDENTITY_KEYS = frozenset(
    {"name", "id_type", "id_no", "phone", "sex", "ethnicity", "education", "category", "address"}
)
"""What a mapping can send to the vault (GB/T 31000 table 30, no. 9-16)."""


def _known(names: frozenset[str], what: str) -> AfterValidator:
    def check(found: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(found) - names)
        if unknown:
            allowed = "、".join(sorted(names))
            raise ValueError(f"没有名为 {'、'.join(unknown)} 的{what}；可用：{allowed}")
        return found

    return AfterValidator(check)


class EventRule(Part):
    """One event of a row: it exists when the cell of ``at`` is filled."""

    kind: EventKind
    at: Source
    recorded_at: Source | None = None
    """When it became known; without it, when it happened."""
    actor_role: str | None = None
    payload: dict[str, str] = Field(default_factory=dict)
    """Name in the payload -> column."""

    def columns(self) -> Iterator[str]:
        """Every column that this rule reads."""
        yield from (*self.at.all_columns(), *self.payload.values())
        yield from self.recorded_at.all_columns() if self.recorded_at else ()

    def fitted(self, names: AnyMapping[str, str], present: frozenset[str] | None) -> EventRule:
        """Return the rule for a file, see :meth:`Source.fitted`."""
        return self.model_copy(
            update={
                "at": self.at.fitted(names, present),
                "recorded_at": self.recorded_at and self.recorded_at.fitted(names, present),
                "payload": {key: names.get(c, c) for key, c in self.payload.items()},
            }
        )


class Delay(Part):
    """Yes when the time from a field of the case to a column is longer than some days."""

    start: Annotated[Literal["registered_at", "accepted_at"], Field(alias="from")] = "registered_at"
    end: Annotated[Source, Field(alias="to")]
    longer_than_days: Annotated[float, Field(gt=0)]


class Repeat(Part):
    """Yes when the same matter is registered again; computed over the file in training."""

    within_days: Annotated[float, Field(gt=0)]
    similarity: Annotated[float, Field(gt=0, le=1)]


class OutcomeRule(Part):
    """How the outcome of one target is read: from a column, a delay or a repetition."""

    code: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]
    kind: Literal["binary", "one_of", "any_of"]
    column: Source | None = None
    observed: Source | None = None
    """When the value of ``column`` became known; without it, at registration."""
    delay: Delay | None = None
    repeat: Repeat | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if sum(rule is not None for rule in (self.column, self.delay, self.repeat)) != 1:
            raise ValueError("column、delay、repeat 要写且只能写一个")
        if self.kind != "binary" and self.column is None:
            raise ValueError("delay 和 repeat 只用于 kind: binary")
        if self.observed is not None and self.column is None:
            raise ValueError("observed 只与 column 同用")
        return self

    def columns(self) -> Iterator[str]:
        """Every column that this rule reads."""
        for source in (self.column, self.observed, self.delay and self.delay.end):
            yield from source.all_columns() if source else ()

    def fitted(self, names: AnyMapping[str, str], present: frozenset[str] | None) -> OutcomeRule:
        """Return the rule for a file, see :meth:`Source.fitted`."""
        end = self.delay and self.delay.end.fitted(names, present)
        return self.model_copy(
            update={
                "column": self.column and self.column.fitted(names, present),
                "observed": self.observed and self.observed.fitted(names, present),
                "delay": self.delay and self.delay.model_copy(update={"end": end}),
            }
        )


class Mapping(Part):
    """How the rows of one source become cases, events, outcomes and parties."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str = ""
    version: Annotated[int, Field(ge=1)]
    source_system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    aliases: dict[str, Wanted] = Field(default_factory=dict)
    """Column -> other names under which exports have it, see :meth:`fitted`."""
    left_out: dict[str, str] = Field(default_factory=dict)
    """Column that is known and on purpose not read -> why."""
    filter: dict[str, Annotated[tuple[str, ...], BeforeValidator(as_words)]] = Field(
        default_factory=dict
    )
    """Column -> wanted value or values; other rows are skipped."""
    fields: Annotated[dict[str, Source], _known(CASE_FIELDS, "案件字段")]
    group: str | None = None
    """Column naming rows that must stay in one fold."""
    parties: Annotated[dict[str, tuple[str, ...]], _known(IDENTITY_KEYS, "当事人项目")] = Field(
        default_factory=dict
    )
    """Identity, to the vault only: first column applicant, second respondent, then others.

    An empty name stands for a party of whom the source does not say this.
    """
    events: tuple[EventRule, ...] = ()
    timeline: str | None = None
    """Column with a list of events: {kind, at, recorded_at, actor_role, payload}."""
    outcomes: dict[str, OutcomeRule] = Field(default_factory=dict)
    outcome_list: str | None = None
    """Column with a list of outcomes that came about: {code, observed_at, value, evidence_kind}."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        missing = [name for name in REQUIRED_FIELDS if name not in self.fields]
        if missing:
            raise ValueError(f"fields 中缺少 {'、'.join(missing)}")
        if any(not s.required for name, s in self.fields.items() if name != "registered_at"):
            raise ValueError("required: false 只用于 registered_at，其他选填项不用写")
        if any(s.codes or s.when or s.digest or s.unit for s in self.fields[NARRATIVE].chain()):
            raise ValueError("narrative 是叙述，只能写 columns、join、segmented、otherwise")
        codes = [rule.code for rule in self.outcomes.values()]
        if len(set(codes)) < len(codes):
            raise ValueError("outcomes 中有重复的 code，每个结果要有自己的代码")
        return self

    def required_columns(self) -> frozenset[str]:
        """Columns without which no row can become a case."""
        needed = [self.fields[name] for name in REQUIRED_FIELDS]
        if self.dated:
            needed.append(self.fields["registered_at"])
        return frozenset().union(*(source.needed_columns() for source in needed))

    @property
    def dated(self) -> bool:
        """Whether every case must say when it was registered."""
        registered = self.fields.get("registered_at")
        return registered is not None and registered.required

    def outcome_columns(self) -> frozenset[str]:
        """Columns that outcomes are read from."""
        found = {c for rule in self.outcomes.values() for c in rule.columns()}
        return frozenset(found.union([self.outcome_list] if self.outcome_list else ()))

    def other_columns(self) -> frozenset[str]:
        """Columns that are read if the file has them; those of outcomes alone are left out."""
        found = {c for source in self.fields.values() for c in source.all_columns()}
        found.update(self.filter, *self.parties.values(), *(e.columns() for e in self.events))
        found.update(name for name in (self.group, self.timeline) if name)
        return frozenset(found - {""} - self.required_columns() - self.outcome_columns())

    def read_columns(self) -> frozenset[str]:
        """Every column that the mapping reads."""
        return self.required_columns() | self.other_columns() | self.outcome_columns()

    def fitted(self, header: Iterable[str], *, complete: bool = True) -> Self:
        """Return the mapping for a file with these columns.

        Columns that the file calls a little otherwise (blanks, width, brackets, a name of
        ``aliases``) are renamed to the file's; ways to read a field that need a column
        which the file lacks are dropped, as long as one way is left. None are if the header
        is not ``complete``: a later row may have more.
        """
        columns = frozenset(header)
        known = self.read_columns() | self.left_out.keys()
        names = {c: found for c in known if (found := self._found(c, columns)) != c}
        present = columns if complete else None

        def name(column: str | None) -> str | None:
            return names.get(column, column) if column else None

        return self.model_copy(
            update={
                "fields": {k: s.fitted(names, present) for k, s in self.fields.items()},
                "left_out": {names.get(c, c): why for c, why in self.left_out.items()},
                "filter": {names.get(c, c): wanted for c, wanted in self.filter.items()},
                "group": name(self.group),
                "parties": {
                    key: tuple(names.get(c, c) for c in columns)
                    for key, columns in self.parties.items()
                },
                "events": tuple(rule.fitted(names, present) for rule in self.events),
                "timeline": name(self.timeline),
                "outcomes": {k: r.fitted(names, present) for k, r in self.outcomes.items()},
                "outcome_list": name(self.outcome_list),
            }
        )

    def _found(self, column: str, present: frozenset[str]) -> str:
        """Return the file's name of ``column``; ``column`` itself if the file lacks it."""
        if column in present:
            return column
        taken = self.read_columns() | self.left_out.keys()
        bare = {bare_header(found): found for found in sorted(present - taken, reverse=True)}
        for alias in (column, *self.aliases.get(column, ())):
            if bare_header(alias) in bare:
                return bare[bare_header(alias)]
        return column


def shipped_mappings() -> tuple[str, ...]:
    """Names of the mappings that come with Zaojie."""
    found = files("zaojie_cases").joinpath("mappings").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in found if f.name.endswith(".yaml")))


def load_mapping(name_or_path: str) -> Mapping:
    """Return a shipped mapping by its name, or the one in a YAML file.

    Raises ``MappingError`` that names every field at fault.
    """
    if name_or_path in shipped_mappings():
        source = files("zaojie_cases").joinpath("mappings", f"{name_or_path}.yaml")
        return parse_mapping(source.read_text(encoding="utf-8"), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise MappingError(
            f"没有名为 {name_or_path} 的映射，也没有这个文件。"
            f"自带的映射有：{'、'.join(shipped_mappings())}；也可以给出一个 YAML 文件的路径。"
        )
    try:
        return parse_mapping(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise MappingError(f"映射文件 {path.name} 不是 UTF-8 编码，请另存为 UTF-8。") from None


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the mapping that a YAML text says; ``name`` is what errors call it."""
    try:
        content = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else ""
        raise MappingError(f"映射文件 {name} {where}不是正确的 YAML，请检查缩进和冒号。") from None
    if not isinstance(content, dict):
        raise MappingError(f"映射文件 {name} 应写成“键: 值”，例子见 cases/README.md。")
    try:
        return Mapping.model_validate(content)
    except ValidationError as error:
        raise MappingError(f"映射 {name} 有误：{explain(error)}") from None
