"""The parts of a Word document: a ZIP archive checked before anything is inflated, and its XML read piece by piece.

No document type, no entity, no address outside is ever followed; names of parts are only compared, never
used as paths. Source: ECMA-376 part 2. Non-scope: what the parts say (`docx`, `word_styles`).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from rag.errors import LoaderError

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

# What a ZIP bomb passes. Honest repetitive files reach 300:1, hence the ratio counts only from 10 MiB on.
MAX_ENTRIES = 2_000
MAX_INFLATED_BYTES = 200 * 2**20
MAX_ENTRY_BYTES = 50 * 2**20
MAX_RATIO = 200
RATIO_FROM_BYTES = 10 * 2**20

MAX_DEPTH = 128  # of XML elements: tables nested ten deep reach 60
_RESOURCE_LIMIT = 118  # XML_ERR_RESOURCE_LIMIT of libxml2: a text of 10 MB, for one


@contextmanager
def open_parts(raw: bytes) -> Iterator[zipfile.ZipFile]:
    """Raises: LoaderError (archive_limits | encrypted | corrupt | parse_limit), also for what happens inside."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _check_sizes(archive.infolist(), len(raw))
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise LoaderError(f"its archive is damaged ({error}); open it and save it again", code="corrupt") from None
    except RuntimeError as error:  # what zipfile raises for an entry with a password
        if isinstance(error, RecursionError):
            raise
        raise LoaderError("it has a password; save a copy without", code="encrypted") from None
    except etree.XMLSyntaxError as error:
        if error.code == _RESOURCE_LIMIT:
            raise LoaderError("its XML is too large or too deep; split it", code="parse_limit") from None
        raise LoaderError("its XML is damaged; open it and save it again", code="corrupt") from None


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int) -> None:
    inflated = sum(entry.file_size for entry in entries)
    largest = max((entry.file_size for entry in entries), default=0)
    if (
        len(entries) > MAX_ENTRIES
        or inflated > MAX_INFLATED_BYTES
        or largest > MAX_ENTRY_BYTES
        or (inflated > RATIO_FROM_BYTES and inflated > MAX_RATIO * packed)
    ):
        message = f"unpacked it would be {inflated >> 20} MiB in {len(entries)} parts; remove pictures or split it"
        raise LoaderError(message, code="archive_limits")


def elements(archive: zipfile.ZipFile, part: str, *tags: str) -> Iterator[etree._Element]:
    """The outermost elements with one of `tags`, each emptied when the next is asked for; none without the part.

    Raises: LoaderError (xml_entities | parse_limit), etree.XMLSyntaxError and what zipfile raises.
    """
    if part not in archive.NameToInfo:
        return
    with archive.open(part) as stream:
        events = etree.iterparse(
            stream, ("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        depth = inside = 0
        for event, element in events:
            if event == "start":
                if depth == 0 and element.getroottree().docinfo.internalDTD is not None:
                    raise LoaderError(
                        "its XML declares entities, which Word never does; save it again", code="xml_entities"
                    )
                depth += 1
                if depth > MAX_DEPTH:
                    raise LoaderError("its XML is too deep; simplify or split it", code="parse_limit")
                inside += element.tag in tags
                continue
            depth -= 1
            if element.tag in tags:
                inside -= 1
                if inside == 0:
                    yield element
                    element.clear()


def value(element: etree._Element | None, name: str = W + "val") -> str | None:
    return None if element is None else element.get(name)
