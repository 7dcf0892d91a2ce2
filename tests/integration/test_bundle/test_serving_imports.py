"""Serving and scoring live without the training libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCES = [str(path) for path in ROOT.iterdir() if list(path.glob("zaojie_*"))]
TRAINING = ("pandas", "sklearn", "mlflow", "matplotlib", "joblib", "zaojie_training")
# LightGBM imports pandas and scikit-learn where they are installed; a serving install has
# neither, so they are made impossible to import here.
SCRIPT = """
import importlib.abc, sys

TRAINING = sys.argv[2].split()

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in TRAINING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import zaojie_serving.app, zaojie_serving.commands, zaojie_models.scoring, zaojie_models.commands
from pathlib import Path
from zaojie_models.bundle import Bundle
from zaojie_models.golden import golden_snapshots, replay_golden

directory = Path(sys.argv[1])
bundle = Bundle.load(directory)
replay_golden(directory, bundle)
scores = bundle.score(golden_snapshots())
assert all(score.targets for score in scores)
print(" ".join(name for name in TRAINING if name in sys.modules), "ok")
"""


def test_serving_scores_without_a_training_library(county) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(county.directory), " ".join(TRAINING)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["ok"]
