"""The first of the two commands: set up, then walk the whole way once.

Each step is a command that a user could type; it is printed before it runs. Everything that
is made lies in ``.zaojie`` (or ``ZAOJIE_HOME``); a second run adds nothing twice.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import python_version  # noqa: F401  before anything that an old Python cannot read
from environment import BIN, ROOT, child_environment, ensure, say, start
from processes import Children

READY_SECONDS = 120
SEED = "20261124"


def main(children: Children) -> int:
    """Set up, simulate, import, train, evaluate, challenge, promote, serve, score, show."""
    options = _options()
    begin = time.monotonic()
    if options.programs is None:
        ensure("run", children)
    job = MainJob(children, Path(options.programs or BIN))
    job.learn(options.cases)
    console = job.serve()
    minutes, seconds = divmod(round(time.monotonic() - begin), 60)
    say(f"\n全程 / The whole way: {minutes} min {seconds} s", end="\n\n")
    for name, address in console.items():
        say(f"  {name}  {address}")
    if options.once:
        return 0
    say("\n正在运行，按 Ctrl-C 结束。 / Running; press Ctrl-C to stop.")
    return job.watch()


class MainJob:
    """The steps, and where their things lie."""

    def __init__(self, children: Children, programs: Path) -> None:
        self._children = children
        self._programs = programs
        self._environment = child_environment()
        self._home = Path(self._environment.setdefault("ZAOJIE_HOME", ".zaojie"))
        self._services: dict[str, subprocess.Popen[str]] = {}

    def learn(self, cases: int) -> None:
        """From two simulated years of cases to a promoted champion."""
        county = str(self._home / "county.jsonl.gz")
        size = ["--cases", str(cases), "--seed", SEED]
        self._step("模拟一个县的两年 / Simulate a county", "simulate", *size, "--out", county)
        self._step("导入并脱敏 / Import and mask", "import", county, "--mapping", "county")
        self._step("训练并登记 / Train and register", "train")
        self._step("评估 / Evaluate", "evaluate")
        # A model of a simulated county is for looking at, whatever its gates say; the record
        # names each gate that was not passed, and who signed.
        signed = ["--waive", "all", "--reason", "模拟县演示，不用于真实案件"]
        who = ["--by", "数据员甲", *signed]
        self._step("门槛与试评分 / Gates, then challenger", "challenge", *who)
        both = [*who, "--second", "审核员乙"]
        self._step("两人批准为冠军模型 / Promote to champion", "promote", "--yes", *both)

    def serve(self) -> dict[str, str]:
        """Start the service and the MLflow pages, score new cases; returns the links."""
        say("\n▶ 启动服务 / Serve")
        service, tracking = free_port(8000), free_port(5000)
        pages = ["--mlflow-url", f"http://127.0.0.1:{tracking}/"]
        self._background("zaojie", "serve", "--demo", "--port", str(service), *pages)
        at = ["--host", "127.0.0.1", "--port", str(tracking), "--workers", "1"]
        store = ["--backend-store-uri", f"sqlite:///{self._home.resolve() / 'mlflow.db'}"]
        self._background("mlflow", "server", *at, *store)
        self._wait_for("zaojie", f"http://127.0.0.1:{service}/readyz")
        say("\n▶ 三件新案 / Three new cases")
        self._run("python", "scripts/new_cases.py", f"http://127.0.0.1:{service}")
        self._wait_for("mlflow", f"http://127.0.0.1:{tracking}/health")
        return {
            "工作台 / Console   ": f"http://127.0.0.1:{service}/",
            "接口文档 / API docs": f"http://127.0.0.1:{service}/docs",
            "训练记录 / MLflow  ": f"http://127.0.0.1:{tracking}/",
        }

    def watch(self) -> int:
        """Wait until a service ends by itself, which it should not; Ctrl-C leaves before."""
        while True:
            for program, child in self._services.items():
                if child.poll() is not None:
                    self._fail(program)
            time.sleep(0.5)

    def _step(self, title: str, *arguments: str) -> None:
        say(f"\n▶ {title}")
        begin = time.monotonic()
        self._run("zaojie", *arguments)
        say(f"  {time.monotonic() - begin:.1f} s")

    def _run(self, program: str, *arguments: str) -> None:
        code = self._children.run(self._command(program, *arguments), self._environment)
        if code:
            sys.exit(
                f"\n这一步没有完成（退出码 {code}），原因见上。改正后再运行一次，已做的不会重复。\n"
                "This step failed; see above. Run again once mended; nothing is done twice."
            )

    def _background(self, program: str, *arguments: str) -> None:
        command = self._command(program, *arguments)
        self._log(program).parent.mkdir(parents=True, exist_ok=True)
        with self._log(program).open("w", encoding="utf-8") as log:
            child = self._children.start(command, self._environment, output=log)
        self._services[program] = child

    def _command(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._programs / program), *arguments]
        say("  $ " + " ".join(command).replace(f"{ROOT}{os.sep}", ""))
        return command

    def _wait_for(self, program: str, address: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(address):
            if self._services[program].poll() is not None or time.monotonic() > deadline:
                self._fail(program)
            time.sleep(0.2)

    def _fail(self, program: str) -> None:
        log = self._log(program)
        say("\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]))
        sys.exit(f"\n{program} 没有运行起来，记录在 {log}。 / {program} is not running; see {log}.")

    def _log(self, program: str) -> Path:
        return self._home / "logs" / f"{program}.log"


def free_port(wanted: int) -> int:
    """Return the first port from ``wanted`` on that nobody listens at on this machine."""
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            if os.name != "nt":  # there it would let two listen at one port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"127.0.0.1:{wanted}-{wanted + 199}")


def answers(address: str) -> bool:
    """Tell whether an address of this machine answers with success, past any proxy."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="早解：从数据到预警走一遍 / the main job")
    parser.add_argument("--cases", type=int, default=6000, help="模拟多少件 / how many cases")
    parser.add_argument("--once", action="store_true", help="显示后即结束 / end after showing")
    parser.add_argument("--programs", help="用这个目录里的程序，不建 .venv / use these programs")
    return parser.parse_args()


if __name__ == "__main__":
    start(main)
