"""Refuses a Python that the locks do not cover; imported first by each script.

This file and the two scripts must stay readable for Python 3.6, or it would end with a
traceback instead of a sentence: therefore they alone do without the future import.
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)

REFUSAL = """\
早解需要 Python 3.11、3.12 或 3.13，现在用的是 {0}。请安装其中一个，再用它运行，例如：python3.12 {1}
Zaojie needs Python 3.11, 3.12 or 3.13; this is {0}. Install one of them and run: python3.12 {1}"""

if not OLDEST <= sys.version_info[:2] <= NEWEST:
    sys.exit(REFUSAL.format(".".join(str(part) for part in sys.version_info[:3]), sys.argv[0]))
