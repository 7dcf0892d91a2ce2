"""What every test may rely on."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Give signals their usual meaning back.

    A suite started by nohup or in the background inherits ignored signals, and so would
    every process that a test starts and stops.
    """
    for name, usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)
