"""Forms that the console's pages send: read without a script, and only from our own pages.

A browser shows the console's key by itself, so another site could have it send a form. It
says where a form comes from, though: in Sec-Fetch-Site, or over plain HTTP and in older
browsers in Origin or Referer. A form that does not say that it is from here is refused.
"""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import parse_qs

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers

from zaojie_serving.errors import ForbiddenError, RequestError
from zaojie_serving.findings import findings_of

Form = dict[str, list[str]]
Input = TypeVar("Input", bound=BaseModel)
_TITLES = {"by": "经办人", "why": "依据"}


def is_from_here(headers: Headers) -> bool:
    """Tell whether a browser says that its request comes from a page of this address."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    sender = headers.get("origin") or headers.get("referer") or ""
    return bool(headers.get("host")) and sender.split("/")[2:3] == [headers["host"]]


async def _form(request: Request) -> Form:
    if not is_from_here(request.headers):
        raise ForbiddenError(
            "这次提交不是从本系统的页面发出的，没有保存。请打开页面重新填写；"
            "经代理访问的，请管理员让代理原样转交 Host 请求头。"
        )
    body = await request.body()
    return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)


FormDep = Annotated[Form, Depends(_form)]
"""The fields of a form; ForbiddenError unless it comes from here."""


def checked(model: type[Input], form: Form, *, many: str | None = None) -> Input:
    """Return the form as ``model``; ``many``: the field that is a list.

    Raises RequestError, a sentence for the person at the form.
    """
    fields = {name: values if name == many else values[0] for name, values in form.items()}
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = findings_of(error.errors())
        told = "".join(f"{_TITLES.get(f.field, f.field)}：{f.message}" for f in found)
        raise RequestError(f"没有保存。{told}", found) from None
