from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zaojie_serving.highlight import Piece, pieces_of

spans = st.lists(st.tuples(st.integers(-3, 30), st.integers(-3, 30)), max_size=4)
reasons = st.lists(st.tuples(st.sampled_from(["rule", "word"]), spans), max_size=4)


@given(st.text(max_size=25), reasons)
def test_nothing_of_the_text_is_lost_or_doubled(text, found) -> None:
    pieces = pieces_of(text, found)
    assert "".join(piece.text for piece in pieces) == text
    assert all(one.mark != two.mark for one, two in pairwise(pieces))


def test_the_first_reason_marks_a_place_that_several_rest_on() -> None:
    found = pieces_of("他说要弄死人", [("rule", [(2, 5)]), ("word", [(3, 6)])])
    assert found == [Piece("他说", None), Piece("要弄死", "rule"), Piece("人", "word")]
