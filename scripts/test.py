"""The second of the two commands: set up, then run every check and all tests."""

import shutil
import time

import python_version  # noqa: F401  before anything that an old Python cannot read
from environment import BIN, apt_install, child_environment, ensure, say, start
from processes import Children

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

NO_BROWSER = """\
没有找到 Chromium，浏览器测试会跳过。要运行它们，请先安装 chromium 和中文字体。
No Chromium: browser tests will be skipped. To run them: apt-get install chromium fonts-noto-cjk"""

CHECKS = (
    "ruff check",
    "ruff format --check",
    "mypy --strict",
    "lint-imports",
    "deptry .",
    "pytest",
)


def main(children: Children) -> int:
    """Run all checks, even after one has failed; returns 0 if all passed."""
    ensure("test", children)
    if not any(map(shutil.which, BROWSERS)) and not apt_install(
        ["chromium", "fonts-noto-cjk"], children
    ):
        say(NO_BROWSER)
    failed = 0
    for check in CHECKS:
        say(f"\n== {check}")
        begin = time.monotonic()
        command, *arguments = check.split()
        code = children.run([str(BIN / command), *arguments], child_environment())
        failed += code != 0
        outcome = f"未通过 / FAILED ({code})" if code else "通过 / passed"
        say(f"== {check}: {outcome}, {time.monotonic() - begin:.1f} s")
    say(f"checks: {len(CHECKS) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    start(main)
