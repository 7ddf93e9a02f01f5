"""FAISS given mutated files, without the hash that would refuse them: it may fail only where it harms nobody."""

from __future__ import annotations

import hashlib
import random
import resource
from collections import Counter
from pathlib import Path

import pytest

from rag.dense import DenseSegment
from rag.errors import IndexCorrupt
from rag.hashed import read_verified
from rag.publish import DISK
from rag.segment import DENSE
from tests.crash import children, material

MUTATIONS = material.count(300, 30)  # of each kind of index, half of them read and half mapped
MOST_BYTES = 4 * 2**30  # of address space: a header that claims more must be refused, not believed


def read_each(kind: str, log: Path, file: Path, first: int) -> None:
    """Reads and searches mutated files from number `first` on; a line each, written before and after."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    good = file.read_bytes()
    question = material.EMBEDDER.encode_question(material.QUESTIONS[0])
    with log.open("a") as lines:
        for number in range(first, MUTATIONS):
            lines.write(f"{number} ")
            lines.flush()
            content = mutated(good, random.Random(f"{kind} {number}"))
            mutant = file.with_suffix(f".{number}")
            mutant.write_bytes(content)
            try:
                segment = DenseSegment.map(mutant) if number % 2 else DenseSegment.read(content)
                segment.search(question, 10)
                lines.write("read\n")
            except IndexCorrupt:
                lines.write("refused\n")
            except (RuntimeError, AssertionError, MemoryError):
                lines.write("error\n")
            mutant.unlink()


def mutated(good: bytes, chance: random.Random) -> bytes:
    """One to four bytes replaced, half of the time in the header; sometimes cut or lengthened."""
    content = bytearray(good)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(min(200, len(good)) if chance.random() < 0.5 else len(good))
        content[place] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    if chance.random() < 0.1:
        del content[chance.randrange(len(content)) :]
    if chance.random() < 0.1:
        content += chance.randbytes(100)
    return bytes(content) if content != good else bytes(content) + b"\0"


@pytest.mark.parametrize("kind", material.KINDS)
def test_mutated_vector_files(kind: str, tmp_path: Path) -> None:
    file, log = tmp_path / DENSE, tmp_path / "log"
    segment = material.make_segment(material.texts(0, 12), kind)
    assert segment.dense.kind == kind
    sha256 = DISK.write(file, segment.dense.write)
    seen: Counter[str] = Counter()
    first = 0
    while first < MUTATIONS:
        code = children.ended(children.start(read_each, kind, log, file, first))
        reached = int(log.read_text().splitlines()[-1].split()[0])
        if code:
            seen[f"child ended with {code}"] += 1
            with log.open("a") as lines:
                lines.write("\n")
        first = reached + 1
    seen.update(line.split()[1] for line in log.read_text().splitlines() if line.split()[1:])
    for number in range(MUTATIONS):
        mutant = tmp_path / "mutant"
        mutant.write_bytes(mutated(file.read_bytes(), random.Random(f"{kind} {number}")))
        assert hashlib.sha256(mutant.read_bytes()).hexdigest() != sha256
        with pytest.raises(IndexCorrupt, match="mutant"):
            read_verified(mutant, sha256)
    print(f"\n{kind}: {MUTATIONS} mutations, all refused by their hash; without it: {dict(seen)}")
