from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from zaojie_cases.errors import ConfigError, InputError
from zaojie_features import commands
from zaojie_features.cues import extractor, find_cues, lexicon
from zaojie_features.cues.lexicon import own_source
from zaojie_features.fingerprint import fingerprint

OWN = "phrases:\n  weapon:\n  - {source: 某镇, phrases: [拿钢钎], except: [拿钢钎修路]}\n"
STORIES = "他拿钢钎来了\n没有动手\n\n他拿菜刀来了\n"


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    commands.register(made)
    made.callback()(lambda: None)
    return made


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


@pytest.fixture
def fresh() -> Iterator[None]:
    """Caches that a setting decides, empty before and after."""
    caches = (own_source, lexicon, extractor, find_cues, fingerprint)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


def run(app: typer.Typer, *arguments: str) -> str:
    return CliRunner().invoke(app, ["cues", *arguments], catch_exceptions=False).output


def test_try_says_cue_scope_and_the_words_that_decide(app: typer.Typer) -> None:
    said = run(app, "try", "他手持柴刀扬言要弄死对方，没有动手。")
    assert "持有器械：“手持柴刀” → 属实\n" in said
    assert "已动手：“动手” → 被否认或查否，依据“没有”" in said
    assert "红色规则 明确威胁并提到器械：请派出所到场" in said
    assert run(app, "try", "两家商量排水") == "没有找到线索\n"


def test_try_reads_a_file_line_by_line(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "stories.txt"
    path.write_text("他打人\n\n听说他打人\n", encoding="utf-8")
    said = run(app, "try", "--file", str(path))
    assert said == (
        "第 1 段\n已动手：“打人” → 属实\n第 2 段\n已动手：“打人” → 只是听说，依据“听说”\n"
    )


@pytest.mark.parametrize("arguments", [["try"], ["try", "打人", "--file", "x.txt"], ["check"]])
@pytest.mark.usefixtures("fresh")
def test_what_is_missing_is_asked_for(app: typer.Typer, arguments: list[str]) -> None:
    with pytest.raises(InputError, match=r"--file|--phrases"):
        run(app, *arguments)


def test_check_says_what_changes_by_case_id_and_no_narrative(
    app: typer.Typer, own: Path, tmp_path: Path
) -> None:
    path = tmp_path / "stories.txt"
    path.write_text(STORIES, encoding="utf-8")
    said = run(app, "check", "--phrases", str(own), "--cases", str(path))
    assert said == (
        "own.yaml 写法正确：线索词多 1 条，范围词多 0 条\n"
        "读了 3 段叙述，其中 1 段的线索有变化\n"
        "持有器械：增加 1 段（第 1 行）\n"
    )


def test_check_reads_a_case_file_through_its_mapping(
    app: typer.Typer, own: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "own_mapping.yaml"
    mapping.write_text(
        "name: own\ntitle: 自造\nversion: 1\nsource_system: own\n"
        "fields:\n  source_case_no: 编号\n  narrative: 内容\n",
        encoding="utf-8",
    )
    path = tmp_path / "cases.csv"
    path.write_text("编号,内容\nA1,他拿钢钎来了\nA2,没有动手\n", encoding="utf-8")
    said = run(app, "check", "--phrases", str(own), "--cases", str(path), "--mapping", str(mapping))
    assert "读了 2 段叙述，其中 1 段的线索有变化" in said
    assert "钢钎" not in said


def test_check_refuses_a_wrong_file(app: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace("拿钢钎]", "'[拿'] "), encoding="utf-8")
    with pytest.raises(ConfigError, match="第 3 行"):
        run(app, "check", "--phrases", str(path))
    with pytest.raises(ConfigError, match="读不了"):
        run(app, "check", "--phrases", str(tmp_path / "none.yaml"))


@pytest.mark.usefixtures("fresh")
def test_the_setting_is_honoured_and_enters_the_fingerprint(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = fingerprint()
    assert find_cues("他拿钢钎来了") == ()
    seen = {plain}
    for text in (OWN, OWN.replace("钢钎", "洋镐")):
        own.write_text(text, encoding="utf-8")
        monkeypatch.setenv("ZAOJIE_CUES", str(own))
        for cached in (own_source, lexicon, extractor, find_cues, fingerprint):
            cached.cache_clear()
        seen.add(fingerprint())
    assert len(seen) == 3
    assert [hit.cue for hit in find_cues("他拿洋镐来了")] == ["weapon"]
