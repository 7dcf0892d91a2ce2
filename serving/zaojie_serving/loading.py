"""Which bundles the service lets answer."""

from __future__ import annotations

from pathlib import Path

from zaojie_models.bundle import Bundle
from zaojie_models.golden import GOLDEN, replay_golden


def load_trusted(directory: Path, trusted: Path) -> Bundle:
    """Read a bundle that is whole, signed by a key in ``trusted``, and answers as it was made.

    Replaying its golden cases also does the work that would keep the first caller waiting.
    Raises BundleError with a sentence that says what to do.
    """
    bundle = Bundle.load(directory, trusted=trusted)
    if GOLDEN in bundle.manifest.files:
        replay_golden(directory, bundle)
    return bundle
