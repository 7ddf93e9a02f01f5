"""`python -m tests.faults [TIMES] [NAME]`: plays every fault of a language model's endpoint, or those whose name begins
so, and prints what came of it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rag import build
from rag.abstain import Calibration
from rag.embed import HASH_MODEL
from rag.settings import NO_READER, Settings
from tests.faults.table import CORPUS, FAULTS, row

TIMES = 20


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    chosen = [fault for fault in FAULTS if fault.name.startswith(sys.argv[2] if len(sys.argv) > 2 else "")]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "corpus", Path(folder) / "index", model=HASH_MODEL, reader=NO_READER)
        settings.corpus_dir.mkdir()
        for name, text in CORPUS.items():
            (settings.corpus_dir / name).write_text(text, encoding="utf-8")
        build.ingest(settings)
        calibration = Calibration({"coverage": 10.0}, -1.0, 0.5, reader=None)
        answerer = replace(build.open_answerer(settings), calibration=calibration)
        rows = []
        for fault in chosen:
            rows.append(row(fault, answerer, times))
            print(rows[-1], flush=True)
    return sum("WRONG" in line for line in rows)


if __name__ == "__main__":
    sys.exit(main())
