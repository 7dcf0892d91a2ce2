"""The simulated county (模拟县): disputes whose true risks are known.

People are not simulated; disputes are. Every figure about this county is simulated and
says nothing about a real place.
"""

from __future__ import annotations

from zaojie_cases.simulate.county import oracle_path, truth_path, write_county
from zaojie_cases.simulate.presets import Preset, load_preset, load_presets

__all__ = [
    "Preset",
    "load_preset",
    "load_presets",
    "oracle_path",
    "truth_path",
    "write_county",
]
