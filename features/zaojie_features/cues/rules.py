"""The red rules: cues that lead to help by people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zaojie_features.cues.compare import STANDING
from zaojie_features.cues.extractor import Hit
from zaojie_features.cues.finder import Span
from zaojie_features.cues.lexicon import lexicon


@dataclass(frozen=True, slots=True)
class RedRule:
    """A rule that fired, what it leads to, and the places in the narrative it rests on."""

    name: str
    title: str
    help: str
    spans: tuple[Span, ...]


def red_rules(hits: Iterable[Hit]) -> tuple[RedRule, ...]:
    """Return the red rules that the standing ``hits`` of one narrative fire."""
    spans: dict[str, list[Span]] = {}
    for hit in hits:
        if hit.scope in STANDING:
            spans.setdefault(hit.cue, []).append(hit.span)
    return tuple(
        RedRule(
            name,
            rule.title,
            rule.help,
            tuple(s for cue in [*rule.cues, *rule.needs] for s in spans.get(cue, [])),
        )
        for name, rule in lexicon().rules.items()
        if all(need in spans for need in rule.needs) and any(cue in spans for cue in rule.cues)
    )
