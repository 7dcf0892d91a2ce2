"""The command itself, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from zaojie_cases.errors import ConfigError
from zaojie_serving.errors import AddressError
from zaojie_serving.server import listen, settings_of

ROOTS = [str(p) for p in Path(__file__).parents[3].iterdir() if list(p.glob("zaojie_*"))]


def command(home: Path, *arguments: str) -> subprocess.Popen[str]:
    code = "import typer; from zaojie_serving.commands import register; app = typer.Typer()"
    code += "; register(app); app()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(ROOTS), "ZAOJIE_HOME": str(home), "PYTHONUTF8": "1"},
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = command(tmp_path, "serve", "--demo", "--port", "0")
    yield process
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_cleanly(
    running: subprocess.Popen[str], ending: signal.Signals
) -> None:
    assert running.stdout is not None
    watchdog = threading.Timer(60, running.kill)
    watchdog.start()
    found = re.search(r"http://127\.0\.0\.1:\d+", running.stdout.readline())
    assert found is not None
    with httpx2.Client(base_url=found[0], trust_env=False, timeout=30) as client:
        assert client.get("/livez").json() == {"status": "alive"}
        assert client.get("/readyz").status_code == 503
        assert "zaojie train" in client.get("/").text
    running.send_signal(ending)
    out, err = running.communicate(timeout=30)
    watchdog.cancel()
    assert "Traceback" not in err
    assert "ERROR" not in err
    if ending is signal.SIGINT:
        assert running.returncode == 0
        assert "服务已停止" in out


def test_a_key_is_shown_once_and_nothing_else_with_it(tmp_path: Path) -> None:
    out, err = command(tmp_path, "key", "new", "--name", "hotline").communicate(timeout=60)
    assert re.fullmatch(r"zj_[\w-]{43}", out.strip())
    assert out.strip() not in err
    assert "只显示这一次" in err


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AddressError, match=f"端口 {port} 已被占用.*zaojie serve --port"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(AddressError, match="--host"):
        listen("192.0.2.1", 0)


def test_a_wrong_setting_is_named_without_its_value() -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(mlflow_url="javascript:secret")
    assert caught.value.field == "mlflow_url"
    assert "secret" not in str(caught.value)
    assert settings_of(port=9, host=None).host == "127.0.0.1"
