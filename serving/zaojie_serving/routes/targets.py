"""What the bundle in use can answer."""

from __future__ import annotations

from zaojie_serving.answers import TargetsAnswer
from zaojie_serving.parts import PartsDep
from zaojie_serving.routes.shared import versioned

router = versioned("targets", "评分")


@router.get(
    "",
    summary="在用模型能回答的目标",
    description="列出在用模型包的版本和目标。",
)
def get_targets(parts: PartsDep) -> TargetsAnswer:
    """Name the targets of the bundle in use."""
    scorer = parts.champion.require()
    return TargetsAnswer(bundle_version=scorer.version, targets=list(scorer.target_names))
