"""Region codes (6 + 3 + 3 digits) and grid codes (region + 2 to 4 digits)."""

from __future__ import annotations

import re

from zaojie_cases.codes.data_files import table
from zaojie_cases.errors import CodeError

REGION_DIGITS = 12
_LEVELS = (2, 4, 6, 9, 12)
_SHAPE = re.compile(r"\d{6}(\d{3}){0,2}", re.ASCII)
_GRID_SHAPE = re.compile(r"\d{14,16}", re.ASCII)


def _bad_region(why: str) -> CodeError:
    return CodeError(f"区划代码{why}，请填写统计用区划代码（12 位）。", field="region_code")


def check_region(code: str) -> str:
    """Return the 12-digit region code; 6 and 9 digits (county, town) are filled with zeros.

    Checked are the province, that no level lies under an empty one, and the class digit of
    the town; whether the place exists this year is not.
    """
    if not _SHAPE.fullmatch(code):
        raise _bad_region("应为 6、9 或 12 位数字")
    full = code.ljust(REGION_DIGITS, "0")
    regions = table("region")
    if full[:2] not in regions["provinces"]:
        raise _bad_region("的省级代码不存在")
    levels = [full[2:4], full[4:6], full[6:9], full[9:12]]
    if full[:4] in regions["cities_without_counties"]:
        del levels[1]
    filled = [level.strip("0") != "" for level in levels]
    if filled != sorted(filled, reverse=True):
        raise _bad_region("的上级部分为空而下级不为空")
    if full[6] > "5":
        raise _bad_region("的乡镇街道部分不合编码规则")
    return full


def region_contains(region: str, code: str) -> bool:
    """Tell whether a region or grid code lies in ``region`` (12 digits) or is the same."""
    depth = next(n for n in _LEVELS if not region[n:].strip("0"))
    return code[:depth] == region[:depth]


def check_grid(code: str, region: str | None) -> str:
    """Return the grid code, or raise ``CodeError``.

    A grid is a village or residents' committee (12 digits, never a whole town) and its
    order there (2 to 4 digits); it must lie in ``region`` where that is known.
    """
    if not _GRID_SHAPE.fullmatch(code):
        raise CodeError("网格代码应为 14 至 16 位数字（12 位区划 + 序号）。", field="grid_code")
    home = check_region(code[:REGION_DIGITS])
    if not home[9:].strip("0"):
        raise CodeError("网格应属于一个村（社区），不能直接属于乡镇。", field="grid_code")
    if region is not None and not region_contains(region, code):
        raise CodeError("网格不在所填区划之内，请核对区划代码和网格代码。", field="grid_code")
    return code
