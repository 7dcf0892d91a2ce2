"""``zaojie shadow``: champion and challenger beside each other, in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from zaojie_cases.errors import BundleError, ConfigError
from zaojie_cases.store import Store
from zaojie_models.pointer import Role, read_pointer
from zaojie_models.policy import load_policy
from zaojie_models.score import Level
from zaojie_models.signing import trusted_keys
from zaojie_serving.settings import ServingSettings
from zaojie_serving.shadow_book import Comparison, compare


def show_shadow(settings: ServingSettings, console: Console) -> None:
    """Print how champion and challenger differ on the cases that both have scored.

    Raises ``ConfigError`` where one of the two is missing or no case was scored by both.
    """
    champion, challenger = _version(settings, "champion"), _version(settings, "challenger")
    policy = load_policy(settings.policy)
    with Store(settings.store_url) as store:
        store.upgrade()
        with store.reading() as session:
            found = compare(session, champion, challenger, policy.capacity_per_week)
    if not found:
        raise ConfigError(
            "还没有两个模型都评过的案件。请让服务运行着收一些案件，再来比较。", field="shadow"
        )
    console.print(_table(found, f"champion {champion}，challenger {challenger}"))
    for one in found:
        console.print(f"{one.target} 相差最大的案件（champion → challenger）：")
        for pair in one.largest:
            levels = f"{Level(pair.champion_level).label} → {Level(pair.challenger_level).label}"
            probabilities = f"{pair.champion:.3f} → {pair.challenger:.3f}"
            console.print(f"  {pair.case_id}  {probabilities}  {levels}")


def _table(found: list[Comparison], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for name in ("目标", "案件", "等级相同", "秩相关", "能力", "前列重合", "平均相差"):
        table.add_column(name, justify="left" if name == "目标" else "right")
    for one in found:
        table.add_row(
            one.target,
            str(one.cases),
            f"{one.agreement:.1%}",
            "–" if one.spearman is None else f"{one.spearman:.3f}",
            str(one.capacity),
            "–" if one.overlap is None else f"{one.overlap:.1%}",
            f"{one.difference:.4f}",
        )
    return table


def _version(settings: ServingSettings, role: Role) -> str:
    try:
        return read_pointer(settings.bundles, role, trusted_keys(settings.home)).version
    except BundleError as error:
        command = "challenge" if role == "challenger" else "promote"
        raise ConfigError(
            f"没有可信的 {role}，不能比较。请先运行 zaojie {command}。", field=role
        ) from error
