from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from server.errors import ApiError
from server.work import Workers


def count(closed: threading.Event, go: threading.Semaphore, until: int = 3) -> Iterator[int]:
    """0, 1, 2 …, each when it is let on."""
    try:
        for number in range(until):
            assert go.acquire(timeout=20)
            yield number
    finally:
        closed.set()


def let_on() -> threading.Semaphore:
    return threading.Semaphore(1000)


def test_items_come_in_order_and_then_the_end():
    async def run() -> list[int]:
        job = await Workers(1, 0, 5).start(lambda: count(threading.Event(), let_on()))
        items = [item async for item in job]
        return items + [item async for item in job]  # asked again, it has still ended

    assert asyncio.run(run()) == [0, 1, 2]


def test_an_exception_comes_after_the_items_before_it():
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("no")

    async def run() -> None:
        job = await Workers(1, 0, 5).start(failing)
        assert await anext(job) == 1
        with pytest.raises(KeyError):
            await anext(job)

    asyncio.run(run())


def test_any_iterator_will_do():
    async def run() -> list[int]:
        return [item async for item in await Workers(1, 0, 5).start(lambda: iter([1, 2]))]

    assert asyncio.run(run()) == [1, 2]


def test_stopping_closes_the_generator_at_its_next_item():
    async def run() -> None:
        closed, go = threading.Event(), threading.Semaphore(1)
        job = await Workers(1, 0, 5).start(lambda: count(closed, go, 10**9))
        assert await anext(job) == 0
        job.stop()
        assert not closed.is_set()
        go.release()
        assert [item async for item in job] == []
        assert closed.is_set()

    asyncio.run(run())


def test_a_place_is_held_until_the_thread_is_done():
    async def run() -> None:
        workers = Workers(1, 0, 5)
        closed, go = threading.Event(), threading.Semaphore(0)
        job = await workers.start(lambda: count(closed, go))
        job.stop()
        with pytest.raises(ApiError) as refusal:
            await workers.start(lambda: iter([1]))
        assert (refusal.value.status_code, refusal.value.code) == (503, "overloaded")
        go.release(10)
        assert [item async for item in job] == []
        for _ in range(100):  # the thread gives its place back a moment after the last item
            try:
                again = await workers.start(lambda: iter([1]))
                break
            except ApiError:
                await asyncio.sleep(0.01)
        assert [item async for item in again] == [1]

    asyncio.run(run())


def test_a_wait_that_is_too_long_or_given_up_frees_its_place():
    async def run() -> None:
        workers = Workers(1, 1, 0.05)
        closed, go = threading.Event(), threading.Semaphore(0)
        running = await workers.start(lambda: count(closed, go))
        for _ in range(2):
            with pytest.raises(ApiError):
                await workers.start(lambda: iter([1]))
        waiting = asyncio.create_task(workers.start(lambda: iter([1])))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go.release(10)
        assert [item async for item in running] == [0, 1, 2]
        assert [item async for item in await workers.start(lambda: iter([1]))] == [1]

    asyncio.run(run())


def test_work_whose_loop_is_gone_ends_quietly():
    closed, go = threading.Event(), threading.Semaphore(0)

    async def run() -> None:
        await Workers(1, 0, 5).start(lambda: count(closed, go))

    asyncio.run(run())
    go.release(10)
    assert closed.wait(5)
