"""The report on the data of one import, beside the last import of the same source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zaojie_cases.importing.faults import UNFILTERED
from zaojie_cases.importing.unknown import CODED
from zaojie_cases.labels import DATES, EVENTS, FIELDS, MASKED, field_name
from zaojie_cases.quality.measure import TOO_SHORT
from zaojie_cases.quality.near import RECENT
from zaojie_cases.quality.tally import Tally, quantile

_ENOUGH = 30
"""Rows below which a change is not called large: chance alone makes it."""
_POINTS, _TIMES, _LEAST = 0.10, 2.0, 0.01
"""A change is large from 10 points on, or when a share of 1 % or more doubles or halves."""
_SHOWN = 20
"""Lines of a list that may be long."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: now, in the last import, the change; ``mark`` says a large change in words.

    ``share`` (0 to 1) is there where the figure is one of a whole.
    """

    label: str
    now: str
    before: str = ""
    change: str = ""
    mark: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Lines on one subject; ``note`` says what the shares are shares of."""

    title: str
    note: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report; ``facts`` are about the import itself."""

    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    @property
    def marked(self) -> list[tuple[str, Line]]:
        """Title of the section and line of each large change."""
        return [(s.title, line) for s in self.sections for line in s.lines if line.mark]


def build(facts: Iterable[tuple[str, str]], now: Tally, before: Tally | None) -> Report:
    """Return the report on what ``now`` counted, compared with ``before`` if there is one."""
    figures = _Figures(now, before)
    makers: tuple[Callable[[_Figures], Section], ...] = (
        _rows,
        _filled,
        _codes,
        _dates,
        _repeated,
        _texts,
        _masked,
        _faults,
        _absent,
        _found,
    )
    sections = (make(figures) for make in makers)
    return Report(tuple(facts), tuple(section for section in sections if section.lines))


Share = Callable[[Tally], tuple[int, int]]
"""Part and whole, from a tally."""


class _Figures:
    """Makes the lines of figures out of the counts of two imports."""

    def __init__(self, now: Tally, before: Tally | None) -> None:
        self.now = now
        self._before = before

    def members(self, *group: str) -> list[str]:
        """Members of ``group``, the most frequent now first, then those of before."""
        earlier = self._before.under(*group) if self._before else {}
        return list(dict.fromkeys([*self.now.under(*group), *earlier]))

    def groups(self, kind: str) -> list[str]:
        """Fields that ``kind`` has members of, now or before."""
        earlier = self._before.groups(kind) if self._before else []
        return list(dict.fromkeys([*self.now.groups(kind), *earlier]))

    def share(self, label: str, of: Share) -> Line:
        """Return the line of a share; ``of`` gives part and whole of a tally."""
        part, whole = of(self.now)
        rate = part / whole if whole else 0.0
        now = f"{part}（{rate:.1%}）" if whole else str(part)
        if self._before is None or not of(self._before)[1] or not whole:
            return Line(label, now, share=rate)
        part_before, whole_before = of(self._before)
        earlier = part_before / whole_before
        mark = _mark(rate, earlier) if min(whole, whole_before) >= _ENOUGH else ""
        before = f"{part_before}（{earlier:.1%}）"
        return Line(label, now, before, _change(100 * (rate - earlier), " 个百分点"), mark, rate)

    def absence(self, column: str) -> Line:
        """Return the line of a column that the file lacks."""
        if self._before is None:
            return Line(column, "没有")
        new = not self._before["absent", column]
        return Line(column, "没有", *(("有", "", "没有了") if new else ("没有",)))

    def number(self, label: str, of: Callable[[Tally], float], unit: str) -> Line:
        """Return the line of a number that is not part of a whole."""
        value = of(self.now)
        now = _rounded(value, unit)
        if self._before is None or not self._before["cases",]:
            return Line(label, now)
        earlier = of(self._before)
        enough = min(self.now["cases",], self._before["cases",]) >= _ENOUGH
        mark = _word(value > earlier) if enough and _is_multiple(value, earlier) else ""
        return Line(label, now, _rounded(earlier, unit), _change(value - earlier), mark)


def _rounded(value: float, unit: str) -> str:
    return f"{round(value, 1):g} {unit}"


def _change(difference: float, unit: str = "") -> str:
    return f"{difference:+.1f}{unit}" if round(difference, 1) else "不变"


def _mark(rate: float, earlier: float) -> str:
    doubled = max(rate, earlier) >= _LEAST and _is_multiple(rate, earlier)
    return _word(rate > earlier) if abs(rate - earlier) >= _POINTS or doubled else ""


def _is_multiple(one: float, other: float) -> bool:
    low, high = sorted((one, other))
    return high >= _TIMES * low and high > 0


def _word(is_more: bool) -> str:
    return "明显升高" if is_more else "明显降低"


def _part(*key: str, whole: str) -> Share:
    return lambda tally: (tally[key], tally[whole,])


def _known(field: str) -> Share:
    """Codes of ``field`` that are in their list, among all that were given."""

    def of(tally: Tally) -> tuple[int, int]:
        known = tally["filled", field] - tally["unlisted", field]
        return known, known + sum(tally.under("unknown", field).values())

    return of


def _unknown(field: str, code: str) -> Share:
    return lambda tally: (tally["unknown", field, code], _known(field)(tally)[1])


def _rows(figures: _Figures) -> Section:
    names = {"cases": "可导入", "rejected": "拒绝", "skipped": "按映射跳过", "broken": "整行损坏"}
    lines = [figures.share(label, _part(key, whole="rows")) for key, label in names.items()]
    return Section("行数", "占全部行的比例；整行损坏的也算在拒绝里", tuple(lines))


def _filled(figures: _Figures) -> Section:
    given = [(field, _part("given", field, whole="whole")) for field in figures.members("given")]
    others = [(field, _part("filled", field, whole="cases")) for field in figures.members("filled")]
    order = list(FIELDS).index
    lines = [
        figures.share(FIELDS[field], of)
        for field, of in sorted([*given, *others], key=lambda pair: order(pair[0]))
    ]
    return Section(
        "填写率", "必填项占完好的行，其余占可导入的案件；有问题而留空的算没有填", tuple(lines)
    )


def _codes(figures: _Figures) -> Section:
    lines = []
    for field in (f for f in FIELDS if f in CODED or f in figures.groups("unknown")):
        if _known(field)(figures.now)[1]:
            lines.append(figures.share(f"{FIELDS[field]}：在代码表中", _known(field)))
        for code in figures.members("unknown", field)[:_SHOWN]:
            lines.append(
                figures.share(f"　{FIELDS[field]}：不在表中的 {code}", _unknown(field, code))
            )
    note = "占给了代码的行；可能涉及个人的取值不显示，只说是什么样的"
    return Section("代码", note, tuple(lines))


def _dates(figures: _Figures) -> Section:
    lines = [figures.share(DATES[k], _part("date", k, whole="rows")) for k in DATES]
    return Section("不可能的日期", "占全部行；同一行可有几种", tuple(lines))


def _repeated(figures: _Figures) -> Section:
    names = {"number": "编号在文件中出现过", "text": "内容与前面某行几乎相同"}
    lines = [figures.share(n, _part("repeated", k, whole="rows")) for k, n in names.items()]
    return Section("重复", f"占全部行；内容与此前至少 {RECENT} 行比较", tuple(lines))


def _texts(figures: _Figures) -> Section:
    def length(share: float) -> Callable[[Tally], float]:
        return lambda tally: quantile(tally.under("length"), share)

    lines = [
        figures.number("中位数", length(0.5), "字"),
        figures.number("较短的一成不超过", length(0.1), "字"),
        figures.number("九成不超过", length(0.9), "字"),
        figures.share(f"不足 {TOO_SHORT} 字", _part("text", "short", whole="cases")),
        figures.share("超长被截断", _part("text", "cut", whole="rows")),
    ]
    return Section("内容长度", "遮盖后的字数，长的以 5% 为一档", tuple(lines))


def _masked(figures: _Figures) -> Section:
    def rate(kind: str) -> Callable[[Tally], float]:
        return lambda tally: 100 * tally["masked", kind] / (tally["cases",] or 1)

    lines = [
        figures.number(
            f"{MASKED[kind]}（共 {figures.now['masked', kind]} 处）", rate(kind), "处/百件"
        )
        for kind in figures.members("masked")
    ]
    return Section("内容中遮盖的个人信息", "每百件案件的处数", tuple(lines))


def _faults(figures: _Figures) -> Section:
    pairs = [
        (field, why) for field in figures.groups("fault") for why in figures.members("fault", field)
    ]
    pairs.sort(key=lambda pair: (pair[1] != UNFILTERED, -figures.now["fault", *pair]))
    lines = [
        figures.share(f"{field_name(field)}：{why}", _part("fault", field, why, whole="rows"))
        for field, why in pairs[:_SHOWN]
    ]
    return Section("问题", f"占全部行，最多列 {_SHOWN} 种；逐行见问题清单", tuple(lines))


def _absent(figures: _Figures) -> Section:
    lines = [figures.absence(column) for column in figures.now.under("absent")]
    return Section("文件中没有的列", "映射要读的列；相应的项目留空", tuple(lines))


def _found(figures: _Figures) -> Section:
    def rate(kind: str, name: str) -> Callable[[Tally], float]:
        return lambda tally: 100 * tally[kind, name] / (tally["cases",] or 1)

    events = [(EVENTS[name], "event", name) for name in figures.members("event")]
    outcomes = [(f"结果 {name}", "outcome", name) for name in figures.members("outcome")]
    lines = [
        figures.number(f"{label}（共 {figures.now[kind, name]}）", rate(kind, name), "个/百件")
        for label, kind, name in [*events, *outcomes]
    ]
    return Section("进展和结果", "每百件案件的个数", tuple(lines))
