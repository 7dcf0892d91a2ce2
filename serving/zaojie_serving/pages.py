"""Pages for people: rendered here, complete in themselves, usable without a network."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders the templates; everything that they show is escaped."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
        )

    def console(self, content: Mapping[str, Any]) -> HTMLResponse:
        """Return the console."""
        return self._page("console.html", content)

    def links(self, content: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """Return the page of registrations that may be the same dispute."""
        return self._page("links.html", content, status)

    def matters(self, content: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """Return the page of group matters."""
        return self._page("matters.html", content, status)

    def problem(self, content: Mapping[str, Any]) -> HTMLResponse:
        """Return the page of a problem type."""
        return self._page("problem.html", content)

    def _page(self, name: str, content: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        text = self._templates.get_template(name).render(content, nonce=nonce)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'self'"
        )
        # Our own forms must say where they come from; other sites learn nothing as before.
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"}
        return HTMLResponse(text, status, headers)
