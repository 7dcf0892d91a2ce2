"""Names, checks and scope of the coded fields of a case."""

from __future__ import annotations

from zaojie_cases.codes.data_files import names, table
from zaojie_cases.errors import CodeError

_TITLES = {
    "category": "事件类别（GB/T 31000 表5.56）",
    "scale": "事件规模（GB/T 31000 表5.55）",
    "method": "化解方式（GB/T 31000 表5.58）",
    "source": "案件来源",
    "channel": "登记渠道",
    "outcome": "结果",
}


def _check(kind: str, code: str) -> str:
    if code not in names(kind):
        raise CodeError(f"不是{_TITLES[kind]}代码表中的代码，请核对代码表。", field=kind)
    return code


def _name(kind: str, code: str) -> str:
    return names(kind)[_check(kind, code)]


def check_category(code: str) -> str:
    """Return a code of table 5.56 (two or four digits) or raise ``CodeError``."""
    return _check("category", code)


def check_scale(code: str) -> str:
    """Return a code of table 5.55 or raise ``CodeError``."""
    return _check("scale", code)


def check_source(code: str) -> str:
    """Return a code of the table of case sources or raise ``CodeError``."""
    return _check("source", code)


def check_channel(code: str) -> str:
    """Return a code of the table of channels or raise ``CodeError``."""
    return _check("channel", code)


def check_outcome(code: str) -> str:
    """Return a code of the outcome table or raise ``CodeError``."""
    return _check("outcome", code)


def check_judicial_type(name: str) -> str:
    """Return a type of the people's-mediation statistics or raise ``CodeError``."""
    if name not in table("judicial")["types"]:
        raise CodeError("不是人民调解统计的纠纷类型，请核对类型名称。", field="judicial_type")
    return name


def category_name(code: str) -> str:
    """Return the Chinese name; a level-2 name bears its level 1, as 邻里纠纷·其他."""
    name = _name("category", code)
    return name if len(code) == 2 else f"{names('category')[code[:2]]}·{name}"


def scale_name(code: str) -> str:
    """Return the Chinese name of a scale code."""
    return _name("scale", code)


def method_name(code: str) -> str:
    """Return the Chinese name of a code of how a dispute was resolved."""
    return _name("method", code)


def source_name(code: str) -> str:
    """Return the Chinese name of a source code."""
    return _name("source", code)


def channel_name(code: str) -> str:
    """Return the Chinese name of a channel code."""
    return _name("channel", code)


def outcome_name(code: str) -> str:
    """Return the Chinese name of an outcome code."""
    return _name("outcome", code)


def route_of(category_code: str | None) -> str | None:
    """Return who gets a case of a type that is never scored; None for scored types."""
    if category_code is None:
        return None
    routes: dict[str, str] = table("category")["routes"]
    return routes.get(category_code) or routes.get(category_code[:2])


def is_scored(category_code: str | None) -> bool:
    """Tell whether cases of this type may be scored; a case without a type may."""
    return route_of(category_code) is None


def crosswalk_version() -> str:
    """Return the version of the crosswalk between judicial types and GB/T 31000."""
    return str(table("judicial")["version"])


def gb_codes_for(judicial_type: str) -> tuple[str, ...]:
    """Return the GB/T 31000 codes that a judicial type can stand for."""
    return tuple(table("judicial")["types"][check_judicial_type(judicial_type)])


def judicial_types_for(code: str) -> tuple[str, ...]:
    """Return the judicial types that a GB/T 31000 code can stand for.

    A two-digit code stands for all its level-2 codes. Types that are not scored have none.
    """
    check_category(code)
    types: dict[str, list[str]] = table("judicial")["types"]
    return tuple(name for name, codes in types.items() if any(c.startswith(code) for c in codes))
