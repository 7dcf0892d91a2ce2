from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from zaojie_features import fingerprint as module
from zaojie_features.fingerprint import fingerprint


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Copies of the packages, which the fingerprint is taken of while the test runs."""
    for name in ("zaojie_features", "zaojie_cases"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(str(files(name)), tmp_path / name, ignore=ignored)
    monkeypatch.setattr(module, "files", lambda name: tmp_path / name)
    fingerprint.cache_clear()
    yield tmp_path
    fingerprint.cache_clear()


def again() -> str:
    fingerprint.cache_clear()
    return fingerprint()


def test_it_is_a_hash_and_the_same_elsewhere(copies: Path) -> None:
    there = again()
    assert len(there) == 64
    shutil.rmtree(copies / "zaojie_features")
    shutil.copytree(str(files("zaojie_features")), copies / "zaojie_features")
    assert again() == there, "compiled files and folders do not count"


@pytest.mark.parametrize(
    "part",
    [
        "zaojie_features/text.py",
        "zaojie_features/facts.py",
        "zaojie_features/cues/extractor.py",
        "zaojie_features/data/cues/harm.yaml",
        "zaojie_features/data/cues/scopes.yaml",
        "zaojie_features/data/words.txt",
        "zaojie_cases/data/neutral.yaml",
        "zaojie_features/data/allowlist.yaml",
        "zaojie_cases/masking/names.py",
        "zaojie_cases/masking/data/surnames.yaml",
        "zaojie_cases/history.py",
        "zaojie_cases/sketch.py",
        "zaojie_cases/linking/compare.py",
        "zaojie_cases/linking/data/weights.yaml",
        "zaojie_cases/snapshot.py",
        "zaojie_cases/ledger_entries.py",
        "zaojie_cases/record.py",
    ],
)
def test_what_turns_a_case_into_numbers_counts(copies: Path, part: str) -> None:
    before = again()
    path = copies / part
    path.write_bytes(path.read_bytes() + b"\n#\n")
    assert again() != before


def test_line_ends_do_not_count(copies: Path) -> None:
    before = again()
    path = copies / "zaojie_features" / "data" / "cues" / "cues.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert again() == before


def test_moving_a_line_from_one_file_to_another_counts(copies: Path) -> None:
    before = again()
    data = copies / "zaojie_features" / "data"
    cues, words = data / "cues" / "words.yaml", data / "words.txt"
    text = cues.read_bytes()
    cues.write_bytes(text[:-5])
    words.write_bytes(text[-5:] + words.read_bytes())
    assert again() != before


def test_a_file_more_or_less_counts(copies: Path) -> None:
    before = again()
    (copies / "zaojie_features" / "data" / "more.txt").write_text("")
    assert again() != before


def test_the_libraries_that_cut_and_fold_text_count(
    copies: Path,  # noqa: ARG001 (keeps the cache apart)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = again()
    monkeypatch.setattr(module, "version", lambda _: "0")
    assert again() != before
