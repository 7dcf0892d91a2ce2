"""Zaojie: serving. The HTTP API, warnings with their clocks, and the console.

``zaojie_serving.app.create_app`` makes the application; nothing is imported here, so that
the command line stays quick.
"""

from __future__ import annotations
