"""One peer as a process of its own: `python peer.py NAME MODEL_FOLDER`, JSON lines in and out.

First line in: the passages. Then a question a line, answered by the milliseconds of its hybrid search and the rows of
the five best passages. It runs in the peers' environment and imports nothing of ours. Non-scope: ratios (`peers.py`).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from time import perf_counter

TOP_K = 5
Search = Callable[[str], list[int]]  # question → rows of passages, best first


def txtai(passages: Sequence[str], model: str) -> Search:
    from txtai import Embeddings

    embeddings = Embeddings(path=model, hybrid=True)
    embeddings.index([(row, text, None) for row, text in enumerate(passages)])
    return lambda question: [int(row) for row, _ in embeddings.search(question, TOP_K)]


def langchain(passages: Sequence[str], model: str) -> Search:
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_community.vectorstores import FAISS
    from langchain_huggingface import HuggingFaceEmbeddings

    rows = [{"row": row} for row in range(len(passages))]
    dense = FAISS.from_texts(passages, HuggingFaceEmbeddings(model_name=model), metadatas=rows)
    words = BM25Retriever.from_texts(passages, metadatas=rows)
    words.k = TOP_K
    both = EnsembleRetriever(retrievers=[words, dense.as_retriever(search_kwargs={"k": TOP_K})], weights=[0.5, 0.5])
    return lambda question: [document.metadata["row"] for document in both.invoke(question)[:TOP_K]]


def llama_index(passages: Sequence[str], model: str) -> Search:
    import faiss
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.retrievers.bm25 import BM25Retriever
    from llama_index.vector_stores.faiss import FaissVectorStore

    embedder = HuggingFaceEmbedding(model_name=model)
    dimension = len(embedder.get_text_embedding("x"))
    nodes = [TextNode(text=text, id_=str(row)) for row, text in enumerate(passages)]
    store = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(dimension)))
    dense = VectorStoreIndex(nodes, storage_context=store, embed_model=embedder)
    both = QueryFusionRetriever(
        [
            dense.as_retriever(similarity_top_k=TOP_K),
            BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=TOP_K),
        ],
        llm=MockLLM(),
        num_queries=1,  # no question is rewritten
        mode="relative_score",
        similarity_top_k=TOP_K,
        use_async=False,
    )
    return lambda question: [int(found.node.node_id) for found in both.retrieve(question)]


def haystack(passages: Sequence[str], model: str) -> Search:
    from haystack import Document, Pipeline
    from haystack.components.embedders import SentenceTransformersDocumentEmbedder, SentenceTransformersTextEmbedder
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
    embedder.warm_up()
    documents = [Document(content=text, meta={"row": row}) for row, text in enumerate(passages)]
    store.write_documents(embedder.run(documents)["documents"])
    pipeline = Pipeline()
    pipeline.add_component("text", SentenceTransformersTextEmbedder(model=model, progress_bar=False))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=TOP_K))
    pipeline.add_component("words", InMemoryBM25Retriever(store, top_k=TOP_K))
    pipeline.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP_K))
    pipeline.connect("text.embedding", "dense.query_embedding")
    pipeline.connect("dense", "join")
    pipeline.connect("words", "join")

    def search(question: str) -> list[int]:
        found = pipeline.run({"text": {"text": question}, "words": {"query": question}})
        return [document.meta["row"] for document in found["join"]["documents"]]

    return search


PEERS = {"txtai": txtai, "langchain": langchain, "llama-index": llama_index, "haystack": haystack}


def main() -> None:
    name, model = sys.argv[1:]
    # What the libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import torch

    torch.set_num_threads(1)
    search = PEERS[name](json.loads(sys.stdin.readline()), model)
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        started = perf_counter()
        rows = search(question)
        print(json.dumps([(perf_counter() - started) * 1000, rows]), file=answers, flush=True)


if __name__ == "__main__":
    main()
