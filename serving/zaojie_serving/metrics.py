"""Figures for Prometheus, kept in a registry of their own for each application."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from zaojie_models.score import Level

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters and gauges of one application; labels are codes, never personal data."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "zaojie_requests",
            "处理过的请求数 Requests by route and status",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "zaojie_request_seconds",
            "请求耗时（秒） Request duration",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.scores = Counter(
            "zaojie_scores", "评分次数 Scores by level", ("level",), registry=self.registry
        )
        self.warnings = Counter(
            "zaojie_warnings",
            "发出或升级的预警数 Warnings opened or raised",
            ("level", "change"),
            registry=self.registry,
        )
        self.swaps = Counter(
            "zaojie_bundle_swaps", "模型包切换次数 Bundle swaps", registry=self.registry
        )
        self.refusals = Counter(
            "zaojie_bundle_refusals", "拒收模型包次数 Refused bundles", registry=self.registry
        )
        self.bundle = Gauge(
            "zaojie_bundle_info", "在用的模型包 Bundle in use", ("version",), registry=self.registry
        )
        self.refused = Gauge(
            "zaojie_bundle_refused",
            "1 = 最新指定的模型包被拒收，仍用旧包 Newest bundle refused",
            registry=self.registry,
        )
        for level in Level:
            self.scores.labels(level.value)


class ShadowMetrics:
    """Figures of the challenger in shadow, in the registry of :class:`Metrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.challenger = Gauge(
            "zaojie_challenger_info",
            "试评分的模型包 Challenger in shadow",
            ("version",),
            registry=registry,
        )
        self.scores = Counter(
            "zaojie_shadow_scores",
            "试评分次数：成功、失败、排队太长而放弃 Shadow scores by outcome",
            ("outcome",),
            registry=registry,
        )
        self._figures = {
            name: Gauge(f"zaojie_shadow_{name}", text, ("target",), registry=registry)
            for name, text in (
                ("cases", "两个模型都评过的案件数 Cases scored by both"),
                ("agreement", "等级相同的比例 Share of equal levels"),
                ("spearman", "秩相关 Rank correlation"),
                ("overlap", "按能力排在前面的重合比例 Overlap of the highest at capacity"),
                ("difference", "概率的平均绝对差 Mean absolute difference"),
            )
        }
        for outcome in ("scored", "failed", "dropped"):
            self.scores.labels(outcome)

    def show(self, figures: Mapping[str, Mapping[str, float | None]]) -> None:
        """Show target -> figure -> value in place of what was shown before."""
        for name, gauge in self._figures.items():
            gauge.clear()
            for target, values in figures.items():
                if (value := values[name]) is not None:
                    gauge.labels(target).set(value)
