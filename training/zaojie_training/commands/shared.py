"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="随机种子；同样的数据和种子得到同样的模型包")
]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="策略文件；不写用自带的")]
