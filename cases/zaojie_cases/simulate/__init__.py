"""The simulated county (模拟县): disputes whose true risks are known.

People are not simulated; disputes are. Every figure about this county is simulated and
says nothing about a real place.
"""

from __future__ import annotations

from zaojie_cases.simulate.county import oracle_path, write_county

__all__ = ["oracle_path", "write_county"]
