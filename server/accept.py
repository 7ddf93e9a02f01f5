"""Which of two representations a client would rather have: RFC 9110 §12.5.1, as far as it is needed."""

from __future__ import annotations

from starlette.datastructures import Headers


def prefers(headers: Headers, media_type: str, over: str = "application/json") -> bool:
    """Whether the Accept header ranks `media_type` above `over`; no header ranks nothing."""
    ranges = dict(_range(part) for part in ",".join(headers.getlist("accept")).lower().split(","))
    return _quality(ranges, media_type) > _quality(ranges, over)


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return name, float(parameter[2:])
            except ValueError:
                return name, 0.0
    return name, 1.0


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """The most specific range that covers the type decides."""
    kind = media_type.partition("/")[0]
    return next((ranges[name] for name in (media_type, f"{kind}/*", "*/*") if name in ranges), 0.0)
