"""Figures show their Chinese words, never boxes."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import matplotlib as mpl
import pytest
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure
from matplotlib.text import Text

from zaojie_cases.record import SHANGHAI
from zaojie_training.baselines import RULE_CUES
from zaojie_training.evaluate import OURS, Curve, Evaluation, TargetEvaluation
from zaojie_training.figures import FONT_FILE, chinese_font, draw
from zaojie_training.selection import Choice
from zaojie_training.targets import load_targets

LEAST_BYTES = 10_000


def evaluation(*, simulated: bool, positives: int = 3) -> Evaluation:
    now = datetime(2026, 11, 24, tzinfo=SHANGHAI)
    rate = positives / 10
    line = Curve(x=[0.1, 0.4, 0.8], y=[0.0, rate, rate])
    choice = Choice(family="stacked", figure="pr_auc", regret={}, loss={}, windows=[])
    judged = [
        TargetEvaluation(
            target=target.name,
            title=target.title,
            choice=choice,
            train_rows=100,
            test_rows=10,
            test_positives=positives,
            capacity=5,
            scorers={OURS: {"base_rate": rate}},
            reliability=line,
            precision_recall=line,
        )
        for target in load_targets()
    ]
    return Evaluation(test_from=now, data_cut=now, simulated=simulated, targets=judged, left_out={})


def drawn(figure: Figure) -> bytes:
    stream = BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


@pytest.mark.parametrize(("simulated", "positives"), [(True, 3), (False, 3), (True, 0)])
def test_every_target_has_a_page_without_missing_glyphs(simulated: bool, positives: int) -> None:
    """A glyph that a font lacks is a warning of matplotlib, and warnings are errors."""
    figures = draw(evaluation(simulated=simulated, positives=positives))
    assert set(figures) == {f"{target.name}.png" for target in load_targets()}
    for figure in figures.values():
        png = drawn(figure)
        assert png.startswith(b"\x89PNG")
        assert len(png) > LEAST_BYTES


def test_the_font_has_every_character_that_is_drawn() -> None:
    path = str(chinese_font().get_file())
    assert path.endswith(FONT_FILE)
    with TTFont(path) as font:
        glyphs = font.getBestCmap()
    words = 0
    for figure in draw(evaluation(simulated=True)).values():
        figure.canvas.draw()
        for text in figure.findobj(Text):
            if any(ord(char) > 0x2FFF for char in text.get_text()):
                assert text.get_fontproperties().get_file() == path
                assert {ord(char) for char in text.get_text()} <= set(glyphs)
                words += 1
    assert words >= 9 * len(load_targets())


def test_a_font_without_the_characters_would_be_noticed() -> None:
    """The guard of the tests above works: the default font has no Chinese."""
    figure = Figure()
    figure.suptitle("校准")
    with pytest.warns(UserWarning, match="missing from font"):
        drawn(figure)


def test_simulated_data_are_named_as_such() -> None:
    titles = {
        simulated: draw(evaluation(simulated=simulated))["harm.png"].get_suptitle()
        for simulated in (True, False)
    }
    assert "模拟数据" in titles[True]
    assert "模拟" not in titles[False]


def test_nothing_opens_a_window() -> None:
    draw(evaluation(simulated=True))
    assert mpl.get_backend().lower() == "agg"


def test_the_rules_baseline_counts_facts_of_the_allow_list() -> None:
    from zaojie_training.examples import FACT_NAMES

    assert set(RULE_CUES) <= set(FACT_NAMES)
