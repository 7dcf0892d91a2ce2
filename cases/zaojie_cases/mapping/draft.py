"""The draft of a mapping for a file that none of the shipped ones fits.

A person must check it: every line that is a guess says so. No value that could be personal
is written into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from zaojie_cases.codes import check_category, check_channel, check_scale, check_source
from zaojie_cases.codes.crosswalks import bare_code, code_list, crosswalk, crosswalk_names
from zaojie_cases.codes.data_files import names
from zaojie_cases.errors import CodeError, InputError
from zaojie_cases.importing.unknown import shown
from zaojie_cases.mapping.columns import Column, columns_of, is_data
from zaojie_cases.mapping.guess import head_of, header_of
from zaojie_cases.mapping.model import shipped_mappings
from zaojie_cases.mapping.roles import Roles, roles_of

_ROWS = 1_000
_CHECKS = {
    "category_code": check_category,
    "channel_code": check_channel,
    "scale_code": check_scale,
    "source_code": check_source,
}
_NOTES = {
    "source_case_no": "来源自己的编号，每件一个，不重复",
    "narrative": "叙述：登记时写下的经过，不要用事后补写的",
    "registered_at": "登记时间：来源最早知道这件事的时间",
    "occurred_on": "发生日期",
    "accepted_at": "受理时间",
    "due_on": "办理时限",
    "region_code": "统计用区划代码（6、9 或 12 位）",
    "grid_code": "网格代码（12 位区划加 2 至 4 位序号）",
    "category_code": "纠纷类别：右边填 GB/T 31000 表 5.56 的代码",
    "channel_code": "登记渠道：右边填代码，见 zaojie_cases/codes/data/channel.yaml",
    "source_code": "案件来源：右边填代码，见 zaojie_cases/codes/data/source.yaml",
    "scale_code": "事件规模：右边填 01、02 或 03",
}
_PLAIN = re.compile(r"[\w\u4e00-\u9fff（）]+")
_WORDS_OF_YAML = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def name_for(path: Path) -> str:
    """Return a name for the mapping of a file: letters, digits and _ of the file's own name."""
    stem = path.name.partition(".")[0].lower()
    name = re.sub(r"[^a-z0-9]+", "_", stem).strip("_0123456789")
    # Never the name of a shipped one: the two would be mixed up, and so would their cases.
    return f"{name}_own" if name in shipped_mappings() else name or "new_source"


def draft_mapping(path: Path, name: str) -> str:
    """Return the YAML of a mapping called ``name``, guessed from the first rows of a file.

    Raises ``InputError`` if the file cannot be read, or nothing in it looks like a number,
    a narrative and a time of registration.
    """
    rows = head_of(path, _ROWS)
    header = header_of(rows)
    if any(map(is_data, header)):  # it would be written into the draft
        raise InputError(
            f"文件 {path.name} 的第一行像是数据，不是列名：请在最上面加一行列名，再运行同一命令。"
        )
    roles = roles_of(columns_of(rows, header))
    missing = [_NOTES[n] for n in ("source_case_no", "narrative") if n not in roles.fields]
    if missing:
        raise InputError(
            f"文件 {path.name} 的前 {len(rows)} 行中找不到：{'；'.join(missing)}。"
            "请确认第一行是列名、文件里有案件内容；例子见 docs/import-mappings.md。"
        )
    return "\n".join(_lines(path, name, roles)) + "\n"


def _lines(path: Path, name: str, roles: Roles) -> Iterator[str]:
    yield f"# 按 {path.name} 的列名和内容起草的映射。带“请核对”的行都是猜的，改好后运行："
    yield f"#   zaojie mapping check {name}.yaml --data {path.name}"
    yield f"name: {name}"
    yield f"title: {name}  # 请改成来源的中文名称"
    yield "version: 1"
    yield f"source_system: {name}  # 请核对：来源系统的代号；与编号一起决定一件案件，以后不要再改"
    yield "fields:"
    for field, column in roles.fields.items():
        yield from _field_lines(field, column, roles.title)
    if "registered_at" not in roles.fields:
        yield "  # 没有找到登记时间，请补上：  registered_at: 列名"
    yield from _party_lines(roles)
    yield from _event_lines(roles)
    yield from _left_out_lines(roles)
    yield "# 要训练“调解破裂”“超期”等目标，请写 outcomes，写法见 docs/import-mappings.md。"


def _field_lines(field: str, column: Column, title: Column | None) -> Iterator[str]:
    note = f"  # 请核对：{_NOTES[field]}" if field in _NOTES else "  # 请核对"
    if field == "narrative" and title:
        columns = f"[{_word(title.name)}, {_word(column.name)}]"
        yield f'  {field}: {{columns: {columns}, join: "。"}}{note}'
    elif field == "amount_yuan" and "万" in column.name:
        yield f"  {field}: {{column: {_word(column.name)}, unit: 万元}}{note}"
    elif field in _CHECKS and not _is_ours(field, column):
        yield f"  {field}:{note}"
        yield f"    column: {_word(column.name)}"
        yield "    translate:"
        yield from _translations(field, column)
        yield "    on_unknown: reject  # 表中没有的值：写进问题清单，这一项留空"
    else:
        yield f"  {field}: {_word(column.name)}{note}"


def _translations(field: str, column: Column) -> Iterator[str]:
    hidden = 0
    for value, count in column.values.most_common():
        code = _guessed_code(field, value)
        if not code and bare_code(shown(value)) != bare_code(value):
            hidden += 1
            continue
        why = f"{count} 行" + ("，请核对" if code else "，请填代码；空着就是不填")
        yield f"      {_word(value)}: {json.dumps(code)}  # {why}"
    if not column.values or hidden == len(column.values):
        yield f'      {_word("示例值")}: ""  # 请把左边换成来源的值'
    if hidden:
        yield f"      # 另有 {hidden} 种值可能含个人信息，没有列出；确实是代码的请自己补上"


def _is_ours(field: str, column: Column) -> bool:
    """Tell whether the values are already codes of our table."""

    def known(value: str) -> bool:
        try:
            _CHECKS[field](value)
        except CodeError:
            return False
        return True

    ours = sum(count for value, count in column.values.items() if known(value))
    return ours >= 0.8 * column.values.total()


def _guessed_code(field: str, value: str) -> str:
    """Return the code that a department's list or our own table has for ``value``, or ""."""
    kind, key = field.removesuffix("_code"), bare_code(value)
    listed = [
        codes
        for name in crosswalk_names()
        if kind == "category" or kind in crosswalk(name).get("lists", {})
        for codes in [code_list(f"{name}.{kind}")]
    ]
    whole = [codes[key] for codes in listed if codes.get(key)]
    finer = {c for codes in listed for k, c in codes.items() if c and k.endswith(f"/{key}")}
    titled = [code for code, title in names(kind).items() if title == value]
    sure = finer if len(finer) == 1 else set()
    return next(iter([*whole, *titled, *sure]), "")


def _party_lines(roles: Roles) -> Iterator[str]:
    if roles.parties:
        yield "# 当事人身份：只进保险库。依次为申请人、被申请人、其他人；请核对有没有漏掉的列"
        yield "parties:"
    for key, columns in roles.parties.items():
        yield f"  {key}: [{', '.join(map(_word, columns))}]"


def _event_lines(roles: Roles) -> Iterator[str]:
    if roles.events:
        yield "# 时间线：这一列有时间，就有这一件事；请核对"
        yield "events:"
    for kind, column in roles.events.items():
        yield f"  - {{kind: {kind}, at: {_word(column.name)}}}"


def _left_out_lines(roles: Roles) -> Iterator[str]:
    if roles.left_out:
        yield "# 不读的列和原因；请核对"
        yield "left_out:"
    for column, reason in roles.left_out.items():
        yield f"  {_word(column)}: {reason}"


def _word(text: str) -> str:
    """Return ``text`` as YAML reads it back: bare if nothing in it means something."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML
    return text if plain and not text.isdecimal() else json.dumps(text, ensure_ascii=False)
