"""Crosswalks: the code lists of a department beside ours, as versioned data.

One file of ``data/crosswalks`` a department: ``title``, ``source`` (whose list it is),
``version`` (raised with every change), ``judicial_version`` (of the types it was made with),
``types`` (their type -> our category and judicial type) and further ``lists``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from zaojie_cases.errors import CodeError
from zaojie_cases.values import to_half_width

CODE_SEPARATOR = "/"
"""Between the levels of a type: 劳资纠纷/拖欠工资."""

_TYPE_LISTS = ("category", "judicial_type")


def bare_code(text: str) -> str:
    """Return a code as it is looked up: half-width, without blanks."""
    return "".join(to_half_width(text).split())


def crosswalk_names() -> tuple[str, ...]:
    """Names of the crosswalks that come with Zaojie."""
    found = files(__package__).joinpath("data", "crosswalks").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in found if f.name.endswith(".yaml")))


@cache
def crosswalk(name: str) -> dict[str, Any]:
    """Return the content of a crosswalk; read once a process, not to be changed."""
    if name not in crosswalk_names():
        raise CodeError(f"没有名为 {name} 的代码对照表；可用：{'、'.join(crosswalk_names())}。")
    source = files(__package__).joinpath("data", "crosswalks", f"{name}.yaml")
    content: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    return content


@cache
def code_list(address: str) -> Mapping[str, str]:
    """Return their code -> ours of a list, as ``hotline_12345.category``.

    Our code is "" where theirs says too little to choose one. Raises ``CodeError`` if there
    is no such list.
    """
    name, _, wanted = address.partition(".")
    content = crosswalk(name)
    if wanted in _TYPE_LISTS:
        place = _TYPE_LISTS.index(wanted)
        found = {theirs: ours[place] for theirs, ours in content["types"].items()}
    else:
        found = content.get("lists", {}).get(wanted)
    if found is None:
        raise CodeError(f"代码对照表 {name} 中没有 {wanted}。")
    return {bare_code(str(theirs)): str(ours or "") for theirs, ours in found.items()}


def crosswalk_label(address: str) -> str:
    """Return name and version of the crosswalk that ``address`` is in, as ``hotline_12345/1``."""
    name = address.partition(".")[0]
    return f"{name}/{crosswalk(name)['version']}"
