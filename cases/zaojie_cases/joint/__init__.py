"""Joint cases: one dispute registered in several counties, dealt with under one number."""

from __future__ import annotations

from zaojie_cases.joint.book import (
    accept,
    close,
    offer_lead,
    offer_shares,
    propose_joint,
    refuse,
)
from zaojie_cases.joint.errors import JointStepError, NoSuchJointCaseError
from zaojie_cases.joint.rules import stricter_due, suggested_lead
from zaojie_cases.joint.view import JointView, joint_view, list_joint
from zaojie_cases.joint.words import KeptWord, keep_word, running_joint

__all__ = [
    "JointStepError",
    "JointView",
    "KeptWord",
    "NoSuchJointCaseError",
    "accept",
    "close",
    "joint_view",
    "keep_word",
    "list_joint",
    "offer_lead",
    "offer_shares",
    "propose_joint",
    "refuse",
    "running_joint",
    "stricter_due",
    "suggested_lead",
]
