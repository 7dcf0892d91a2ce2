"""Nobody can ask for the cases of a person: no command, no route, no function offers it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import typer

import zaojie_cases.linking
import zaojie_cases.store

PERSONAL = {"person", "people", "party", "party_name", "identity", "id_no", "id_card"}
PERSONAL |= {"party_token", "token", "tokens", "phone", "mobile", "applicant", "respondent"}
"""Parameters by which somebody could be asked for."""
NAMED_THINGS = {"key", "mapping"}
"""Groups of commands whose ``name`` is that of an API key or of a mapping file."""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command of the console script, as a user can call it."""
    app = typer.Typer()
    for point in entry_points(group="zaojie.commands"):
        point.load()(app)
    todo = [("zaojie", typer.main.get_command(app))]
    while todo:
        path, command = todo.pop()
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path, command
        else:
            todo += [(f"{path} {name}", one) for name, one in inner.items()]


def test_no_command_asks_for_a_person() -> None:
    found = list(commands())
    assert {"zaojie link list", "zaojie import"} <= {path for path, _ in found}
    asking = [
        (path, parameter.name)
        for path, command in found
        for parameter in command.params
        for name in {parameter.name, *(o.lstrip("-").replace("-", "_") for o in parameter.opts)}
        if name in PERSONAL or (name == "name" and not NAMED_THINGS & set(path.split()))
    ]
    assert not asking
    assert not [path for path, _ in found if set(path.split()) & PERSONAL]


def test_no_route_asks_for_a_person(tmp_path: Path) -> None:
    from zaojie_serving.app import create_app
    from zaojie_serving.settings import ServingSettings

    app = create_app(ServingSettings(home=tmp_path))
    schema = app.openapi()
    names: set[str] = set()
    for path, methods in schema["paths"].items():
        assert not set(path.replace("{", "").replace("}", "").split("/")) & PERSONAL
        for method in methods.values():
            names |= {parameter["name"] for parameter in method.get("parameters", ())}
            names |= set(_fields(method.get("requestBody", {}), schema["components"]["schemas"]))
    assert {"case_id", "narrative", "region_code"} <= names, "the walk has seen what is asked"
    assert not names & (PERSONAL | {"name", "applicant_name", "respondent_name"})
    # Pages are not part of the schema: their parameters are looked at as functions.
    for route in app.routes:
        endpoint = getattr(route, "endpoint", None)
        if inspect.isfunction(endpoint) and endpoint.__module__.startswith("zaojie_"):
            assert not set(inspect.signature(endpoint).parameters) & PERSONAL


def _fields(node: Any, schemas: dict[str, Any]) -> Iterator[str]:
    """Yield the names of all fields of what a body may hold."""
    if isinstance(node, list):
        for one in node:
            yield from _fields(one, schemas)
    elif isinstance(node, dict):
        yield from node.get("properties", ())
        for key, one in node.items():
            inner = schemas[one.rsplit("/", 1)[-1]] if key == "$ref" else one
            yield from _fields(inner, schemas)


def test_no_public_function_of_linking_or_store_asks_for_a_person() -> None:
    seen = 0
    for package in (zaojie_cases.linking, zaojie_cases.store):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in found.name:
                continue
            module = importlib.import_module(found.name)
            for function in _public_functions(module):
                seen += 1
                asked = set(inspect.signature(function).parameters)
                assert not asked & (PERSONAL | {"name"}), f"{found.name}.{function.__qualname__}"
    assert seen > 50


def _public_functions(module: Any) -> Iterator[Callable[..., Any]]:
    for name, member in vars(module).items():
        if name.startswith("_") or getattr(member, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(member):
            yield member
        if inspect.isclass(member):
            yield from (
                method
                for name, method in vars(member).items()
                if inspect.isfunction(method) and not name.startswith("_")
            )
