"""Figures with Chinese labels, drawn with a font that has the characters."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from zaojie_cases.errors import MissingExtraError
from zaojie_training.evaluate import OURS, Evaluation, TargetEvaluation

FONT_FILE = "NotoSansCJKsc-Regular.otf"


@cache
def chinese_font() -> font_manager.FontProperties:
    """Return the CJK font that comes with the training extra (package ``mplfonts``)."""
    spec = find_spec("mplfonts")
    roots = list(spec.submodule_search_locations or ()) if spec else []
    path = next((p for r in roots if (p := Path(r) / "fonts" / FONT_FILE).is_file()), None)
    if path is None:
        raise MissingExtraError(
            "缺少中文字体。请在项目目录运行 pip install --require-hashes -r requirements/run.txt。"
        )
    return font_manager.FontProperties(fname=str(path))


def draw(evaluation: Evaluation) -> dict[str, Figure]:
    """Return figures by file name: one page of reliability and precision a target."""
    mpl.use("agg")
    note = "（模拟数据）" if evaluation.simulated else ""
    return {f"{one.target}.png": _page(one, note) for one in evaluation.targets}


def _page(one: TargetEvaluation, note: str) -> Figure:
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    figure.suptitle(f"{one.title}{note}", fontproperties=chinese_font(), fontsize=14)
    left, right = figure.subplots(1, 2)
    top = max(*one.reliability.x, *one.reliability.y, 1e-3) * 1.05
    left.plot([0, top], [0, top], color="0.7", linewidth=1)
    left.plot(one.reliability.x, one.reliability.y, marker="o", color="#b3261e")
    _label(left, "校准：预测概率与实际占比", "预测概率", "实际占比")
    right.plot(one.precision_recall.x, one.precision_recall.y, color="#b3261e", label="早解")
    rate = one.scorers[OURS]["base_rate"]
    right.axhline(rate, color="0.7", linewidth=1, label="现患率")
    _label(right, "查准率与查全率", "查全率", "查准率")
    right.legend(prop=chinese_font())
    return figure


def _label(axes: mpl.axes.Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontproperties=chinese_font())
    axes.set_xlabel(x, fontproperties=chinese_font())
    axes.set_ylabel(y, fontproperties=chinese_font())
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
