"""Run the same function on many items: on this machine's cores with joblib, or on many machines with Dask.

For example: python -m ser prepare --data DIR --out DIR --cluster tcp://scheduler:8786
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ser import __version__
from ser.errors import UserError
from ser.util.interrupts import delayed_interrupt

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")

# After Ctrl-C, joblib's resource tracker may find that the resources it should remove are already gone, and end with a
# warning that nobody can act on.
IGNORE_TRACKER_WARNINGS = "ignore:resource_tracker:UserWarning"
CONNECT_TIMEOUT_S = 10  # for a scheduler to answer, and for a first worker to come


class ClusterError(UserError):
    """A cluster cannot do the work."""


def chunks(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Return the items in order, `size` at a time."""
    return [items[i : i + size] for i in range(0, len(items), size)]


@contextmanager
def beside(is_long: bool, function: Callable[..., Result], *arguments: Any) -> Iterator[Callable[[], Result]]:
    """Yield a function that returns function(*arguments), which a thread computes beside the block if it is long."""
    if not is_long:
        yield functools.partial(function, *arguments)
        return
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(function, *arguments).result


def spread(
    function: Callable[[Item], Result],
    *,
    tasks: Sequence[Item],
    jobs: int | None = None,
    cluster: str | None = None,
) -> Generator[Result, None, None]:
    """Yield function(task) for each task, in order, as soon as each result is ready.

    Parameters
    ----------
    function : function of a module, or a `functools.partial` of one; a task may run again if a machine is lost
    tasks : arguments of the function, one per call
    jobs : processes on this machine; by default one per core
    cluster : address of a Dask scheduler, whose workers replace the processes on this machine. They must run this
        version of the project and see the same files under the same names

    Raises
    ------
    ClusterError
        if there is no scheduler or worker, or it goes away; if it runs another version; or if several workers were lost at
        the same task
    Any exception that `function` raises
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
    if IGNORE_TRACKER_WARNINGS not in sys.warnoptions:
        sys.warnoptions.append(IGNORE_TRACKER_WARNINGS)  # Python passes these options on to child processes
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=jobs, return_as="generator")
        with delayed_interrupt():
            results = parallel(joblib.delayed(function)(task) for task in tasks)
        yield from results
    get_reusable_executor().shutdown()  # idle processes would keep their memory for minutes


def _by_dask(
    function: Callable[[Item], Result], tasks: Sequence[Item], address: str
) -> Generator[Result, None, None]:
    # Not joblib's own backend for Dask: it never reports a task that was given up, and waits for it forever.
    with _client(address) as client:
        from distributed import KilledWorker

        futures = client.map(function, tasks, pure=False)
        try:
            for i in range(len(futures)):
                yield futures[i].result()
                futures[i] = None  # so that the workers can free the result
        except KilledWorker as error:
            raise ClusterError(
                f"Several workers of {address} were lost at the same task: read their logs and run this "
                "again, with fewer threads per worker if their memory was full."
            ) from error
        except CancelledError as error:  # Dask raises this for any result that it can no longer deliver
            raise ClusterError(
                f"The scheduler at {address} was lost ({error}): make sure that it is running, and run this again."
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
        client = Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise ClusterError(
            f"No Dask scheduler answers at {address}: start one with `dask scheduler`, or correct the address, "
            "which looks like tcp://10.0.0.5:8786."
        ) from error
    with client:
        _check_workers(client, address)
        yield client


def _check_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=CONNECT_TIMEOUT_S)
    except TimeoutError as error:
        raise ClusterError(
            f"The scheduler at {address} has no workers: start some with `dask worker {address}` in the folder "
            "of this project."
        ) from error
    try:
        versions = {"scheduler": client.run_on_scheduler(_version)}
    except Exception as error:  # any error means that it could not import this project
        versions = {"scheduler": error}
    versions |= {
        f"worker {worker}": version for worker, version in client.run(_version, on_error="return").items()
    }
    for member, version in versions.items():
        if version != __version__:
            problem = (
                "cannot import this project" if isinstance(version, Exception) else f"runs version {version}"
            )
            raise ClusterError(
                f"The {member} of {address} {problem}: start it in the folder of this project, version {__version__}."
            )


def _version() -> str:
    import ser

    return ser.__version__
