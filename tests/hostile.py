"""Files that attack a reader, built in memory: archives that unfold, XML and HTML that nest, PDF that loop.

Non-scope: what is expected of them (`tests/rag/loaders/test_hostile.py`).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MIB = 2**20


def docx(body: str | bytes, parts: Mapping[str, bytes] | None = None, prolog: str = "") -> bytes:
    """A Word document with `body` between its body tags; further parts by name."""
    words = body.encode() if isinstance(body, str) else body
    document = prolog.encode() + f"<w:document {W}><w:body>".encode() + words + b"</w:body></w:document>"
    return archive({"word/document.xml": document, **(parts or {})})


def archive(parts: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def paragraph(words: str) -> str:
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalog."""
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, trailer, len(out))
    )


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"


def stream(content: bytes, filters: bytes = b"") -> bytes:
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), filters, content)


def pdf_page(content: bytes, filters: bytes = b"", trailer: bytes = b"") -> bytes:
    """A PDF of one page with this content stream."""
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources " + FONT + b" /Contents 4 0 R >>"
    return pdf(CATALOG, pages, page, stream(content, filters), trailer=trailer)


def deflated(content: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content
