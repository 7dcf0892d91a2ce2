"""Makes the project's own environment in ``.venv``; standard library only.

What is installed comes from the hash-pinned locks in ``requirements/``; where it comes from
is decided by the user's own pip configuration. A stamp in ``.venv`` tells that all is done;
a mark tells that an earlier run was interrupted, and then everything is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from processes import Children
from python_version import NEWEST, OLDEST

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "zaojie-stamp"
UNFINISHED = VENV / "zaojie-unfinished"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
COVERED_BY = {"run": ("run", "test"), "test": ("test",)}
"""Which environments serve a purpose: everything in run.txt stands in test.txt too."""

NO_VENV = """
建不了虚拟环境：本机 Python 缺少 venv 或 ensurepip。请先安装，再运行本命令。
No virtual environment: this Python lacks venv or ensurepip. Install it, then run this again.
  Debian / Ubuntu: sudo apt-get install {0} libgomp1
  其他系统 / elsewhere: venv + pip"""

NO_OPENMP = """
LightGBM 缺少系统库 OpenMP。请先安装，再运行本命令。
LightGBM lacks the system's OpenMP library. Install it, then run this again.
  Debian / Ubuntu: sudo apt-get install libgomp1
  Fedora: sudo dnf install libgomp        macOS: brew install libomp"""

NO_INSTALL = """{0}
安装失败，上面是 pip 的原话。请检查网络和 pip 设置（pip config list），再运行一次本命令。
Installation failed; pip's words are above. Check network and pip config, then run this again."""

NO_FILE = """
文件读写失败：{0}。请检查磁盘空间和目录权限，再运行一次本命令。
A file could not be read or written. Check disk space and permissions, then run this again."""


def start(main: Callable[[Children], int]) -> None:
    """Run a script's main part at the repository's root; whatever happens, no child stays."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    os.chdir(str(ROOT))
    try:
        with Children() as children:
            code = main(children)
    except KeyboardInterrupt:
        say("\n已停止，没有留下任何进程。 / Stopped; nothing is left running.")
        code = 130
    except OSError as error:
        sys.exit(NO_FILE.format(error))
    sys.exit(code)


def say(text: str, end: str = "\n") -> None:
    """Print at once."""
    print(text, end=end, flush=True)


def child_environment() -> dict[str, str]:
    """Return the environment of children: UTF-8, nothing of another Python, no telemetry."""
    own = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    own.update(
        PYTHONUTF8="1",
        PYTHONUNBUFFERED="1",
        PIP_USER="0",
        MPLCONFIGDIR=str(ROOT / ".cache" / "matplotlib"),
        MLFLOW_DISABLE_TELEMETRY="true",
        MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false",  # else it starts eight processes more
        GIT_PYTHON_REFRESH="quiet",
    )
    return own


def ensure(purpose: str, children: Children) -> None:
    """Make ``.venv`` fit for a purpose (``run`` or ``test``), unless it already is."""
    if _is_done(purpose):
        return
    say("准备运行环境 .venv（只需一次） / Setting up .venv (once)")
    if not _is_sound():
        shutil.rmtree(str(VENV), ignore_errors=True)
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    if not PYTHON.exists():
        _make_venv(children)
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--no-input", "--no-deps"]
    here = [*pip, "--no-build-isolation", "--use-pep517"]
    pinned = [*here, "--require-hashes", "-r"]
    lock = f"requirements/{purpose}.txt"
    count = Path(lock).read_text(encoding="utf-8").count("==")
    for title, command in (
        ("安装构建工具 / Installing build tools", [*pinned, "requirements/build.txt"]),
        (f"安装依赖 / Installing dependencies ({count})", [*pinned, lock]),
        ("安装早解 / Installing Zaojie", [*here, "-e", "."]),
    ):
        code, output = quietly(title, command, children)
        if code:
            sys.exit(NO_INSTALL.format(output))
    _check_openmp(children)
    STAMP.write_text(_stamp(purpose), encoding="utf-8")
    UNFINISHED.unlink()


def apt_install(packages: Sequence[str], children: Children) -> bool:
    """Install Debian packages if this is Debian and we are root; tell whether that worked."""
    if not shutil.which("apt-get") or getattr(os, "geteuid", lambda: 1)() != 0:
        return False
    quietly("更新软件包目录 / apt-get update", ["apt-get", "update"], children)
    install = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y"]
    command = [*install, "--no-install-recommends", *packages]
    return quietly(f"apt-get install {' '.join(packages)}", command, children)[0] == 0


def quietly(title: str, command: Sequence[str], children: Children) -> tuple[int, str]:
    """Run a command behind one line with the seconds it took; returns exit code and output."""
    begin = time.monotonic()
    say(f"  {title} … ", end="")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        child = children.start(command, child_environment(), output=log)
        while child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=1)
            if sys.stdout.isatty():
                say(f"\r  {title} … {time.monotonic() - begin:.0f} s", end="")
        clear = f"\r  {title} … " if sys.stdout.isatty() else ""
        say(f"{clear}{time.monotonic() - begin:.1f} s{'  ✗' if child.returncode else ''}")
        log.seek(0)
        return child.returncode, log.read()


def _stamp(purpose: str) -> str:
    """What the stamp says: where the environment was made, and from what."""
    digest = hashlib.sha256()
    for name in (f"requirements/{purpose}.txt", "requirements/build.txt", "pyproject.toml"):
        digest.update(Path(name).read_bytes())
    return f"{ROOT}\n{purpose} {digest.hexdigest()}\n"


def _is_done(purpose: str) -> bool:
    if UNFINISHED.exists() or not (STAMP.exists() and PYTHON.exists()):
        return False
    found = STAMP.read_text(encoding="utf-8")
    return any(found == _stamp(name) for name in COVERED_BY[purpose])


def _is_sound() -> bool:
    """Tell whether ``.venv`` can be built upon: whole, working, and made at this place."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    if STAMP.exists() and not STAMP.read_text(encoding="utf-8").startswith(f"{ROOT}\n"):
        return False
    look = f"import sys, pip; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    found = subprocess.run([str(PYTHON), "-c", look], capture_output=True, check=False)
    return found.returncode == 0


def _check_openmp(children: Children) -> None:
    """LightGBM's wheel needs the system's OpenMP, which the barest machines do not have."""
    look = [str(PYTHON), "-c", "import lightgbm"]
    title = "检查 LightGBM / Checking LightGBM"
    if quietly(title, look, children)[0] == 0:
        return
    if not apt_install(["libgomp1"], children) or quietly(title, look, children)[0]:
        sys.exit(NO_OPENMP)


def _make_venv(children: Children) -> None:
    """Create ``.venv`` with pip in it, by whatever the machine offers."""
    venv = [sys.executable, "-m", "venv", str(VENV)]
    title = "建立虚拟环境 / Creating the virtual environment"
    if quietly(title, venv, children)[0] == 0:
        return
    # Debian keeps ensurepip in a package of its own; the machine's pip can stand in for it.
    pip = [sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "-q", "pip"]
    if (
        quietly(f"{title} (--without-pip)", [*venv, "--without-pip"], children)[0] == 0
        and quietly("安装 pip / Installing pip", pip, children)[0] == 0
    ):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if apt_install([package], children) and quietly(title, venv, children)[0] == 0:
        return
    sys.exit(NO_VENV.format(package))
