"""`python -m tests.faults [TIMES] [NAME]`: plays every fault of a language model's endpoint, or those whose name begins
so, and prints what came of it; then clients that leave."""

from __future__ import annotations

import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from rag import build
from rag.abstain import Calibration
from rag.embed import HASH_MODEL
from rag.linear import Linear
from rag.settings import NO_READER, Settings
from tests.faults.leaving import leave
from tests.faults.table import CORPUS, FAULTS, played, row

TIMES = 20
LEAVING = 50


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    further = sys.argv[2] if len(sys.argv) > 2 else ""
    chosen = [fault for fault in FAULTS if fault.name.startswith(further)]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "corpus", Path(folder) / "index", model=HASH_MODEL, reader=NO_READER)
        settings.corpus_dir.mkdir()
        for name, text in CORPUS.items():
            (settings.corpus_dir / name).write_text(text, encoding="utf-8")
        build.ingest(settings)
        calibration = Calibration(Linear({"coverage": 10.0}, -1.0), 0.5, reader=None)
        answerer = replace(build.open_answerer(settings), calibration=calibration)
        logging.getLogger("server").setLevel(logging.CRITICAL)  # each fault is in the table
        right = 0
        for fault in chosen:
            results = [played(fault, answerer) for _ in range(times)]
            right += sum(result.right for result in results)
            print(row(results), flush=True)
        print(f"{right} of {len(chosen) * times} in time and with the right warning")
        left = [] if further else leave(replace(settings, state_dir=Path(folder) / "state"), answerer, LEAVING)
        if left:
            print(f"{sum(left)} of {LEAVING} clients that left let the model go within a second")
    return int(right < len(chosen) * times or not all(left))


if __name__ == "__main__":
    sys.exit(main())
