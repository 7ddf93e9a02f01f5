"""Whose conversations these are: a random name that the browser keeps in a cookie, until there are accounts.

The store holds its hash, so that whoever reads the file cannot take a browser's place. A client without cookies has
no conversations and sends earlier turns itself. Non-scope: who may ask at all (`server/auth.py`).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Annotated

from fastapi import Depends, Request, Response

COOKIE = "event_rag_owner"
OWNER_BYTES = 16  # 128 bits: cannot be guessed
MAX_AGE_S = 400 * 24 * 3600  # as long as browsers allow; begun again with every conversation

NOBODY = ""  # the owner of nothing


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _name(request: Request) -> str | None:
    name = request.cookies.get(COOKIE, "")
    return name if re.fullmatch(rf"[0-9a-f]{{{2 * OWNER_BYTES}}}", name) else None


async def owner(request: Request) -> str:
    """The owner that the request's cookie stands for, NOBODY without one."""
    name = _name(request)
    return NOBODY if name is None else _hashed(name)


async def lasting_owner(request: Request, response: Response) -> str:
    """The owner, from now on: the cookie is set, with the name that it has or a new one."""
    name = _name(request) or secrets.token_hex(OWNER_BYTES)
    # Behind a proxy that ends TLS the scheme here is http; the browser's Origin is the address that it sees.
    secure = request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")
    response.set_cookie(COOKIE, name, max_age=MAX_AGE_S, path="/", secure=secure, httponly=True, samesite="strict")
    return _hashed(name)


OwnerDep = Annotated[str, Depends(owner)]
LastingOwnerDep = Annotated[str, Depends(lasting_owner)]
