"""Targets: an outcome set, a horizon and a maturity rule. One YAML file each.

A label is 1 if one of the outcomes was observed within the horizon after the decision time,
0 if the horizon has passed in the data without one, and None (censored) if it has not:
an immature case is never a negative. A decision after the outcome has come about, or after
a time limit that runs from registration, has no label: there is nothing left to foresee.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zaojie_cases.errors import ConfigError
from zaojie_cases.mapping import Mapping
from zaojie_cases.mapping.errors import explain
from zaojie_cases.record import Outcome

Kind = Literal["binary", "one_of", "any_of"]
Label = int | str | tuple[str, ...] | None
PROCESS_CODES = frozenset({"L1", "attention"})
"""Outcomes of process: how an office or a platform works, not what parties to a dispute do."""


class Target(BaseModel):
    """What is predicted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    kind: Kind = "binary"
    outcomes: Annotated[tuple[str, ...], Field(min_length=1)]
    horizon_days: Annotated[float, Field(ge=0)]
    counted_from: Literal["decision", "registration"] = "decision"
    """From when the horizon runs: a time limit runs from registration."""
    process: bool = False
    stated: bool = False
    """The source states every label, yes and no; nothing is inferred from time passing."""

    def label(
        self,
        outcomes: Iterable[Outcome],
        at: datetime,
        data_cut: datetime,
        registered_at: datetime | None = None,
    ) -> Label:
        """Return the label of a case decided on ``at``, given data until ``data_cut``.

        ``registered_at``: of the case, where that is not the moment of decision.
        """
        own = [o for o in outcomes if o.outcome_code in self.outcomes]
        if self.stated:
            return self._stated(own)
        until = self.until(at, registered_at or at)
        happened = [o.observed_at for o in own if o.value == "1"]
        if until < at or any((registered_at or at) < seen <= at for seen in happened):
            return None
        if any(at < seen <= until for seen in happened):
            return 1
        return 0 if until <= data_cut else None

    def until(self, at: datetime, registered_at: datetime) -> datetime:
        """Return when the horizon of a decision ``at`` ends."""
        begin = registered_at if self.counted_from == "registration" else at
        return begin + timedelta(days=self.horizon_days)

    def _stated(self, own: Sequence[Outcome]) -> Label:
        if not own:
            return None
        if self.kind == "binary":
            return int(own[0].value == "1")
        if self.kind == "one_of":
            return own[0].value
        return tuple(part for part in own[0].value.split("|") if part)


def load_targets(directory: Path | None = None, names: Sequence[str] = ()) -> list[Target]:
    """Return the yes/no targets of ``directory``, or those that ship; only ``names`` if any.

    Raises ``ConfigError``.
    """
    root = directory or Path(str(files("zaojie_training"))) / "targets"
    paths = sorted(root.glob("*.yaml"))
    if not paths:
        raise ConfigError("目录里没有目标文件（*.yaml）。请检查 --targets 的路径。")
    targets = {target.name: target for target in map(_load, paths)}
    if len(targets) < len(paths):
        raise ConfigError("有两个目标文件写了同一个 name，请改名或删去一个。", field="name")
    missing = [name for name in names if name not in targets]
    if missing:
        raise ConfigError(
            f"训练配置要的目标 {'、'.join(missing)} 没有目标文件"
            f"（有：{'、'.join(targets)}）。请改正 targets，或补上目标文件。",
            field="targets",
        )
    return [target for name, target in targets.items() if not names or name in names]


def _load(path: Path) -> Target:
    try:
        target = Target.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            "目标文件读不出来，请检查 YAML 和编码（UTF-8）。", field=path.name
        ) from error
    except ValidationError as error:
        raise ConfigError(f"目标文件 {path.name} 有误：{explain(error)}") from error
    if target.kind != "binary":
        raise ConfigError(
            "train 只训练是/否目标（kind: binary）；多选一和可多选请用 zaojie fit。",
            field=path.name,
        )
    return target


def target_of_mapping(mapping: Mapping, name: str) -> Target:
    """Return the target ``name`` as ``mapping`` defines it. Raises ``ConfigError``."""
    rule = mapping.outcomes.get(name)
    if rule is None:
        known = "、".join(mapping.outcomes) or "无"
        raise ConfigError(
            f"映射 {mapping.name} 没有目标 {name}（可用：{known}）。"
            "请换一个 --target，或在映射文件的 outcomes 中写明它。",
            field="target",
        )
    horizon = rule.repeat.within_days if rule.repeat else 0.0
    horizon = rule.delay.longer_than_days if rule.delay else horizon
    return Target(
        name=name,
        title=name,
        kind=rule.kind,
        outcomes=(rule.code,),
        horizon_days=horizon,
        process=rule.code in PROCESS_CODES,
        stated=rule.repeat is None,
    )
