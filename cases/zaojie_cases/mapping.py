"""A mapping says how the rows of one source become cases: YAML, checked in full at once.

The keys are described in ``cases/README.md``. Every scalar of the YAML is read as text, so a
code such as ``0101`` stays what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from zaojie_cases.errors import MappingError
from zaojie_cases.mapping_errors import explain
from zaojie_cases.record import Case, EventKind

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


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """Where a value comes from: columns, and how they are read. A bare name is one column."""

    columns: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    join: str = "。"
    """Stands between joined columns; not after a part that already ends a sentence."""
    segmented: bool = False
    """The narrative is words parted by spaces."""
    translate: dict[str, str] = {}
    on_unknown: Literal["reject", "empty", "keep", "default"] = "reject"
    """A code that ``translate`` lacks: reported and left empty, left empty, kept, default."""
    default: str | None = None
    """The value of an empty cell; without columns, of every row."""
    formats: tuple[str, ...] = ()
    """Date formats (``strptime``) tried before the built-in ones."""
    required: bool = True
    """``false``: ``registered_at`` may be empty or missing (then it is unknown)."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, raw: object) -> object:
        if isinstance(raw, str):
            return {"columns": [raw]}
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
        return self


class EventRule(_Part):
    """One event of a row: it exists when the cell of ``at`` is filled."""

    kind: EventKind
    at: Source
    recorded_at: Source | None = None
    """When it became known; without it, when it happened."""
    actor_role: str | None = None
    payload: dict[str, str] = {}
    """Name in the payload -> column."""


class Delay(_Part):
    """Yes when the time from a field of the case to a column is longer than some days."""

    start: Annotated[Literal["registered_at", "accepted_at"], Field(alias="from")] = "registered_at"
    end: Annotated[Source, Field(alias="to")]
    longer_than_days: Annotated[float, Field(gt=0)]


class Repeat(_Part):
    """Yes when the same matter is registered again; computed over the file in training."""

    within_days: Annotated[float, Field(gt=0)]
    similarity: Annotated[float, Field(gt=0, le=1)]


class OutcomeRule(_Part):
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
            yield from source.columns if source else ()


class Mapping(_Part):
    """How the rows of one source become cases, events, outcomes and parties."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str = ""
    version: Annotated[int, Field(ge=1)]
    source_system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    filter: dict[str, Annotated[tuple[str, ...], BeforeValidator(_as_list)]] = {}
    """Column -> wanted value or values; other rows are skipped."""
    fields: Annotated[dict[str, Source], _known(CASE_FIELDS, "案件字段")]
    group: str | None = None
    """Column naming rows that must stay in one fold."""
    parties: Annotated[dict[str, tuple[str, ...]], _known(IDENTITY_KEYS, "当事人项目")] = {}
    """Identity, to the vault only: first column applicant, second respondent, then others."""
    events: tuple[EventRule, ...] = ()
    timeline: str | None = None
    """Column with a list of events: {kind, at, recorded_at, actor_role, payload}."""
    outcomes: dict[str, OutcomeRule] = {}
    outcome_list: str | None = None
    """Column with a list of outcomes that came about: {code, observed_at, value, evidence_kind}."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        missing = [name for name in REQUIRED_FIELDS if name not in self.fields]
        if missing:
            raise ValueError(f"fields 中缺少 {'、'.join(missing)}")
        if any(not s.required for name, s in self.fields.items() if name != "registered_at"):
            raise ValueError("required: false 只用于 registered_at，其他选填项不用写")
        codes = [rule.code for rule in self.outcomes.values()]
        if len(set(codes)) < len(codes):
            raise ValueError("outcomes 中有重复的 code，每个结果要有自己的代码")
        return self

    def required_columns(self) -> frozenset[str]:
        """Columns without which no row can become a case."""
        needed = {column for name in REQUIRED_FIELDS for column in self.fields[name].columns}
        registered = self.fields.get("registered_at")
        return frozenset(needed.union(registered.columns if registered and self.dated else ()))

    @property
    def dated(self) -> bool:
        """Whether every row must say when the case was registered."""
        registered = self.fields.get("registered_at")
        return registered is not None and registered.required

    def other_columns(self) -> frozenset[str]:
        """Columns that are read if the file has them; those of outcomes alone are left out."""
        found = {column for source in self.fields.values() for column in source.columns}
        found.update(self.filter, *self.parties.values())
        found.update(name for name in (self.group, self.timeline) if name)
        for event in self.events:
            sources = (event.at, event.recorded_at)
            found.update(*(source.columns for source in sources if source), event.payload.values())
        outcome_columns = {c for rule in self.outcomes.values() for c in rule.columns()}
        return frozenset(found - self.required_columns() - outcome_columns)


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
        return _parse(source.read_text(encoding="utf-8"), name_or_path)
    path = Path(name_or_path)
    if not path.is_file():
        raise MappingError(
            f"没有名为 {name_or_path} 的映射，也没有这个文件。"
            f"自带的映射有：{'、'.join(shipped_mappings())}；也可以给出一个 YAML 文件的路径。"
        )
    try:
        return _parse(path.read_text(encoding="utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise MappingError(f"映射文件 {path.name} 不是 UTF-8 编码，请另存为 UTF-8。") from None


def _parse(text: str, name: str) -> Mapping:
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
