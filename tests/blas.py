"""How many threads BLAS has, to be seen and set."""

from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_info, threadpool_limits


def blas_threads():
    """One number for each library."""
    return [info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"]


def set_blas_threads(n_threads):
    """In a thread that ends: threadpoolctl leaves the limit to the thread that has set one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(threadpool_limits, n_threads, user_api="blas").result()
