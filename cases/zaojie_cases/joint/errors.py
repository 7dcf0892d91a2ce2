"""What can be wrong with a step of a joint case."""

from __future__ import annotations

from zaojie_cases.errors import InputError


class NoSuchJointCaseError(InputError):
    """There is no such joint case for this centre: none at all, or it takes no part in it.

    Both are one error with one sentence, so that a centre outside learns nothing.
    """

    code = "ZJ1500"
    http_status = 404

    def __init__(self) -> None:
        super().__init__(
            "没有这个编号的联合案件：请用 zaojie joint list 核对编号和本中心的区划代码",
            field="joint_no",
        )


class JointStepError(InputError):
    """The step is not possible as things stand."""

    code = "ZJ1501"
    http_status = 409
