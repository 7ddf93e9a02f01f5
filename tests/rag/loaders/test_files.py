"""A file is read whole and as it was at one moment, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from rag.errors import LoaderError
from rag.loaders.files import TRIES, read_regular


class Disturbed:
    """Reads a file while it is being changed, as often as is said."""

    def __init__(self, path: Path, times: int) -> None:
        self._path = path
        self._left = times

    def __call__(self, file: BinaryIO) -> bytes:
        content = file.read()
        if self._left:
            self._left -= 1
            self.disturb()
        return content

    def disturb(self) -> None:
        with self._path.open("ab") as file:
            file.write(b"+")


class Replaced(Disturbed):
    def disturb(self) -> None:
        other = self._path.with_name("other")
        other.write_bytes(self._path.read_bytes())
        os.replace(other, self._path)


class Removed(Disturbed):
    def disturb(self) -> None:
        self._path.unlink()


@pytest.mark.parametrize("kind", [Disturbed, Replaced])
def test_a_file_that_changes_once_is_read_again(tmp_path: Path, kind: type[Disturbed]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    content = read_regular(path, kind(path, 1))
    assert content == path.read_bytes()


def test_a_file_that_keeps_changing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    with pytest.raises(LoaderError) as refusal:
        read_regular(path, Disturbed(path, TRIES))
    assert refusal.value.code == "changed_while_reading"


def test_a_file_that_vanishes_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    with pytest.raises(LoaderError) as refusal:
        read_regular(path, Removed(path, 1))
    assert refusal.value.code == "unreadable"


def test_a_device_is_never_read() -> None:
    with pytest.raises(LoaderError) as refusal:
        read_regular(Path("/dev/zero"))
    assert refusal.value.code == "not_regular_file"
