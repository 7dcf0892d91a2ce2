"""``zaojie cues``: a mediator tries phrases and sees what they change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zaojie_features.cues.compare import Comparison

MOST_IDS = 5
"""Case ids shown of each change."""


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    group = typer.Typer(no_args_is_help=True, help="风险线索：试一句话，核对自己加的线索词。")
    group.command("try")(try_text)
    group.command("check")(check)
    app.add_typer(group, name="cues")


def try_text(
    text: Annotated[str | None, typer.Argument(help="一段叙述")] = None,
    file: Annotated[Path | None, typer.Option(help="文本文件，每行一段叙述")] = None,
) -> None:
    """列出一段叙述里的线索：哪几个字、是否属实、由哪几个字判断。"""
    from zaojie_cases.errors import InputError  # noqa: PLC0415

    if (text is None) == (file is None):
        raise InputError("请给出一段叙述，或用 --file 给出文件，两者选一")
    lines = [text] if text is not None else [line for _, line in _lines(file)]
    for number, line in enumerate(lines, 1):
        if file:
            typer.echo(f"第 {number} 段")
        _say_hits(line)


def _say_hits(text: str) -> None:
    from zaojie_features.cues import find_cues, lexicon, red_rules  # noqa: PLC0415

    known, hits = lexicon(), find_cues(text)
    for hit in hits:
        because = f"，依据“{text[slice(*hit.because)]}”" if hit.because else ""
        scope = known.scope_titles[hit.scope]
        typer.echo(f"{known.cues[hit.cue].title}：“{text[slice(*hit.span)]}” → {scope}{because}")
    for rule in red_rules(hits):
        typer.echo(f"红色规则 {rule.title}：{rule.help}")
    if not hits:
        typer.echo("没有找到线索")


def check(
    phrases: Annotated[
        Path | None,
        typer.Option(help="自己加的线索词文件（YAML）；不给时用设置 ZAOJIE_CUES 的文件"),
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help="在哪些叙述上看变化：案件文件，或每行一段叙述的文本文件")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option(help="案件文件的映射名或映射文件；不给时按文本文件读")
    ] = None,
) -> None:
    """检查线索词文件的写法，并说明加上它以后有多少段叙述的线索有增减。"""
    from zaojie_cases.errors import InputError  # noqa: PLC0415
    from zaojie_features.cues.compare import compare  # noqa: PLC0415
    from zaojie_features.cues.extractor import Extractor  # noqa: PLC0415
    from zaojie_features.cues.lexicon import build, own_source, source_of  # noqa: PLC0415

    own = source_of(phrases) if phrases else own_source()
    if own is None:
        raise InputError("没有要检查的线索词文件：请用 --phrases 给出，或设置 ZAOJIE_CUES")
    known, more = build(), build(own)
    added = sum(len(more.phrases[cue].found) - len(known.phrases[cue].found) for cue in known.cues)
    limits = sum(len(more.scopes[s].found) - len(known.scopes[s].found) for s in known.scopes)
    typer.echo(f"{own.name} 写法正确：线索词多 {added} 条，范围词多 {limits} 条")
    if cases:
        _say_changes(compare(Extractor(known), Extractor(more), _narratives(cases, mapping)))


def _say_changes(found: Comparison) -> None:
    from zaojie_features.cues import lexicon  # noqa: PLC0415

    typer.echo(f"读了 {found.read} 段叙述，其中 {found.changed} 段的线索有变化")
    for cue, change in found.by_cue.items():
        for word, ids in (("增加", change.gained), ("减少", change.lost)):
            if ids:
                shown = "、".join(ids[:MOST_IDS]) + ("等" if len(ids) > MOST_IDS else "")
                typer.echo(f"{lexicon().cues[cue].title}：{word} {len(ids)} 段（{shown}）")


def _narratives(path: Path, mapping: str | None) -> Iterator[tuple[str, str]]:
    """Yield case ids with masked narratives, or line numbers with lines."""
    if mapping is None:
        yield from _lines(path)
        return
    from zaojie_cases.importing import read_records  # noqa: PLC0415
    from zaojie_cases.mapping import load_mapping  # noqa: PLC0415

    for row in read_records(path, load_mapping(mapping)):
        if row.case is not None:
            yield row.case.case_id, row.case.narrative_masked


def _lines(path: Path | None) -> Iterator[tuple[str, str]]:
    from zaojie_cases.text_files import open_text  # noqa: PLC0415

    if path is None:
        return
    with open_text(path) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield f"第 {number} 行", line.strip()
