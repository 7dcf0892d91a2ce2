"""Reading a policy that is kept as a YAML file, with a sentence for each field at fault."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from zaojie_cases.errors import ConfigError
from zaojie_cases.mapping.errors import explain

Policy = TypeVar("Policy", bound=BaseModel)


def load_policy(path: Path | Traversable, policy: type[Policy], setting: str) -> Policy:
    """Return the ``policy`` in the file; ``setting`` is named in an error.

    Raises ConfigError for a file that cannot be read, is no YAML or breaks the policy's rules.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"读不了策略文件 {path.name}：请核对路径、权限和编码（UTF-8）", field=setting
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"策略文件 {path.name} 不是正确的 YAML：请检查缩进和冒号", field=setting
        ) from error
    if not isinstance(content, dict):
        raise ConfigError(f"策略文件 {path.name} 应写成“键: 值”", field=setting)
    try:
        return policy.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"策略文件 {path.name} 有误：{explain(error)}", field=setting) from None
