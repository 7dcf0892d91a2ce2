"""A hash of everything that turns a snapshot into numbers.

It covers the code and data files of this package, the record's own, masking, history and
snapshot code, a mediator's own phrases (setting ``ZAOJIE_CUES``), and the versions of the
libraries that cut and fold text. A bundle stores it; scoring with other feature code is
refused, because nothing else would tell.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from zaojie_features.cues.lexicon import own_source

_LIBRARIES = ("jieba", "opencc-python-reimplemented")
_RECORD_PARTS = (
    "data",
    "masking",
    "history.py",
    "ledger_entries.py",
    "linking",
    "normalise.py",
    "record.py",
    "sketch.py",
    "snapshot.py",
)
_NOT_COUNTED = frozenset({"linking/pairs.py", "linking/report.py", "linking/run.py"})
"""What lists and shows links to people; no snapshot passes through it."""
_COUNTED = (".py", ".yaml", ".txt")


def _leaves(node: Traversable, path: str) -> list[tuple[str, Traversable]]:
    if node.is_file():
        return [(path, node)] if path.endswith(_COUNTED) and path not in _NOT_COUNTED else []
    inner = sorted(node.iterdir(), key=lambda child: child.name)
    return [leaf for child in inner for leaf in _leaves(child, f"{path}/{child.name}")]


@cache
def fingerprint() -> str:
    """Return the fingerprint of the feature code in use: 64 hexadecimal digits."""
    digest = hashlib.sha256()
    record = files("zaojie_cases")
    roots = [("features", files("zaojie_features"))]
    roots += [(part, record / part) for part in _RECORD_PARTS]
    for name, root in roots:
        for path, leaf in _leaves(root, name):
            # Line ends differ between systems' checkouts, the meaning does not.
            digest.update(path.encode() + b"\0" + leaf.read_bytes().replace(b"\r\n", b"\n"))
    if own := own_source():
        digest.update(b"cues\0" + own.text.encode())
    for library in _LIBRARIES:
        digest.update(f"{library}=={version(library)}".encode())
    return digest.hexdigest()
