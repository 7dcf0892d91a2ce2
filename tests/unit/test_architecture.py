"""The shape of the house: who may import whom, how long things are, what must not stand here."""

from __future__ import annotations

import ast
import functools
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("cases", "features", "models", "training", "serving")
LOCKS = ("build", "serving", "run", "test")
MOST_LINES = 400
MOST_FUNCTION_LINES = 50
# Written in pieces, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    "|".join(["py" + r"pi\.org", "python" + r"hosted\.org", r"npm" + r"js\.org"])
)
MACHINE_PATHS = re.compile(
    "|".join(["/wo" + "rk/", "/ho" + "me/[a-z]", "/ro" + r"ot/", "/tm" + "p/"])
)


@functools.cache
def own_files() -> tuple[Path, ...]:
    """Every file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: the list of the project's files is unknown")
    return tuple(p for name in listed.stdout.splitlines() if (p := ROOT / name).is_file())


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in own_files():
        try:
            found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def sources() -> list[tuple[Path, str]]:
    return [(p, text) for p, text in texts() if p.suffix == ".py" and p.parts[0] in SOURCE_ROOTS]


def pins(lock: str) -> dict[str, list[str]]:
    """Requirement line without its hashes -> its hashes."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("    --hash="):
            found[list(found)[-1]].append(line.strip(" \\"))
        else:
            found[line.rstrip(" \\")] = []
    return found


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def test_arrows_point_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_source_root_holds_one_package_and_says_what_lives_there() -> None:
    for root in SOURCE_ROOTS:
        packages = [p.parent.name for p in (ROOT / root).glob("*/__init__.py")]
        assert packages == [f"zaojie_{root}"]
        assert (ROOT / root / "README.md").is_file(), f"{root}/README.md is missing"


def test_files_and_functions_are_short() -> None:
    long = []
    for path, text in texts():
        if path.suffix != ".py" or "vendor" in path.parts:
            continue
        if len(text.splitlines()) > MOST_LINES:
            long.append(f"{path}: {len(text.splitlines())} lines")
        if path.parts[0] == "tests":
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = node.end_lineno - node.lineno + 1
                if length > MOST_FUNCTION_LINES:
                    long.append(f"{path}:{node.lineno} {node.name}: {length} lines")
    assert not long, "\n".join(long)


def test_every_source_is_fully_annotated() -> None:
    bare = []
    for path, text in sources():
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            open_ones = [a.arg for a in arguments if a.annotation is None]
            if node.returns is None or set(open_ones) - {"self", "cls"}:
                bare.append(f"{path}:{node.lineno} {node.name}")
    assert not bare, "\n".join(bare)


def test_public_names_have_docstrings() -> None:
    mute = []
    for path, text in sources():
        if "versions" in path.parts:  # migrations: named by their revision
            continue
        tree = ast.parse(text)
        if not ast.get_docstring(tree):
            mute.append(str(path))
        for node in tree.body:
            if (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
                and not node.name.startswith("_")
                and not ast.get_docstring(node)
            ):
                mute.append(f"{path}:{node.lineno} {node.name}")
    assert not mute, "\n".join(mute)


def test_nothing_outside_training_unpickles() -> None:
    unpickle = re.compile(r"^\s*(?:import|from) (?:pickle|joblib|dill|cloudpickle)\b", re.M)
    assert not [p for p, text in sources() if p.parts[0] != "training" and unpickle.search(text)]


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATHS], ids=["registry", "path"])
def test_no_address_of_one_machine_stands_here(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path}:{number}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_names_versions_and_hashes_only(lock: str) -> None:
    for line, hashes in pins(lock).items():
        requirement = Requirement(line)
        assert requirement.url is None, line
        assert re.fullmatch(r"==[^*,]+", str(requirement.specifier)), line
        assert hashes, f"{line}: no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", each) for each in hashes), line


def test_smaller_locks_agree_with_the_largest() -> None:
    everything = pins("test")
    for lock in ("serving", "run"):
        assert pins(lock).items() <= everything.items()


def test_locks_cover_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    core = project["project"]["dependencies"]
    groups = project["dependency-groups"]
    asked = {
        "serving": core + extras["serving"],
        "run": core + extras["serving"] + extras["training"],
        "test": core + extras["serving"] + extras["training"] + groups["dev"],
        "build": groups["build"] + project["build-system"]["requires"],
    }
    for lock, requirements in asked.items():
        assert names(requirements) <= names(list(pins(lock))), lock


def test_serving_installs_no_training_library() -> None:
    heavy = {"mlflow", "mlflow-skinny", "pandas", "scikit-learn", "joblib", "matplotlib"}
    assert not heavy & names(list(pins("serving")))


def two_commands() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## 两条命令 / Two commands$(.*?)^## ", readme, re.M | re.S)
    assert section, "README.md has no section 两条命令 / Two commands"
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", section[1], re.M | re.S)
    assert len(blocks) == 1
    return blocks[0].splitlines()


def test_readme_gives_exactly_two_commands_that_exist() -> None:
    commands = [shlex.split(line) for line in two_commands()]
    assert len(commands) == 2
    for python, script in commands:
        assert python == "python3"
        assert (ROOT / script).is_file()


def test_ci_calls_the_second_command() -> None:
    assert two_commands()[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_links_in_documents_lead_somewhere() -> None:
    broken = []
    for path, text in texts():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
            if not (ROOT / path.parent / target).exists():
                broken.append(f"{path}: {target}")
    assert not broken, "\n".join(broken)
