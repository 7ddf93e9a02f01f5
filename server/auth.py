"""Who may ask: anyone on this machine, or whoever carries the token.

Non-scope: users, sessions, rates.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import shlex
from typing import Annotated

from fastapi import Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from rag.errors import SettingsError
from rag.settings import Settings
from server.deps import SettingsDep
from server.errors import ApiError

_bearer = HTTPBearer(auto_error=False, description="The value of RAG_TOKEN, where one is set.")
_api_key = APIKeyHeader(name="x-api-key", auto_error=False, description="The same token in another header.")


async def authorize(
    settings: SettingsDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    api_key: Annotated[str | None, Security(_api_key)],
) -> None:
    """Raises: ApiError 401 unless no token is set or one of the two headers carries it."""
    token = settings.token.strip()
    given = (bearer.credentials if bearer else "", api_key or "")
    if token and not any(hmac.compare_digest(value.encode(), token.encode()) for value in given):
        message = "A valid token is needed: Authorization: Bearer …, the value of RAG_TOKEN on the server."
        raise ApiError(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


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
