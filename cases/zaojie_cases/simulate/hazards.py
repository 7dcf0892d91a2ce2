"""Every hazard of the simulated county. All numbers are invented: figures are "simulated".

A dispute is a chain of days after its registration. Each day it is in one stage:

    waiting -> contacted -> heard -> agreed -> breached
                                 \\-> failed

``Rates`` holds the daily chances of the steps of one dispute, and its daily hazards of harm and
return (the chance of a day is 1 - exp(-hazard), spread evenly over its hours). They depend on
its stated facts and on how busy its committee is (in some presets also on its town or the time),
and on nothing else: not on names, personal traits, channel, wording or lawful acts. What nobody
wrote down is one hidden factor, the tension, that the record never shows; the oracle averages
over it. Sizes lean on what is published about escalation: earlier registrations, blows and
weapons weigh most; early contact, a session and a visit protect.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp, log, log2, pow

from zaojie_cases.simulate.facts import Facts

WAITING, CONTACTED, HEARD, AGREED, FAILED, BREACHED = range(6)
STAGES = 6
OPEN_STAGES = (WAITING, CONTACTED, HEARD)

DAYS = 180
"""Days that a registration is followed."""
HORIZONS = {"harm": 30, "breakdown": 60, "recurrence": 90, "overdue": 30}
"""Days within which a target counts."""

# --- what nobody wrote down -----------------------------------------------------------------
TENSION = (0.6, 1.0, 2.0)
"""Hidden factor on harm; a preset narrows or widens it."""
TENSION_SHARE = (0.40, 0.42, 0.18)
TENSION_ON_FAILURE = 0.35
"""Log-odds of failure for each e-fold of tension."""
TENSION_ON_RETURN = 0.4
"""Exponent of tension in the chance to come back."""

# --- what a visit does (somebody goes to the parties because of a warning) ----------------------
VISIT_DAYS = 30
"""A visit works from the day after it for so many days."""
VISIT_ON_HARM = 0.3
"""Factor on harm."""
VISIT_ON_FAILURE = -0.8
"""Shift of the log-odds of failure when mediation ends in these days."""

# --- harm: violence, self-harm, affray, serious damage (E1-E4) --------------------------------
HARM_DAILY = 0.000105
"""Hazard on the first day of a waiting dispute without any cue."""
HARM_HALF_LIFE = 20.0
"""Days in which the chance of harm halves."""
HARM_STAGE = (1.0, 0.55, 0.35, 0.12, 1.1, 1.6)
"""Factor by stage: contact, a session and an agreement protect."""
HARM_GROUP = {
    "family": 1.5,
    "neighbour": 1.2,
    "land": 1.2,
    "homestead": 1.8,
    "traffic": 0.4,
    "damage": 1.1,
    "contract": 0.5,
    "lending": 1.0,
    "labour": 0.7,
    "property": 0.4,
    "works": 0.6,
    "other": 0.7,
}
HARM_CUE = {
    "threat_vague": 4.5,
    "threat_explicit": 16.0,
    "ultimatum": 6.0,
    "pushed": 2.7,
    "struck": 6.5,
    "injured": 9.0,
    "weapon": 12.0,
    "smashed": 4.0,
    "drink": 2.5,
    "despair": 3.0,
    "gathering": 2.8,
    "grievance": 2.4,
    "broken_promise": 1.5,
    "stalled": 1.9,
    "unwilling": 1.7,
    "willing": 0.5,
}
"""Words of self-harm weigh little here: statistics may not use them; they name an E2."""
HARM_RELATION = {"household": 1.5, "next_door": 1.3, "kin": 1.1}
"""Parties that cannot keep out of each other's way."""
HARM_PRIOR = 1.6
"""Factor for each earlier registration, up to four."""
HARM_SOON = 1.4
"""Factor when the last registration is less than two weeks ago."""
HARM_MOST = 0.2
"""No hazard is higher before level, tension and stage act on it: nothing is certain."""

# --- breakdown: mediation fails, or the agreement is breached (R2) ------------------------------
FAIL_BASE = -3.3
"""Log-odds that mediation of a dispute without cues fails when it ends at once."""
FAIL_PER_DAY = 0.022
"""A dispute hardens with every day that it waits."""
FAIL_GROUP = {"homestead": 0.5, "land": 0.35, "works": 0.5, "lending": 0.3, "family": 0.15}
FAIL_CUE = {
    "threat_explicit": 0.5,
    "ultimatum": 0.5,
    "struck": 0.3,
    "injured": 0.4,
    "gathering": 0.4,
    "grievance": 0.7,
    "broken_promise": 1.0,
    "stalled": 0.4,
    "unwilling": 1.3,
    "willing": -0.9,
}
FAIL_PRIOR = 0.35
"""For each earlier registration, up to four."""
FAIL_STAKE = 0.16
"""For each doubling of the amount above 10,000 yuan, up to five."""
BREACH_DAILY = 0.00065
"""Daily chance that an agreement is breached, before the same cues act on it."""
BREACH_FROM_FAIL = 0.5
"""How much of the log-odds of failure carries over to a breach."""

# --- recurrence: the same dispute is registered again (R1) --------------------------------------
AGAIN_DAILY = 0.0008
AGAIN_STAGE = (1.3, 1.0, 0.9, 0.4, 3.0, 4.0)
AGAIN_CUE = {
    "grievance": 1.7,
    "broken_promise": 1.7,
    "stalled": 2.0,
    "unwilling": 1.5,
    "willing": 0.75,
    "struck": 1.3,
    "injured": 1.3,
    "threat_explicit": 1.4,
    "ultimatum": 1.3,
}
AGAIN_GROUP = {"neighbour": 1.4, "homestead": 1.5, "land": 1.3, "traffic": 0.5, "property": 1.4}
AGAIN_PRIOR = 1.7
"""For each earlier registration, up to four."""

# --- the office: how quickly things move (L1 when still open after 30 days) ----------------------
CONTACT_DAILY, CONTACT_LOAD = 0.60, 0.60
SESSION_DAILY, SESSION_LOAD = 0.27, 0.50
FINISH_DAILY, FINISH_LOAD = 0.205, 0.55
"""Daily chances at an idle office, and how fast a load (open cases over capacity) slows it."""
FINISH_UNWILLING = 0.75
FINISH_STAKE = 0.95
"""For each doubling of the amount above 10,000 yuan, up to five."""
FINISH_CROWD = 0.7
NO_SHOW = {"unwilling": 0.45, "willing": 0.06}
NO_SHOW_ELSE = 0.15

LAWFUL_ACT_DAILY = 0.0012
"""Petition, lawsuit, complaint, press: the same for every dispute, whatever its risk."""

MAX_PRIORS = 4


# --- what an office reports wrongly -------------------------------------------------------------
REPORTED = ("E1", "E2", "E3", "E4", "M1", "R1", "R2")
"""Outcomes that somebody has to report; L1 is the clock's."""
FALSE = {"E1": 0.007, "R2": 0.08, "R1": 0.09}
"""Share of registrations with a false outcome where all reports are false."""
FALSE_DAYS = 60


@dataclass(frozen=True, slots=True)
class Rates:
    """Daily chances of one dispute; ``harm``, ``fail`` and ``again`` are before tension."""

    contact: float
    session: float
    finish: float
    harm: float
    fail: float
    """Log-odds that an end on day 0 is a failure."""
    breach: float
    again: float
    no_show: float
    tension: float = 1.0
    """Exponent of the hidden tension: how far disputes differ in it."""


def rates_of(facts: Facts, load: float, *, level: float = 1.0, tension: float = 1.0) -> Rates:
    """Return the rates of a dispute whose committee carries ``load`` (1 = at capacity).

    ``level`` is the factor of its place and time on the hazards and on the odds of failure.
    """
    fail = _fail_log_odds(facts) + log(level)
    return Rates(
        contact=CONTACT_DAILY / (1 + CONTACT_LOAD * load),
        session=SESSION_DAILY / (1 + SESSION_LOAD * load),
        finish=_finish(facts) / (1 + FINISH_LOAD * load),
        harm=_harm(facts) * level,
        fail=fail,
        breach=BREACH_DAILY * exp(BREACH_FROM_FAIL * (fail - FAIL_BASE)),
        again=_again(facts) * level,
        no_show=next((NO_SHOW[c] for c in NO_SHOW if facts.holds(c)), NO_SHOW_ELSE),
        tension=tension,
    )


def harm_kinds(facts: Facts) -> dict[str, float]:
    """Return weights of the outcome codes E1-E4, should harm come about."""
    crowd = facts.holds("gathering") or facts.scale_code != "01"
    return {
        "E1": 6.0,
        "E2": 20.0 if facts.holds("despair") else 0.5,
        "E3": 5.0 if crowd else 0.3,
        "E4": 4.0 if facts.holds("smashed") else 1.0,
    }


def _harm(facts: Facts) -> float:
    rate = HARM_DAILY * HARM_GROUP[facts.group] * HARM_RELATION.get(facts.relation, 1.0)
    for cue in facts.affirmed:
        rate *= HARM_CUE[cue]
    rate *= HARM_PRIOR ** min(facts.prior_reports, MAX_PRIORS)
    soon = facts.days_since_last is not None and facts.days_since_last < 14
    return min(rate * (HARM_SOON if soon else 1.0), HARM_MOST)


def _fail_log_odds(facts: Facts) -> float:
    return (
        FAIL_BASE
        + FAIL_GROUP.get(facts.group, 0.0)
        + sum(FAIL_CUE.get(cue, 0.0) for cue in facts.affirmed)
        + FAIL_PRIOR * min(facts.prior_reports, MAX_PRIORS)
        + FAIL_STAKE * _stake(facts)
    )


def _again(facts: Facts) -> float:
    rate = AGAIN_DAILY * AGAIN_GROUP.get(facts.group, 1.0)
    for cue in facts.affirmed:
        rate *= AGAIN_CUE.get(cue, 1.0)
    return rate * AGAIN_PRIOR ** min(facts.prior_reports, MAX_PRIORS)


def _finish(facts: Facts) -> float:
    rate = FINISH_DAILY * pow(FINISH_STAKE, _stake(facts))
    if facts.holds("unwilling"):
        rate *= FINISH_UNWILLING
    return rate * (1.0 if facts.scale_code == "01" else FINISH_CROWD)


def _stake(facts: Facts) -> float:
    """Return the doublings of the amount above 10,000 yuan, 0 to 5."""
    return min(max(log2(facts.amount_yuan / 10_000), 0.0), 5.0) if facts.amount_yuan else 0.0


@cache
def tension_effects(spread: float) -> tuple[tuple[float, float, float], ...]:
    """Return for each tension: factor on harm, shift of failure log-odds, factor on return.

    ``spread`` is the exponent of the tension; the mean factor on harm is one.
    """
    factors = [tension**spread for tension in TENSION]
    mean = sum(share * f for share, f in zip(TENSION_SHARE, factors, strict=True))
    return tuple(
        (f / mean, TENSION_ON_FAILURE * log(f / mean), (f / mean) ** TENSION_ON_RETURN)
        for f in factors
    )


def harm_fade(day: int) -> float:
    """Return the factor on the harm hazard ``day`` days after registration."""
    return exp(-log(2.0) * day / HARM_HALF_LIFE)


def visit_effects(day: int, visit: int | None) -> tuple[float, float]:
    """Return the factor on harm and the shift of failure log-odds on ``day``."""
    works = visit is not None and visit < day <= visit + VISIT_DAYS
    return (VISIT_ON_HARM, VISIT_ON_FAILURE) if works else (1.0, 0.0)
