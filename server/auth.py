"""Who may ask: anyone on this machine, or whoever carries the token. Who may change documents: the admin token alone.

Non-scope: users, sessions, rates.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import shlex
from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from rag.errors import SettingsError
from rag.settings import Settings
from server.deps import SettingsDep
from server.errors import ApiError

_bearer = HTTPBearer(auto_error=False, description="The value of RAG_TOKEN, where one is set, or of RAG_ADMIN_TOKEN.")
_api_key = APIKeyHeader(name="x-api-key", auto_error=False, description="The same token in another header.")


async def credentials(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    api_key: Annotated[str | None, Security(_api_key)],
) -> tuple[str, str]:
    """What the two headers carry; empty where there is none."""
    return bearer.credentials if bearer else "", api_key or ""


Credentials = Annotated[tuple[str, str], Depends(credentials)]


async def authorize(settings: SettingsDep, given: Credentials) -> None:
    """Raises: ApiError 401 unless no token is set or one of the two headers carries it, or that of the admin."""
    token = settings.token.strip()
    if token and not (_carried(token, given) or _carried(settings.admin_token.strip(), given)):
        raise _unauthorized("RAG_TOKEN")


async def authorize_admin(settings: SettingsDep, given: Credentials) -> None:
    """Raises: HTTPException 404 where no admin token is set; ApiError 401 unless one of the two headers carries it."""
    token = settings.admin_token.strip()
    if not token:
        raise HTTPException(404)
    if not _carried(token, given):
        raise _unauthorized("RAG_ADMIN_TOKEN")


def _carried(token: str, given: tuple[str, str]) -> bool:
    """In a time that does not tell how much of it was right. An empty token is never carried."""
    return bool(token) and any(hmac.compare_digest(value.encode(), token.encode()) for value in given)


def _unauthorized(variable: str) -> ApiError:
    message = f"A valid token is needed: Authorization: Bearer …, the value of {variable} on the server."
    return ApiError(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


def require_way_in(settings: Settings) -> None:
    """Raises: SettingsError when other machines could ask without a token and nobody said that they may."""
    if settings.token.strip() or settings.open_access or _is_loopback(settings.host):
        return
    serve = f"RAG_HOST={shlex.quote(settings.host)} RAG_TOKEN={secrets.token_urlsafe(32)} rag serve"
    raise SettingsError(
        f"Other machines could reach {settings.host or 'every address'} without a token. Start it with one: {serve} "
        "(or with RAG_OPEN_ACCESS=on, if everyone who can reach this machine may read the documents)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
