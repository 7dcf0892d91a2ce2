from __future__ import annotations

from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from zaojie_cases.normalise import fold
from zaojie_features import corpus as corpus_module
from zaojie_features.corpus import Corpus
from zaojie_features.subjects import subjects
from zaojie_features.text import (
    BLOCKS,
    LONGEST_LEAD,
    BlockName,
    TextRow,
    TextSpace,
    count_terms,
    lead_of,
    where,
)

NEUTRAL = yaml.safe_load(
    (files("zaojie_cases") / "data" / "neutral.yaml").read_text(encoding="utf-8")
)
WORDS = [word for part in ("blocked", "same") for group in NEUTRAL[part].values() for word in group]
WORDS += [word for group in NEUTRAL["same"].values() for word in group]
DOCUMENTS = [
    "两家因排水沟的走向争执多日，村干部到场劝解，双方约定改日再谈。",
    "两家因排水沟争执，排水沟排水沟，争执争执，扬言要弄死对方！",
    "工程完工半年，工资至今未付，多次反映没有答复。工资工资工资。",
    "楼上漏水，物业多次上门，仍在漏水；要求赔偿ABC公司装修损失3000元。",
    "楼上又漏水了，要求赔偿装修损失，物业公司没有答复",
    "😀 \x07\x00 OK，排水沟",
    "",
    "No Chinese at all, 3000.",
    "No Chinese at all, again!",
]
ODD = [
    "",
    " \n\t\u3000",
    "😀😀😀",
    "\x00\x01\x1c\x85\u2028",
    "plain ASCII only 123",
    "привет ١٢٣",
    "〔电话〕当事人甲",
    "。，！？",
    "𠀀𠀁𠀂",
    "排" * 20_000,
    "排水沟的走向争执多日，" * 1_800,
]


def corpus_of(documents: list[str], form: str = "plain") -> Corpus:
    corpus = Corpus()
    for document in documents:
        corpus.add(document, form)
    return corpus


def learnt(documents: list[str], form: str = "plain") -> TextSpace:
    return corpus_of(documents, form).learn(range(len(documents)))


def same(one: TextRow, other: TextRow) -> bool:
    """Equal bit for bit."""
    return (
        one.columns.tolist() == other.columns.tolist()
        and one.weights.tobytes() == other.weights.tobytes()
    )


def vectorizer(block: BlockName) -> TfidfVectorizer:
    def cut(narrative: str) -> list[str]:
        return list(count_terms(narrative, "plain")[block].elements())

    return TfidfVectorizer(analyzer=cut, sublinear_tf=True, min_df=2, norm="l2")


def test_words_go_in_alone_and_in_pairs_and_characters_in_runs_of_up_to_three() -> None:
    found = count_terms("排水沟 争执，争执", "plain")
    assert found["word"] == Counter({"排水沟": 1, "争执": 2, "排水沟 争执": 1, "争执 争执": 1})
    text = "排水沟争执,争执"
    assert found["char"] == Counter(
        text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)
    )


@pytest.mark.parametrize("block", BLOCKS)
def test_rows_are_those_of_scikit_learn(block: BlockName) -> None:
    theirs = vectorizer(block)
    matrix = theirs.fit_transform(DOCUMENTS).toarray()
    space = learnt(DOCUMENTS)
    terms = list(theirs.get_feature_names_out())
    assert list(space.idf[block]) == terms, "the same terms in the same order"
    assert list(space.idf[block].values()) == pytest.approx(theirs.idf_.tolist(), abs=1e-12)
    first = space.column(block, terms[0])
    assert matrix.any()
    for narrative, wanted in zip(DOCUMENTS, matrix, strict=True):
        row = space.row(count_terms(narrative, "plain"))
        dense = np.zeros(space.size)
        dense[row.columns] = row.weights
        np.testing.assert_allclose(dense[first : first + len(terms)], wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("block", BLOCKS)
def test_unseen_text_is_weighed_as_scikit_learn_does(block: BlockName) -> None:
    theirs = vectorizer(block).fit(DOCUMENTS)
    space = learnt(DOCUMENTS)
    unseen = "两家为排水沟和漏水的赔偿又起争执，争执，火星语"
    wanted = theirs.transform([unseen]).toarray()[0]
    row = space.row(count_terms(unseen, "plain"))
    found = {space.terms()[c]: w for c, w in zip(row.columns, row.weights, strict=True)}
    for term, weight in zip(theirs.get_feature_names_out(), wanted, strict=True):
        assert found.get((block, term), 0.0) == pytest.approx(weight, abs=1e-12)


@given(st.lists(st.text("排水沟争执 两家，a1😀", max_size=30), min_size=1, max_size=8))
@settings(max_examples=50)
def test_rows_for_training_equal_rows_for_scoring_bit_for_bit(more: list[str]) -> None:
    documents = [*DOCUMENTS, *more]
    corpus = corpus_of(documents)
    for space in (corpus.learn(range(len(documents))), corpus.learn(range(3))):
        rows = corpus.rows(space)
        alone = [space.row(count_terms(document, "plain")) for document in documents]
        assert all(same(one, other) for one, other in zip(rows, alone, strict=True))


def test_columns_are_words_then_characters_each_in_code_point_order() -> None:
    space = learnt(DOCUMENTS)
    terms = space.terms()
    assert terms == sorted(terms, key=lambda pair: (BLOCKS.index(pair[0]), pair[1]))
    assert space.size == len(terms) == len(set(terms))
    assert [space.column(*term) for term in terms] == list(range(space.size))
    assert space.column("word", "火星语") is None
    row = space.row(count_terms(DOCUMENTS[1], "plain"))
    assert row.columns.tolist() == sorted(set(row.columns.tolist()))


def test_a_space_is_learnt_from_the_chosen_documents_only() -> None:
    corpus = corpus_of(DOCUMENTS)
    space = corpus.learn([0, 1])
    assert space.idf == learnt(DOCUMENTS[:2]).idf
    assert space.column("word", "漏水") is None
    assert space.column("word", "排水沟") is not None


def test_a_term_of_one_document_is_not_kept() -> None:
    space = learnt(["排水沟排水沟排水沟", "工资", "工资"])
    assert space.column("char", "工资") is not None
    assert space.column("char", "排水") is None


def test_the_most_frequent_terms_are_kept_ties_by_code_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(corpus_module.MOST_TERMS, "char", 3)
    space = learnt(["丙丁", "丙丁", "丙乙", "乙"])
    assert list(space.idf["char"]) == ["丁", "丙", "丙丁"]
    monkeypatch.setitem(corpus_module.MOST_TERMS, "char", 2)
    assert list(learnt(["丙丁", "丙丁", "丙乙", "乙"]).idf["char"]) == ["丁", "丙"]


def test_nothing_learnt_weighs_nothing() -> None:
    space = Corpus().learn([])
    assert space.size == 0
    assert space.row(count_terms("排水沟", "plain")).columns.tolist() == []


@pytest.mark.parametrize("form", ["plain", "segmented"])
@pytest.mark.parametrize("narrative", ODD, ids=range(len(ODD)))
def test_odd_text_has_a_row(narrative: str, form: str) -> None:
    space = learnt([*DOCUMENTS, narrative, narrative], form)
    row = space.row(count_terms(narrative, form))
    assert np.isfinite(row.weights).all()
    assert (row.weights > 0).all()
    blocks = np.array([space.terms()[column][0] for column in row.columns])
    for block in BLOCKS:
        own = row.weights[blocks == block]
        assert not len(own) or np.linalg.norm(own) == pytest.approx(1.0)


def test_only_words_and_marks_without_meaning_leave_nothing() -> None:
    space = learnt(DOCUMENTS)
    assert space.row(count_terms("〔电话〕当事人甲 女", "plain")).columns.tolist() == []


def lead(narrative: str) -> str:
    return "".join(piece.text for piece in lead_of(narrative))


@pytest.mark.parametrize("end", "。！？\n!?")
def test_the_lead_is_the_first_sentence(end: str) -> None:
    assert lead(f"楼上漏水，女方求助{end}物业没有答复") == "楼上漏水,求助"
    assert "物业" not in count_terms(f"楼上漏水{end}物业没有答复", "plain")["lead"]


def test_the_lead_is_short_and_what_is_not_read_does_not_count() -> None:
    assert lead("排" * 100) == "排" * LONGEST_LEAD
    assert lead("排沟女排沟" + "女" * 100 + "水" * 100) == "排沟排沟" + "水" * (LONGEST_LEAD - 4)
    assert lead("女" * 100) == lead("") == ""


def test_segmented_text_keeps_the_words_of_its_source() -> None:
    found = count_terms("排水 沟 走向 争执", "segmented")
    assert found["word"] == Counter(
        ["排水", "沟", "走向", "争执", "排水 沟", "沟 走向", "走向 争执"]
    )
    assert found["char"] == count_terms("排水沟走向争执", "plain")["char"]


def test_words_do_not_pair_and_grams_do_not_run_over_what_is_blocked() -> None:
    found = count_terms("排水沟 女方 走向", "plain")
    assert set(found["word"]) == {"排水沟", "走向"}
    assert "沟走" not in found["char"]


@pytest.mark.parametrize("form", ["plain", "segmented"])
def test_no_neutral_word_reaches_the_vocabulary(form: str) -> None:
    frames = ["村民{}在场，{}称与{}有争执", "{}和{}、{}都到了", "{} {}\n{}，上门"]
    documents = [frame.format(*[word] * 3) for word in WORDS for frame in frames]
    documents += [" ".join(WORDS), "".join(WORDS), "".join(reversed(WORDS))]
    spaced = [" ".join(document) for document in documents]
    space = learnt([*documents, *documents, *spaced], form)
    read = {term.replace(" ", "") for _, term in space.terms()}
    assert "在场" in read
    assert sorted(word for word in WORDS if any(word in term for term in read)) == []


@pytest.mark.parametrize("group", [*NEUTRAL["blocked"].values(), *NEUTRAL["same"].values()])
def test_exchanging_words_of_one_neutral_group_changes_no_term(group: list[str]) -> None:
    frame = (
        "{0}一家与隔壁{0}为排水沟的走向以及屋檐滴水已经前后争执了很长一段时间{0}说要拆{0}说"
        "不行村里人去劝过三次也没有结果大家都很着急{0}不听。后来{0}上门。"
    )
    wanted = count_terms(frame.format(group[0]), "plain")
    assert [word for word in group if count_terms(frame.format(word), "plain") != wanted] == []


def test_traditional_and_full_width_text_has_the_features_of_simplified_text() -> None:
    one = "鄰里因滴水檐與排水溝糾紛爭執，對方揚言要動手！ＡＢ３０００"
    other = "邻里因滴水檐与排水沟纠纷争执,对方扬言要动手!ab3000"
    assert count_terms(one, "plain") == count_terms(other, "plain")


@pytest.mark.parametrize("form", ["plain", "segmented"])
@given(
    narrative=st.lists(st.sampled_from(DOCUMENTS + ODD[:-2]) | st.text(max_size=20)).map("".join)
)
@settings(max_examples=60)
def test_every_term_is_found_where_it_stands(narrative: str, form: str) -> None:
    counts = count_terms(narrative, form)
    wanted = {(block, term) for block in BLOCKS for term in counts[block]}
    places = where(narrative, form, wanted)
    assert set(places) == wanted, "each counted term has a place, and nothing else"
    folded = fold(narrative)
    replaced = any(word in "".join(folded.split()) for word in WORDS)
    for (block, term), spans in places.items():
        assert len(spans) == counts[block][term]
        for start, end in spans:
            stretch = "".join(folded[start:end].split())
            bare = term.replace(" ", "")
            if block == "subject":
                matters = subjects()[term.partition("/")[0]]
                named = (
                    matters[term.partition("/")[2]] if "/" in term else sum(matters.values(), ())
                )
                assert stretch in named
                continue
            # Between the two words of a pair stands what is no word.
            assert replaced or stretch == bare or (block == "word" and " " in term)
            assert replaced or (stretch.startswith(bare[0]) and stretch.endswith(bare[-1]))


def test_places_are_in_the_narrative_as_it_was_given() -> None:
    narrative = "原告ＡＢＣ 与丈夫因排\n水溝爭執。排水溝！"
    places = where(narrative, "plain", {("char", "排水沟"), ("word", "配偶"), ("word", "争执")})
    told = {
        term: [narrative[slice(*span)] for span in spans] for (_, term), spans in places.items()
    }
    assert told == {"排水沟": ["排\n水溝", "排水溝"], "配偶": ["丈夫"], "争执": ["爭執"]}
    assert where(narrative, "plain", set()) == {}
