"""The console script ``zaojie``: the commands of all rooms, and failures as one sentence.

A room brings its commands by an entry point of the group ``zaojie.commands``: a function
``register(app: typer.Typer) -> None``.
"""

from __future__ import annotations

import errno
import os
import sys
from difflib import get_close_matches
from importlib.metadata import entry_points
from io import TextIOWrapper
from pathlib import Path
from traceback import extract_tb
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from zaojie_cases.errors import MissingExtraError, ZaojieError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""
WRONG = 2
"""Exit code when the user can mend what is wrong."""
DEFECT = 1
"""Exit code when only a developer can."""

_EXTRA_OF = {
    "fastapi": "serving",
    "fastapi_offline": "serving",
    "jinja2": "serving",
    "prometheus_client": "serving",
    "starlette": "serving",
    "uvicorn": "serving",
    "matplotlib": "training",
    "mlflow": "training",
    "mplfonts": "training",
    "pandas": "training",
    "pyarrow": "training",
    "scipy": "training",
    "sklearn": "training",
}
_OS_REASONS = {
    errno.ENOSPC: "磁盘已满：请清理磁盘或换一个目录后重试；此前已写入的数据不受影响。",
    errno.EDQUOT: "磁盘配额已用完：请清理后重试；此前已写入的数据不受影响。",
    errno.EACCES: "没有权限读写{name}：请检查文件和目录的权限，或换一个目录。",
    errno.EPERM: "没有权限读写{name}：请检查文件和目录的权限，或换一个目录。",
    errno.EROFS: "不能写入{name}：这个目录是只读的，请换一个目录。",
    errno.ENOENT: "找不到{name}：请核对路径。",
    errno.EISDIR: "{name}是目录：请给出文件。",
    errno.EEXIST: "{name}已存在，且不是目录：请换一个路径。",
    errno.ENOTDIR: "{name}的上级不是目录：请核对路径。",
    errno.EADDRINUSE: "端口已被占用：请换一个端口，或先停掉占用它的程序。",
}


class UnknownCommandError(ZaojieError):
    """There is no such command, or the room that has it could not be loaded."""

    code = "ZJ6000"


class _Commands(TyperGroup):
    # Any: the types of Typer's own signature are private.
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            near = get_close_matches(name, self.commands, n=1)
            hint = f"是不是 zaojie {near[0]}？" if near else ""
            raise UnknownCommandError(f"没有这个命令。{hint}运行 zaojie --help 可看到全部命令。")
        return super().resolve_command(ctx, args)


def build_app() -> tuple[typer.Typer, list[ModuleNotFoundError]]:
    """Return the application with the commands of all rooms, and what kept rooms away."""
    app = typer.Typer(
        cls=_Commands,
        help="早解：矛盾纠纷预警。给案件评分，让人及时上门；从不给人评分。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # their frames would show case texts
    )
    missing = []
    for entry in entry_points(group="zaojie.commands"):
        try:
            entry.load()(app)
        except ModuleNotFoundError as error:
            missing.append(error)
    return app, missing


def main() -> NoReturn:
    """Run ``zaojie``; leaves with 0, 2 (mend the input), 130 (Ctrl-C) or 1 (a defect)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no Chinese
    if len(sys.argv) < 2 or "--help" in sys.argv:
        _speak_chinese()
    sys.exit(_run())


def _speak_chinese() -> None:
    """Give the parts of the help Chinese names; Typer has no setting for them."""
    from typer import rich_utils  # noqa: PLC0415 - slow, and only the help needs it

    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.REQUIRED_LONG_STRING = "（必填）"
    rich_utils.DEFAULT_STRING = "（默认：{}）"


def _run() -> int:
    missing: list[ModuleNotFoundError] = []
    try:
        app, missing = build_app()
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return _say("已中断。已写入的数据不受影响，可重新运行同一命令。", INTERRUPTED)
    except UnknownCommandError as error:
        return _say("\n".join([str(error), *map(_extra_sentence, missing)]), WRONG)
    except ZaojieError as error:
        return _say(str(error), WRONG)
    except typer.TyperException as error:
        return _say(_usage_sentence(error), WRONG)
    except Exception as error:
        if os.environ.get("ZAOJIE_DEBUG"):
            raise
        sentence = _sentence(error)
        return _say(sentence or _defect(error), WRONG if sentence else DEFECT)


def _say(sentence: str, code: int) -> int:
    typer.echo(sentence, err=True)
    return code


def _sentence(error: Exception) -> str | None:
    """Return what to do about a refusal or an error of the machine; None for a defect of ours."""
    if isinstance(error, typer.Abort):
        return "没有确认，什么也没有改变。不想被询问时请加 --yes。"
    if isinstance(error, ModuleNotFoundError):
        return _extra_sentence(error)
    if isinstance(error, OSError) and error.errno in _OS_REASONS:
        name = Path(str(error.filename)).name if error.filename else "文件"
        return _OS_REASONS[error.errno].format(name=f" {name} ")
    return None


def _extra_sentence(error: ModuleNotFoundError) -> str:
    library = (error.name or "").partition(".")[0]
    extra = _EXTRA_OF.get(library)
    need = f"这个命令需要 {library}" if extra else f"安装不完整，缺少 {library}"
    # Never a bare package name: on an index it could be a stranger's.
    package = "requirements/serving.txt" if extra == "serving" else "requirements/run.txt"
    return str(
        MissingExtraError(
            f"{need}：请在项目目录运行 pip install --require-hashes -r {package} 后重试。"
        )
    )


def _usage_sentence(error: typer.TyperException) -> str:
    param = getattr(error, "param", None)
    hint = f" {param.get_error_hint()}" if param else ""
    match type(error).__name__:
        case "NoArgsIsHelpError":
            return error.message
        case "MissingParameter":
            wrong = f"缺少参数{hint}"
        case "NoSuchOption":
            wrong = f"没有选项 {getattr(error, 'option_name', '')}"
        case "BadParameter":
            wrong = f"参数{hint} 的值不对"
        case _:
            wrong = f"命令的写法不对：{error.format_message()}"
    return f"{wrong}。加上 --help 可看到这个命令的用法。"


def _defect(error: Exception) -> str:
    """Return one line for the maintainers, without the message: it may hold case texts."""
    place = extract_tb(error.__traceback__)[-1]
    return (
        f"程序出错：{type(error).__name__}（{Path(place.filename).name} 第 {place.lineno} 行）。"
        "请把这一行告诉维护者；设 ZAOJIE_DEBUG=1 再运行可看到详情（其中可能有案件内容）。"
    )
