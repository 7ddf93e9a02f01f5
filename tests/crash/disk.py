"""A model of a disk that loses power: what may be left of a folder after any prefix of the changes made to it.

A file that was not synced holds all of its data, half, none, or zeros. A change to a folder that was not synced
may be there or not, each on its own: file systems promise no order between them.
After SQLite's crash tests (test6.c) and ALICE (Pillai et al., OSDI 2014).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Union

from tests.crash.audit import each_change

DATA = ("kept", "dropped", "zeroed", "cut")
MOST_SUBSETS = 6  # so many unsynced changes are kept and lost in every combination; of more, all, none, and all but one

State = Mapping[str, Union[bytes, "State"]]


@dataclass(frozen=True)
class Operation:
    kind: str
    path: Path
    other: Path | None = None
    content: bytes = b""  # of a file at its sync


class Recorder:
    """The operations of one run on a folder; `fsync` is given to it as that of its disk."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def fsync(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        content = b"" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else path.read_bytes()
        self.operations.append(Operation("sync", path, content=content))
        os.fsync(descriptor)

    def record(self, folder: Path, work: Callable[[], object]) -> None:
        with each_change(folder, lambda kind, path, other: self.operations.append(Operation(kind, path, other))):
            work()


@dataclass(eq=False)
class File:
    content: bytes = b""
    synced: bool = False


@dataclass(eq=False)
class Folder:
    names: dict[str, File | Folder] = field(default_factory=dict)  # as the running system sees it
    lasting: dict[str, File | Folder] = field(default_factory=dict)
    pending: list[dict[str, File | Folder | None]] = field(default_factory=list)  # None = no longer there

    def change(self, change: dict[str, File | Folder | None]) -> None:
        self.pending.append(change)
        _apply(self.names, change)

    def sync(self) -> None:
        self.lasting, self.pending = dict(self.names), []


def states_after(before: Path, root: Path, operations: list[Operation]) -> Iterator[State]:
    """All that may be found of `root`, whose content was once as in `before`, after a power cut now."""
    top = _read(before)
    for number, operation in enumerate(operations):
        _do(top, root, operation, operations[number:])
    places = [folder for folder in _folders(top) if folder.pending]
    for kept in product(*(_subsets(len(folder.pending)) for folder in places)):
        chosen = dict(zip(map(id, places), kept, strict=True))
        for data in DATA:
            yield _left(top, chosen, data)


def write_state(folder: Path, state: State) -> None:
    folder.mkdir()
    for name, content in state.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            write_state(folder / name, content)


def _read(folder: Path) -> Folder:
    names: dict[str, File | Folder] = {
        path.name: _read(path) if path.is_dir() else File(path.read_bytes(), True) for path in folder.iterdir()
    }
    return Folder(names, dict(names))


def _do(top: Folder, root: Path, operation: Operation, later: list[Operation]) -> None:
    *folders, name = operation.path.relative_to(root).parts or (".",)
    parent = _walk(top, folders)
    if operation.kind == "create":
        # Python raises no event for a write: the file gets what its first sync finds in it.
        content = next((o.content for o in later if o.kind == "sync" and o.path == operation.path), b"")
        parent.change({name: File(content)})
    elif operation.kind == "mkdir":
        if name not in parent.names:  # else it fails, which is known only after the event
            parent.change({name: Folder()})
    elif operation.kind in ("rename", "link"):
        assert operation.other
        *_, new = operation.other.relative_to(root).parts
        target = _walk(top, operation.other.relative_to(root).parts[:-1])
        if operation.kind == "link":
            target.change({new: parent.names[name]})
        else:
            assert target is parent, "a rename between folders is two changes"
            parent.change({name: None, new: parent.names[name]})
    elif operation.kind == "sync":
        node = top if name == "." else parent.names[name]
        if isinstance(node, Folder):
            node.sync()
        else:
            node.synced = True
    else:
        parent.change({name: None})


def _walk(top: Folder, names: tuple[str, ...] | list[str]) -> Folder:
    for name in names:
        node = top.names[name]
        assert isinstance(node, Folder)
        top = node
    return top


def _folders(top: Folder) -> Iterator[Folder]:
    """Every folder that a power cut may leave, each once."""
    found: dict[int, Folder] = {}
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        if id(folder) in found:
            continue
        found[id(folder)] = folder
        states: list[Mapping[str, File | Folder | None]] = [folder.names, folder.lasting, *folder.pending]
        waiting += [node for names in states for node in names.values() if isinstance(node, Folder)]
    yield from found.values()


def _subsets(changes: int) -> list[tuple[bool, ...]]:
    """Which of the changes last."""
    if changes <= MOST_SUBSETS:
        return list(product((True, False), repeat=changes))
    all_but_one = [tuple(n != lost for n in range(changes)) for lost in range(changes)]
    return [(True,) * changes, (False,) * changes, *all_but_one]


def _left(folder: Folder, chosen: Mapping[int, tuple[bool, ...]], data: str) -> State:
    names = dict(folder.lasting)
    for change, lasts in zip(folder.pending, chosen.get(id(folder), ()), strict=True):
        if lasts:
            _apply(names, change)
    return {
        name: _left(node, chosen, data) if isinstance(node, Folder) else _content(node, data)
        for name, node in names.items()
    }


def _apply(names: dict[str, File | Folder], change: Mapping[str, File | Folder | None]) -> None:
    for name, node in change.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _content(file: File, data: str) -> bytes:
    if file.synced or data == "kept":
        return file.content
    if data == "zeroed":
        return bytes(len(file.content))
    return file.content[: len(file.content) // 2] if data == "cut" else b""
