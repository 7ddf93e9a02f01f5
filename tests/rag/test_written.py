"""Of 160 sentences about the article, as a language model would write them, which the check lets through: half are
true, half false in one thing (`eval/sentences.jsonl`)."""

from __future__ import annotations

import json

from rag.answer import Answerer
from rag.build import load_judge
from rag.settings import Settings
from rag.support import Verifier, load_support_model
from tests.conftest import ROOT

# As measured when the numbers of rag/support.json were fitted, and a sentence or two to spare.
LEAST_TRUE_SHOWN, MOST_FALSE_SHOWN = 36, 4


def test_the_check_keeps_what_it_was_measured_with(article: Answerer) -> None:
    lines = (ROOT / "eval" / "sentences.jsonl").read_text(encoding="utf-8").splitlines()
    verifier = Verifier(article.retriever.embedder, load_judge(Settings()), load_support_model())
    shown = {True: 0, False: 0}
    for line in lines:
        sentence = json.loads(line)
        evidence = article.retriever.search(sentence["text"], 8)
        cited = [n for n, p in enumerate(evidence.passages, 1) if sentence["quote"][-60:] in p.text] or [1]
        backing = verifier.backing(sentence["text"], cited[:1], evidence, article.snapshot)
        shown[sentence["true"]] += backing is not None
    assert len(lines) == 160
    assert shown[True] >= LEAST_TRUE_SHOWN, shown
    assert shown[False] <= MOST_FALSE_SHOWN, shown
