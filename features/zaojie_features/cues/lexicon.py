"""The lexicon in use: the shipped cue files, and a mediator's own where one is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from zaojie_cases.errors import ConfigError
from zaojie_features.cues.files import (
    Cue,
    CueFile,
    Group,
    PhraseFile,
    Reach,
    Rule,
    ScopeFile,
    Source,
    read,
)
from zaojie_features.cues.language import PatternError, Sequence, parse

PHRASE_FILES = (
    "words.yaml",
    "threats.yaml",
    "harm.yaml",
    "process.yaml",
    "denials.yaml",
    "scope_words.yaml",
)


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ZAOJIE_", env_file=".env", extra="ignore")

    cues: Path | None = None
    """A mediator's own phrase file, used beside the shipped ones."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Parsed patterns, and those that hide what they overlap."""

    found: tuple[Sequence, ...]
    hidden: tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Cues, scopes in order of priority, red rules, and the patterns of each."""

    cues: Mapping[str, Cue]
    groups: Mapping[str, str]
    scope_titles: Mapping[str, str]
    rules: Mapping[str, Rule]
    reaches: Mapping[str, Reach]
    phrases: Mapping[str, Patterns]
    scopes: Mapping[str, Patterns]
    lists: Mapping[str, tuple[Sequence, ...]]


def shipped(name: str) -> Source:
    """Return one of the files that ship with this code."""
    path = files("zaojie_features") / "data" / "cues" / name
    return Source(name, path.read_text(encoding="utf-8"))


def source_of(path: Path) -> Source:
    """Return a mediator's file; raises ``ConfigError`` if it cannot be read."""
    try:
        return Source(path.name, path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"读不了线索词文件 {path.name}：请核对路径，并用 UTF-8 保存", field="ZAOJIE_CUES"
        ) from error


@cache
def own_source() -> Source | None:
    """Return the mediator's file that the setting ``ZAOJIE_CUES`` names, read once."""
    path = _Settings().cues
    return source_of(path) if path else None


@cache
def lexicon() -> Lexicon:
    """Return the lexicon in use."""
    return build(own_source())


def build(own: Source | None = None) -> Lexicon:
    """Return the shipped lexicon with the phrases of ``own`` added.

    Raises ``ConfigError`` that names file, line and field of what is wrong.
    """
    head = read(shipped("cues.yaml"), CueFile)
    entries = read(shipped("scopes.yaml"), ScopeFile).entries
    sources = [*map(shipped, PHRASE_FILES), *([own] if own else [])]
    parts = [(source, read(source, PhraseFile)) for source in sources]
    lists = _lists(parts)
    return Lexicon(
        cues=head.cues,
        groups=head.groups,
        scope_titles=head.scopes,
        rules=head.rules,
        reaches=entries,
        phrases=_patterns([(s, "phrases", p.phrases) for s, p in parts], head.cues, lists),
        scopes=_patterns([(s, "scopes", p.scopes) for s, p in parts], entries, lists),
        lists=lists,
    )


def _lists(parts: list[tuple[Source, PhraseFile]]) -> dict[str, tuple[Sequence, ...]]:
    """Parse the word lists in order: a list may name those before it."""
    lists: dict[str, tuple[Sequence, ...]] = {}
    for source, part in parts:
        for name, groups in part.words.items():
            found = _parsed(source, ("words", name), groups, "phrases", lists)
            lists[name] = (*lists.get(name, ()), *found)
    return lists


def _patterns(
    parts: list[tuple[Source, str, dict[str, list[Group]]]],
    names: Iterable[str],
    lists: Mapping[str, tuple[Sequence, ...]],
) -> dict[str, Patterns]:
    found = {name: Patterns((), ()) for name in names}
    for source, field, by_name in parts:
        for name, groups in by_name.items():
            path = (field, name)
            if name not in found:
                raise source.fault(path, f"没有这个名称，可用的有：{'、'.join(found)}")
            more = _parsed(source, path, groups, "phrases", lists)
            hidden = _parsed(source, path, groups, "except", lists)
            old = found[name]
            found[name] = Patterns((*old.found, *more), (*old.hidden, *hidden))
    return found


def _parsed(
    source: Source,
    path: tuple[str, str],
    groups: list[Group],
    kind: str,
    lists: Mapping[str, tuple[Sequence, ...]],
) -> Iterator[Sequence]:
    for g, group in enumerate(groups):
        for p, pattern in enumerate(group.phrases if kind == "phrases" else group.exceptions):
            try:
                sequence = parse(pattern, lists)
                if path[0] != "words":
                    sequence.check()
            except PatternError as error:
                raise source.fault((*path, g, kind, p), str(error)) from error
            yield sequence
