"""What the benchmarks share."""

from ser.benchmark.workers import time_each


def test_work_that_loads_is_done_once_uncounted_and_then_timed_for_each_item():
    done: list[str] = []

    def work(item: str) -> int:
        done.append(item)
        return len(done)

    seconds, results = time_each(work, ["a", "b"])
    assert done == ["a", "a", "b"]
    assert results == [2, 3]
    assert len(seconds) == 2
    assert min(seconds) >= 0
