"""Linear algebra on one thread."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Keeps BLAS from sharing out small matrices among threads, as long as the context lasts.

    Our matrices are as wide as a jury: too small to gain, and on a busy machine OpenBLAS's threads wait for each
    other (186 ms instead of 1 ms for one evaluation with 100 judges and two busy cores). The limit holds for the
    whole process. Without threadpoolctl nothing is limited, and nothing but the speed differs.
    """
    try:
        import numpy  # noqa: F401 - loads a library that is to be limited
        import scipy.linalg  # noqa: F401 - and this its own
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        yield
        return
    with threadpool_limits(limits=1, user_api="blas"):
        yield
