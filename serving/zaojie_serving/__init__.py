"""Zaojie: serving."""

from __future__ import annotations
