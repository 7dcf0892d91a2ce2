"""A home with two trained versions of a small simulated county, and a service that runs on it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

ZAOJIE = (sys.executable, "-c", "from zaojie_cases.cli import main; main()")
SIGNED = ("--waive", "all", "--reason", "simulated county, benchmark")
TARGETS = ("breakdown", "overdue")
_OPENER = build_opener(ProxyHandler({}))


class Home:
    """Runs the commands of ``zaojie`` in a home of its own."""

    def __init__(self, folder: Path, cases: int) -> None:
        self.folder = folder
        self.environment = os.environ | {"ZAOJIE_HOME": str(folder)}
        self.environment.pop("ZAOJIE_MLFLOW_URI", None)
        county = str(folder / "county.jsonl.gz")
        self.run("simulate", "--cases", str(cases), "--seed", "5", "--out", county)
        self.run("import", county, "--mapping", "county")
        self._targets = folder / "targets"
        self._targets.mkdir()
        for name in TARGETS:
            shutil.copy(str(files("zaojie_training") / "targets" / f"{name}.yaml"), self._targets)

    def run(self, *arguments: str) -> float:
        """Run one command; return how many seconds it took."""
        began = time.perf_counter()
        done = subprocess.run(
            [*ZAOJIE, *arguments],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            sys.exit(f"zaojie {' '.join(arguments)}\n{done.stderr[-2000:]}")
        return time.perf_counter() - began

    def train(self, seed: int) -> None:
        """Train :data:`TARGETS`, of which a small county has enough outcomes."""
        self.run("train", "--seed", str(seed), "--targets", str(self._targets))

    def challenge(self) -> float:
        """Let the candidate be the challenger."""
        return self.run("challenge", "--by", "A", *SIGNED)

    def promote(self) -> float:
        """Let two persons approve the challenger."""
        return self.run("promote", "--yes", "--by", "B", "--second", "C", *SIGNED)

    @contextmanager
    def service(self) -> Iterator[str]:
        """Run the service; yield its address once it is ready."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        command = [*ZAOJIE, "serve", "--demo", "--port", str(port)]
        with (self.folder / "service.log").open("w", encoding="utf-8") as log:
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
            try:
                while ready(address) is None:
                    if process.poll() is not None:
                        sys.exit((self.folder / "service.log").read_text(encoding="utf-8"))
                    time.sleep(0.1)
                yield address
            finally:
                process.terminate()
                process.wait()


def fetch(address: str, body: object | None = None) -> str:
    """Get an address, or post ``body`` to it."""
    data = None if body is None else json.dumps(body).encode()
    asked = Request(address, data, {"Content-Type": "application/json"})
    with _OPENER.open(asked, timeout=30) as answer:
        return str(answer.read().decode())


def ready(address: str) -> str | None:
    """Return the version of the bundle in use, None while the service does not answer."""
    try:
        return str(json.loads(fetch(f"{address}/readyz"))["bundle_version"])
    except (URLError, ConnectionError, TimeoutError):
        return None
