"""The first of the two commands, in short form: it shows warnings and leaves nothing running."""

from __future__ import annotations

import re
import signal
import time
import urllib.request

import pytest


def fetch(address: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=30) as answer:
        return str(answer.read().decode())


def test_every_step_is_shown_as_a_command(main_job) -> None:
    steps = re.findall(r"^  \$ \S*zaojie (\w+)", main_job.output, re.M)
    assert steps == [*("simulate", "import", "train", "evaluate", "challenge", "promote", "serve")]


def test_new_cases_raise_warnings_with_reasons(main_job) -> None:
    table = main_job.output.partition("三件新案的预警")[2]
    assert re.search(r"│ 红 +│ WG-", table)
    assert re.search(r"│ ·\w", table)
    assert "前签收" in table


def test_the_links_lead_to_console_documents_and_mlflow(main_job) -> None:
    console = main_job.link("/docs").removesuffix("/docs")
    assert "红色预警" in fetch(f"{console}/")
    assert "/v1/cases" in fetch(f"{console}/openapi.json")
    tracking = main_job.output.partition("MLflow  ")[2].partition("\n")[0].strip()
    assert "MLflow" in fetch(tracking)


def test_a_second_run_adds_nothing_twice_and_ends_by_itself(main_job, start_job) -> None:
    again = start_job(main_job.home, "--once")
    assert again.finish() == 0, again.output
    assert re.search(r"新增 0 件.*未变 \d+ 件", again.output), again.output
    assert "三件新案的预警" in again.output
    assert again.link("/docs") != main_job.link("/docs"), "one port was given twice"


@pytest.mark.parametrize(
    ("step", "number"), [("▶ 导入", signal.SIGTERM), ("▶ 训练", signal.SIGINT)]
)
def test_a_signal_in_the_middle_leaves_nothing_running(tmp_path, start_job, step, number) -> None:
    job = start_job(tmp_path / "home")
    job.wait_for(step)
    time.sleep(1)  # into the step, not before it
    assert job.finish(number) == 130, job.output
    assert job.still_running() == []


def test_ctrl_c_after_showing_leaves_nothing_running(main_job) -> None:
    """The last test of this file: it ends the job that the others look at."""
    assert len(main_job.still_running()) >= 3
    assert main_job.finish(signal.SIGINT) == 130
    assert main_job.still_running() == []
