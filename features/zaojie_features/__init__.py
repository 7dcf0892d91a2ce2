"""Zaojie: features."""

from __future__ import annotations
