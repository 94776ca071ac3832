"""The same work on many items: on this machine's cores by joblib, or on those of many machines by Dask.

python -m ser prepare --data DIR --out DIR --cluster tcp://scheduler:8786
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ser import __version__
from ser.errors import UserError
from ser.util.interrupts import held_back

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")

# What joblib's process that tidies up says, after all else, when what it should remove is already gone: so it may be
# after Ctrl-C, and nobody can do anything about it.
TIDIED = "ignore:resource_tracker:UserWarning"
CONNECT_S = 10  # as long may a scheduler take to answer, and a first worker to come


class ClusterError(UserError):
    """A cluster that cannot do the work."""


def chunks(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Return the items in order, `size` at a time."""
    return [items[i : i + size] for i in range(0, len(items), size)]


def spread(
    function: Callable[[Item], Result],
    *,
    tasks: Sequence[Item],
    jobs: int | None = None,
    cluster: str | None = None,
) -> Generator[Result, None, None]:
    """Yield function(task) for every task, in their order, as soon as it is there.

    Parameters
    ----------
    function : of a module, or a `functools.partial` of one; it may be run again when a machine is lost
    jobs : processes on this machine; as many as there are cores when not given
    cluster : address of a Dask scheduler, in place of this machine's processes. Its workers run this version
        of the project and see the same files under the same names

    Raises
    ------
    ClusterError
        no scheduler or worker there, or no longer; another version there; a task for which worker after worker
        was lost
    Whatever `function` raises
    """
    return _by_dask(function, tasks, cluster) if cluster else _by_joblib(function, tasks, jobs)


def _by_joblib(
    function: Callable[[Item], Result], tasks: Sequence[Item], jobs: int | None
) -> Generator[Result, None, None]:
    import joblib
    from joblib.externals.loky import get_reusable_executor

    jobs = min(jobs or joblib.cpu_count(), len(tasks))
    if jobs <= 1:
        yield from map(function, tasks)
        return
    if TIDIED not in sys.warnoptions:
        sys.warnoptions.append(TIDIED)  # with Python's own options it is handed on
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator")
        with held_back():
            results = parallel(joblib.delayed(function)(task) for task in tasks)
        yield from results
    get_reusable_executor().shutdown()  # idle, the processes would hold their memory for minutes


def _by_dask(
    function: Callable[[Item], Result], tasks: Sequence[Item], address: str
) -> Generator[Result, None, None]:
    # Not joblib's own backend for Dask: it never tells of a task that was given up, and waits for it.
    with _client(address) as client:
        from distributed import KilledWorker

        futures = client.map(function, tasks, pure=False)
        try:
            for i in range(len(futures)):
                yield futures[i].result()
                futures[i] = None  # so that the workers forget it
        except KilledWorker as error:
            raise ClusterError(
                f"Worker after worker of {address} was lost at the same work: see their logs, and run this "
                "again, with fewer threads a worker if their memory was full."
            ) from error
        except CancelledError as error:  # Dask's word for whatever it can no longer bring
            raise ClusterError(
                f"The scheduler at {address} was lost ({error}): see that it runs, and run this again."
            ) from error
        finally:
            client.cancel([future for future in futures if future is not None])


@contextmanager
def _client(address: str) -> Iterator[Client]:
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError("--cluster needs Dask: pip install distributed.") from error
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise ClusterError(
            f"No Dask scheduler answers at {address}: start one with `dask scheduler`, or mend the address, "
            "which looks like tcp://10.0.0.5:8786."
        ) from error
    with client:
        _check_workers(client, address)
        yield client


def _check_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_S)
    except TimeoutError as error:
        raise ClusterError(
            f"The scheduler at {address} has no workers: start some with `dask worker {address}` in the folder "
            "of this project."
        ) from error
    try:
        found = {"scheduler": client.run_on_scheduler(_version)}
    except Exception as error:  # whatever it was, it could not import this
        found = {"scheduler": error}
    found |= {
        f"worker {worker}": version for worker, version in client.run(_version, on_error="return").items()
    }
    for who, version in found.items():
        if version != __version__:
            what = "does not find this project" if isinstance(version, Exception) else f"runs its {version}"
            raise ClusterError(
                f"At {address} the {who} {what}: start it in the folder of this project's {__version__}."
            )


def _version() -> str:
    import ser

    return ser.__version__
