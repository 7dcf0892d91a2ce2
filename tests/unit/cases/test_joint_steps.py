"""Any order of steps by any region: the joint case agrees with a model of its rules."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from zaojie_cases import joint
from zaojie_cases.errors import InputError
from zaojie_cases.joint import JointStepError, NoSuchJointCaseError
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store import Entry, Store, merge

NOON = datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)
A, B, OUTSIDE = "360102000000", "360103000000", "360104000000"
SIDES = {A, B}
regions = st.sampled_from([A, B, OUTSIDE])


def case(key: str, region: str) -> Case:
    return Case(
        case_id=key,
        source_system="t",
        source_case_no=key,
        registered_at=NOON,
        region_code=region,
        narrative_masked="秘密经过",
    )


class JointCase(RuleBasedStateMachine):
    """What the rules say, beside what the store holds."""

    @initialize(lead=st.sampled_from([A, B]))
    def propose(self, lead: str) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.store = Store(f"sqlite:///{Path(self.directory.name) / 'a.db'}")
        self.store.upgrade()
        with self.store.session() as session:
            merge(session, [Entry(case("a", A)), Entry(case("b", B))])
            ids = ["a", "b"]
            self.number = joint.propose_joint(session, ids, by="周", why="缘由", lead=lead)
        self.state, self.lead, self.shares = "proposed", lead, {A: None, B: None}
        self.offer: tuple[str, object] | None = ("start", lead)
        self.agreed, self.steps = {A}, 1

    def attempt(self, step, region: str, *arguments, allowed: bool) -> bool:
        try:
            with self.store.session() as session:
                step(session, self.number, *arguments, region=region, by="周", why="缘由")
        except NoSuchJointCaseError:
            assert region == OUTSIDE
            return False
        except (JointStepError, InputError):
            assert region in SIDES
            assert not allowed
            return False
        assert region in SIDES
        assert allowed
        self.steps += 1
        return True

    @rule(region=regions)
    def accept(self, region: str) -> None:
        allowed = self.offer is not None and region not in self.agreed
        if not self.attempt(joint.accept, region, allowed=allowed):
            return
        self.agreed.add(region)
        if self.agreed == SIDES:
            subject, content = self.offer
            match subject:
                case "start":
                    self.state = "active"
                case "lead":
                    self.lead = content
                case _:
                    self.shares = content
            self.offer = None

    @rule(region=regions)
    def refuse(self, region: str) -> None:
        if self.attempt(joint.refuse, region, allowed=self.offer is not None):
            if self.offer[0] == "start":
                self.state = "dissolved"
            self.offer = None

    @rule(region=regions, new=regions)
    def offer_lead(self, region: str, new: str) -> None:
        allowed = self.state == "active" and new in SIDES - {self.lead} and self.offer is None
        if self.attempt(joint.offer_lead, region, new, allowed=allowed):
            self.offer, self.agreed = ("lead", new), {region}

    @rule(region=regions, mine=st.integers(-5, 105), theirs=st.integers(-5, 105) | st.none())
    def offer_shares(self, region: str, mine: int, theirs: int | None) -> None:
        shares = {A: mine, B: 100 - mine if theirs is None else theirs}
        fair = sum(shares.values()) == 100 and min(shares.values()) >= 0
        allowed = self.state in ("active", "closed") and fair and self.offer is None
        if self.attempt(joint.offer_shares, region, shares, allowed=allowed):
            self.offer, self.agreed = ("shares", shares), {region}

    @rule(region=regions)
    def close(self, region: str) -> None:
        allowed = self.state == "active" and region == self.lead
        if self.attempt(joint.close, region, allowed=allowed):
            self.state, self.offer = "closed", None

    @invariant()
    def both_sides_see_what_the_rules_say(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.reading() as session:
            for region in sorted(SIDES):
                seen = joint.joint_view(session, self.number, as_region=region)
                assert (seen.state, seen.lead_region) == (self.state, self.lead)
                assert {s.region_code: s.share_percent for s in seen.sides} == self.shares
                assert (seen.offer.subject if seen.offer else None) == (
                    self.offer[0] if self.offer else None
                )
                assert len(seen.trail) == self.steps
                assert all(step.who and step.what for step in seen.trail)
                shared = self.state in ("active", "closed")
                assert ("秘密经过" in str(asdict(seen))) == shared
            assert joint.list_joint(session, as_region=OUTSIDE) == []

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.directory.cleanup()


TestJointCase = JointCase.TestCase
TestJointCase.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
