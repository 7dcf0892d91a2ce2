"""The form of the cue files, and reading one with a message that names line and field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zaojie_cases.errors import ConfigError

ScopeName = Literal[
    "affirmed", "negated", "hearsay", "settled", "hypothetical", "quoted", "other", "ultimatum"
]
Texts = Annotated[list[str], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Group(_Part):
    """Words or patterns with where they come from."""

    source: str
    phrases: list[str] = []
    exceptions: list[str] = Field(default=[], alias="except")
    """Patterns that hide what they overlap: 打电话 is no blow, 没完没了 denies nothing."""


class Cue(_Part):
    """What a cue is called, whether it is a feature, how grave it is, what it outdoes."""

    title: str
    feature: bool
    severity: int = Field(ge=0)
    group: str | None = None
    beats: list[str] = []
    """Cues whose mentions are dropped where they overlap one of this cue."""


class Rule(_Part):
    """Affirmed cues that lead to help: any of ``cues`` and all of ``needs``."""

    title: str
    cues: Texts
    needs: list[str] = []
    help: str


class CueFile(_Part):
    """``cues.yaml``: the cues, the red rules, and the Chinese names of groups and scopes."""

    groups: dict[str, str]
    scopes: dict[str, str]
    cues: dict[str, Cue]
    rules: dict[str, Rule]


class Reach(_Part):
    """What a scope entry means and how far its words reach."""

    scope: ScopeName
    side: Literal["before", "after", "both"]
    """Where the words stand, seen from the phrase."""
    within: int = Field(default=40, ge=1)
    """At most so many characters between the two."""
    clause: bool = False
    """Both in one clause."""
    stops: list[str] = []
    """Patterns that end the reach when they stand between the two."""
    through: list[str] = []
    """If given, nothing else may stand between the two."""
    only: list[str] = []
    but_not: list[str] = []
    """Cues that the entry is for, and is not for; all unless said."""


class PhraseFile(_Part):
    """A file with phrases; a mediator's own file has this form too."""

    words: dict[str, list[Group]] = {}
    """Word lists, which patterns name as ``{name}``."""
    phrases: dict[str, list[Group]] = {}
    """By cue."""
    scopes: dict[str, list[Group]] = {}
    """By scope entry."""


class ScopeFile(_Part):
    """``scopes.yaml``: the entries in order of priority; the first one that holds decides."""

    entries: dict[str, Reach]


File = TypeVar("File", bound=BaseModel)
Path = tuple[str | int, ...]
"""Keys and numbers that lead to a place in a YAML file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file: its name and its text."""

    name: str
    text: str

    def fault(self, path: Path, what: str) -> ConfigError:
        """Return the error that ``path`` of the file is wrong, with its line."""
        line = _line_of(self.text, path)
        return ConfigError(f"{self.name} 第 {line} 行：{what}", field=".".join(map(str, path)))


def read(source: Source, form: type[File]) -> File:
    """Return the YAML file ``source`` as ``form``.

    Raises ``ConfigError`` with the file's name, the line and the field at fault.
    """
    try:
        return form.model_validate(yaml.safe_load(source.text) or {})
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise ConfigError(
            f"{source.name} 第 {line} 行不是合法的 YAML：请检查缩进、引号和括号"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise source.fault(first["loc"], _MEANING.get(first["type"], "写法不对")) from error


_MEANING = {
    "missing": "缺少这一项",
    "extra_forbidden": "不认识这一项，请核对写法",
    "string_type": "这里应是文字，数字请加引号",
    "list_type": "这里应是一列：用 [ ] 或每行一个“- ”",
    "dict_type": "这里应是“名称: 内容”",
    "model_type": "这里应是“名称: 内容”",
}


def _line_of(text: str, path: Path) -> int:
    """Return the line of the deepest part of ``path`` that exists, counted from 1."""
    node, line = yaml.compose(text), 0
    for part in path:
        inner = _child(node, part)
        if inner is None:
            break
        line, node = inner
    return line + 1


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item: yaml.Node = node.value[part]
        return item.start_mark.line, item
    return None
