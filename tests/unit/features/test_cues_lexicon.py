from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.errors import ConfigError
from zaojie_features.cues import Extractor, lexicon
from zaojie_features.cues.finder import Finder
from zaojie_features.cues.language import FILLER, PatternError, Sequence, parse
from zaojie_features.cues.lexicon import Source, build

LISTS = {"tool": (parse("刀", {}), parse("铁棍", {}))}
KNOWN = lexicon()


def spellings(sequence: Sequence) -> Iterator[str]:
    """Texts that a pattern stands for: each option of each choice once, gaps empty."""
    parts = [
        [text for option in part for text in spellings(option)]
        if isinstance(part, tuple)
        else ["" if part[0] in "[(" else part[-1]]
        for part in sequence.fragments
    ]
    plain = [options[0] for options in parts]
    yield "".join(plain)
    for k, options in enumerate(parts):
        for option in options[1:]:
            yield "".join([*plain[:k], option, *plain[k + 1 :]])


def found(pattern: str, text: str, lists: Mapping[str, tuple[Sequence, ...]] = LISTS) -> list[str]:
    spans = Finder({"it": [parse(pattern, lists)]}).find(text).get("it", [])
    return [text[slice(*span)] for span in spans]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("打人", "他打人，又打人", ["打人", "打人"]),
        ("让.好看", "让你好看", ["让你好看"]),
        ("让.好看", "让好看", ["让好看"]),
        ("让.好看", "让一二三四五六七八九好看", []),
        ("让.好看", "让你，好看", []),
        ("让.好看", "让你没好看", []),
        ("再不…就", "再不还钱，我就", ["再不还钱，我就"]),
        ("再不…就", "再不还钱。我就", []),
        ("[打|砸]了", "打了砸了", ["打了", "砸了"]),
        ("拿[着|]{tool}", "拿刀，拿着铁棍，拿着棍", ["拿刀", "拿着铁棍"]),
        ("[打|打了]人[了|]", "打了人了", ["打了人了"]),
        ("^打", "他打，打", ["打"]),
        ("没有$", "没有人，没有", ["没有"]),
        ("[a[b|c]|d]e", "abe ace de", ["abe", "ace", "de"]),
        ("打@", f"打{FILLER}", [f"打{FILLER}"]),
        ("动手！", "动手!", ["动手!"]),
    ],
)
def test_the_language(pattern: str, text: str, expected: list[str]) -> None:
    folded = text.replace("，", ",")
    assert found(pattern, folded) == [e.replace("，", ",") for e in expected]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("打[人|狗", "缺少“]”"),
        ("打]人", "没有配对"),
        ("打|人", "没有配对"),
        ("打{tool", "缺少“}”"),
        ("打{nothing}", "没有名为 nothing 的词表"),
        (".打", "不能以点开头"),
        ("[打|]", "没有必需的文字"),
        ("[打|].人", "不能以点开头"),
    ],
)
def test_a_wrong_pattern_says_what_is_wrong(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        parse(pattern, LISTS).check()


@given(st.text(alphabet="打砸人[]|{}.…^$@", max_size=12))
def test_any_text_is_a_pattern_or_a_clear_error(pattern: str) -> None:
    try:
        sequence = parse(pattern, LISTS)
        sequence.check()
    except PatternError as error:
        assert str(error)
        return
    finder = Finder({"it": [sequence]})
    assert all(finder.find(f"打{text}") is not None for text in spellings(sequence))


@pytest.mark.parametrize("cue", KNOWN.cues)
def test_every_spelling_of_every_phrase_is_found(cue: str) -> None:
    finder = Finder({cue: KNOWN.phrases[cue].found})
    missed = [
        text
        for sequence in KNOWN.phrases[cue].found
        for text in spellings(sequence)
        if not finder.find(text)
    ]
    assert missed == []


@pytest.mark.parametrize("cue", KNOWN.cues)
def test_every_phrase_finds_its_cue_or_a_graver_one(cue: str) -> None:
    """No phrase is wholly hidden by the exceptions of its own cue."""
    graver = {cue, *(name for name, other in KNOWN.cues.items() if cue in other.beats)}
    extractor = Extractor(KNOWN)
    dead = [
        next(spellings(sequence))
        for sequence in KNOWN.phrases[cue].found
        if not any(
            hit.cue in graver
            for text in spellings(sequence)
            for hit in extractor.find(f"对方，{text.replace(FILLER, '当事人甲')}")
        )
    ]
    assert dead == []


def test_names_in_the_shipped_files_agree() -> None:
    groups = {cue.group for cue in KNOWN.cues.values() if cue.group}
    assert groups == set(KNOWN.groups)
    for cue in KNOWN.cues.values():
        assert set(cue.beats) <= set(KNOWN.cues)
    for rule in KNOWN.rules.values():
        assert {*rule.cues, *rule.needs} <= set(KNOWN.cues)
        assert rule.help
        assert rule.title
    for reach in KNOWN.reaches.values():
        assert {*reach.only, *reach.but_not} <= set(KNOWN.cues)
        assert {*reach.stops, *reach.through} <= set(KNOWN.lists)
        assert reach.scope in KNOWN.scope_titles
    assert all(KNOWN.phrases[cue].found for cue in KNOWN.cues)
    assert all(KNOWN.scopes[entry].found for entry in KNOWN.reaches)


OWN = """
words:
  oddtool:
  - {source: 某镇, phrases: [钢钎, 洋镐]}
phrases:
  weapon:
  - source: 某镇调解员
    phrases: ["扛.{oddtool}"]
    except: ["扛洋镐下地"]
scopes:
  hearsay:
  - {source: 某镇, phrases: [摆龙门阵说的]}
"""


def test_a_mediators_file_adds_words_phrases_exceptions_and_scope_words() -> None:
    extractor = Extractor(build(Source("own.yaml", OWN)))
    assert [hit.cue for hit in extractor.find("他扛着一根钢钎来了")] == ["weapon"]
    assert extractor.find("他扛洋镐下地") == []
    assert [hit.scope for hit in extractor.find("他扛着洋镐，摆龙门阵说的")] == ["hearsay"]
    assert Extractor(build()).find("他扛着一根钢钎来了") == []


@pytest.mark.parametrize(
    ("text", "line", "field", "why"),
    [
        ("phrases:\n  blows: []\n", 2, "phrases.blows", "没有这个名称，可用的有：despair"),
        ("phrases:\n  struck:\n  - phrases: [打]\n", 3, "phrases.struck.0.source", "缺少"),
        ("phrases:\n  struck:\n  - {source: 某, phrase: [打]}\n", 3, None, "不认识"),
        ("phrases:\n  struck:\n  - {source: 某, phrases: 打}\n", 3, None, "一列"),
        ("phrases:\n  struck:\n  - {source: 某, phrases: [1]}\n", 3, None, "文字"),
        ("phrases: [打]\n", 1, "phrases", "名称"),
        ("打\n", 1, None, "名称"),
        ("phrases:\n  struck:\n  - source: 某\n    phrases:\n    - '[打'\n", 5, None, "缺少“]”"),
        ("phrases:\n  struck: [\n", 3, None, "不是合法的 YAML"),
        ("scopes:\n  nobody: []\n", 2, "scopes.nobody", "没有这个名称"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_field(
    text: str, line: int, field: str | None, why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        build(Source("own.yaml", text))
    assert f"own.yaml 第 {line} 行" in str(refused.value)
    if field:
        assert refused.value.field == field


def test_an_empty_file_adds_nothing() -> None:
    assert build(Source("own.yaml", "")).phrases.keys() == KNOWN.phrases.keys()
