"""How long does a step take, a fit, a prediction? Ours beside others at the same work.

    python benchmarks/speed.py steps --threads 1
    python benchmarks/speed.py fits --data FOLDER
    python benchmarks/speed.py words
    python benchmarks/speed.py predictions
    python benchmarks/speed.py import

"steps": one network, Adam, no validation, no penalty, the same batches and epochs for all: ours, a
stack of 8 of ours (time per network), MLPClassifier, PyTorch (eager, fused Adam) and JAX (jit and
scan over an epoch) where installed, and the floor: the matrix products of a step alone. A time is
that of a whole fit by its number of steps; contenders take turns, the best of all turns counts.
"fits": all defaults, ours and MLPClassifier, on the data sets of the accuracy benchmark. "words":
two epochs of each on a sparse table, 1,000 texts of 60 words out of 12,000.
"""

import argparse
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from sknumpynet import NumpyMLPBinaryClassifier

WORK = {  # name -> layer sizes, activation, rows, rows per batch, epochs
    "T": ((2, 5, 5, 1), "logistic", 1_000, 32, 60),
    "S": ((30, 100, 1), "relu", 569, 200, 200),
    "M": ((20, 128, 128, 1), "relu", 20_000, 256, 12),
    "L": ((784, 512, 512, 1), "relu", 10_000, 256, 10),
}
ENDLESS = {"n_iter_no_change": np.inf, "tol": 0.0, "alpha": 0.0}


def table(n_rows, n_columns, dtype, seed=0):
    """Normal noise, and labels that a network can learn a little of."""
    X = np.random.default_rng(seed).normal(size=(n_rows, n_columns)).astype(dtype)
    return X, (X[:, 0] * X[:, 1] + X[:, -1] > 0).astype(int)


def best_of_turns(runs, n_turns, n_calls=1):
    """Name -> least wall and CPU seconds a call; the contenders take turns."""
    best = {label: np.full(2, np.inf) for label in runs}
    for _ in range(n_turns):
        for label, run in runs.items():
            start = np.array([perf_counter(), process_time()])
            for _ in range(n_calls):
                run()
            spent = np.array([perf_counter(), process_time()]) - start
            best[label] = np.minimum(best[label], spent / n_calls)
    return best


# One step ---------------------------------------------------------------------------------------


def fit_ours(X, y, sizes, activation, batch_size, n_epochs, n_estimators=1):
    """As MLPClassifier does it: one learning rate, no rows held out, inputs as they are."""
    NumpyMLPBinaryClassifier(
        sizes[1:-1],
        activation,
        batch_size=batch_size,
        max_iter=n_epochs,
        n_estimators=n_estimators,
        learning_rate="constant",
        learning_rate_init=0.001,
        early_stopping=False,
        scale_inputs=None,
        random_state=0,
        **ENDLESS,
    ).fit(X, y)


def fit_sklearn(X, y, sizes, activation, batch_size, n_epochs):
    """scikit-learn's."""
    MLPClassifier(
        sizes[1:-1],
        activation,
        batch_size=batch_size,
        max_iter=n_epochs,
        random_state=0,
        **ENDLESS,
    ).fit(X, y)


def fit_torch(X, y, sizes, activation, batch_size, n_epochs):
    """PyTorch, written as its tutorials do, with its fastest Adam."""
    import torch

    unit = {"relu": torch.nn.ReLU, "logistic": torch.nn.Sigmoid}[activation]
    rows = torch.from_numpy(X)
    target = torch.from_numpy(y.astype(X.dtype))
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [torch.nn.Linear(fan_in, fan_out, dtype=rows.dtype), unit()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    loss_of = torch.nn.BCEWithLogitsLoss()
    for _ in range(n_epochs):
        for index in torch.randperm(len(rows)).split(batch_size):
            optimizer.zero_grad()
            loss = loss_of(model(rows[index])[:, 0], target[index])
            loss.backward()
            optimizer.step()


def make_jax(X, y, sizes, activation, batch_size, n_epochs):
    """An epoch compiled as a whole; returns what runs them. Rows beyond whole batches are left."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    unit = {"relu": jax.nn.relu, "logistic": jax.nn.sigmoid}[activation]
    rows, target = jnp.asarray(X), jnp.asarray(y.astype(X.dtype))
    rng = np.random.default_rng(0)
    params = [
        (jnp.asarray(rng.normal(size=(m, n)).astype(X.dtype)) / m**0.5, jnp.zeros(n, X.dtype))
        for m, n in pairwise(sizes)
    ]

    def loss(params, index):
        a = rows[index]
        for W, b in params[:-1]:
            a = unit(a @ W + b)
        z = (a @ params[-1][0] + params[-1][1])[:, 0]
        return jnp.mean(jnp.logaddexp(0, z) - target[index] * z)

    def step(state, index):
        params, m, v, t = state
        value, grad = jax.value_and_grad(loss)(params, index)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
        rate = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        rate = rate.astype(X.dtype)
        params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), params, m, v)
        return (params, m, v, t + 1), value

    n_steps = len(rows) // batch_size

    @jax.jit
    def epoch(state, key):
        order = jax.random.permutation(key, len(rows))[: n_steps * batch_size]
        return jax.lax.scan(step, state, order.reshape(n_steps, batch_size))

    zeros = jax.tree.map(jnp.zeros_like, params)

    def run():
        state = params, zeros, zeros, jnp.asarray(1.0, X.dtype)
        for key in jax.random.split(jax.random.key(0), n_epochs):
            state, _ = epoch(state, key)
        jax.block_until_ready(state)

    return run, n_steps * n_epochs


def make_floor(X, sizes, batch_size, n_steps):
    """The matrix products of a step: forward, gradient, and backward but for the first layer."""
    products = []
    for layer, (m, n) in enumerate(pairwise(sizes)):
        W, a, delta = (
            np.ones(shape, X.dtype) for shape in ((m, n), (m, batch_size), (n, batch_size))
        )
        products += [
            (W.T, a, np.empty_like(delta)),
            (a, delta.T, np.empty_like(W)),
        ]
        if layer:
            products.append((W, delta, np.empty_like(a)))

    def run():
        for _ in range(n_steps):
            for left, right, out in products:
                np.dot(left, right, out=out)

    return run


def contenders(name, dtype):
    """Name -> what to run, how many steps that is, how many networks."""
    sizes, activation, n_rows, batch_size, n_epochs = WORK[name]
    X, y = table(n_rows, sizes[0], dtype)
    n_steps = n_epochs * -(-n_rows // batch_size)
    work = (X, y, sizes, activation, batch_size, n_epochs)
    found = {
        "matrix products alone": (make_floor(X, sizes, batch_size, n_steps), n_steps, 1),
        "ours": (partial(fit_ours, *work), n_steps, 1),
        "MLPClassifier": (partial(fit_sklearn, *work), n_steps, 1),
    }
    if name != "L":
        found["ours, stack of 8"] = (partial(fit_ours, *work, n_estimators=8), n_steps, 8)
    with suppress(ImportError):
        import torch

        torch.set_num_threads(1 if os.environ.get("OMP_NUM_THREADS") == "1" else os.cpu_count())
        found["PyTorch"] = (partial(fit_torch, *work), n_steps, 1)
    with suppress(ImportError):
        start = perf_counter()
        run, jax_steps = make_jax(*work)
        run()
        print(f"{name} {dtype}: JAX took {perf_counter() - start:.2f} s to compile and run once")
        found["JAX"] = (run, jax_steps, 1)
    return found


def time_steps(options):
    """One row of the CSV a contender: best microseconds a step and network."""
    for name in options.work:
        for dtype in ("float32", "float64"):
            found = contenders(name, dtype)
            best = best_of_turns(
                {label: run for label, (run, *_) in found.items()}, options.repeats
            )
            microseconds = {
                label: best[label][0] / n_steps / n_networks * 1e6
                for label, (_, n_steps, n_networks) in found.items()
            }
            for label in found:
                yield {
                    "what": f"step of {name}, {dtype}",
                    "contender": label,
                    "microseconds": microseconds[label],
                    "others / ours": microseconds[label] / microseconds["ours"],
                    "MLPClassifier / it": microseconds["MLPClassifier"] / microseconds[label],
                }


# Fits, predictions, import ----------------------------------------------------------------------


def time_fits(options):
    """CPU seconds of a default fit on one thread, wall seconds with two workers."""
    from accuracy import data_sets, prepared, splits

    seconds = {}
    for name, (X, y, categorical) in data_sets(options.data):
        _, train, test = next(splits(y, "small"))
        raw, _ = prepared(X, categorical, train, test, standardised=False)
        scaled, _ = prepared(X, categorical, train, test, standardised=True)
        runs = {
            "ours": partial(NumpyMLPBinaryClassifier(random_state=0).fit, raw, y[train]),
            "ours, n_jobs=2": partial(
                NumpyMLPBinaryClassifier(random_state=0, n_jobs=2).fit, raw, y[train]
            ),
            "MLPClassifier": partial(MLPClassifier(random_state=0).fit, scaled, y[train]),
        }
        for label, (wall, cpu) in best_of_turns(runs, options.repeats).items():
            seconds.setdefault(label, []).append((cpu, wall))
            yield {
                "what": f"fit of {name}",
                "contender": label,
                "CPU seconds": cpu,
                "seconds": wall,
            }
    for label, of_sets in seconds.items():
        ratio = np.exp(np.mean(np.log(np.divide(of_sets, seconds["MLPClassifier"])), axis=0))
        yield {
            "what": "fit, by MLPClassifier's, geometric mean",
            "contender": label,
            "CPU seconds": ratio[0],
            "seconds": ratio[1],
        }


def time_words(options):
    """CPU seconds of two epochs on a sparse table, all else by default."""
    X = sparse.random_array((1_000, 12_000), density=60 / 12_000, format="csr", rng=0)
    y = np.random.default_rng(0).integers(0, 2, 1_000)
    ours = partial(NumpyMLPBinaryClassifier, max_iter=2, random_state=0)
    runs = {
        "ours": lambda: ours().fit(X, y),
        "ours, one network": lambda: ours(n_estimators=1).fit(X, y),
        "MLPClassifier": lambda: MLPClassifier(max_iter=2, random_state=0).fit(X, y),
    }
    best = best_of_turns(runs, options.repeats)
    for label, (_, cpu) in best.items():
        yield {
            "what": "two epochs of 1,000 x 12,000 words",
            "contender": label,
            "CPU seconds": cpu,
            "ours / MLPClassifier": cpu / best["MLPClassifier"][1],
        }


def time_predictions(options):
    """predict_proba of 30 columns, one hidden layer of 100, by rows."""
    X, y = table(2_000, 30, "float64")
    X_new, _ = table(100_000, 30, "float64", seed=1)
    one = {"n_estimators": 1, "random_state": 0}
    fitted = {
        "ours, one network": NumpyMLPBinaryClassifier(**one).fit(X, y),
        "ours, one network on raw columns": NumpyMLPBinaryClassifier(
            **one, scale_inputs="standard", numeric_bins=0
        ).fit(X, y),
        "ours": NumpyMLPBinaryClassifier(random_state=0).fit(X, y),
        "MLPClassifier": MLPClassifier(random_state=0, max_iter=30).fit(X, y),
    }
    for n_rows, n_calls in ((1, 500), (100, 500), (100_000, 3)):
        calls = {label: partial(clf.predict_proba, X_new[:n_rows]) for label, clf in fitted.items()}
        best = best_of_turns(calls, options.repeats, n_calls)
        for label, (wall, _) in best.items():
            yield {
                "what": f"predict_proba of {n_rows} rows",
                "contender": label,
                "microseconds": wall * 1e6,
                "ours / MLPClassifier": wall / best["MLPClassifier"][0],
            }


def time_import(options):
    """A fresh interpreter that imports one thing, without what starting it takes."""
    statements = ["pass", "import sknumpynet", "import sklearn.neural_network"]
    runs = {s: partial(subprocess.run, [sys.executable, "-c", s], check=True) for s in statements}
    best = best_of_turns(runs, options.repeats)
    for statement in statements[1:]:
        seconds = best[statement][0] - best["pass"][0]
        yield {"what": "import", "contender": statement, "seconds": seconds}


WHAT = {
    "steps": time_steps,
    "fits": time_fits,
    "words": time_words,
    "predictions": time_predictions,
    "import": time_import,
}


def draw_measured():
    """docs/speed.png, of what measured/steps.csv has."""
    from drawing import DOCS, MEASURED, draw_twins

    draw_twins(partial(draw, pd.read_csv(MEASURED / "steps.csv")), DOCS / "speed.png")


def draw(rows):
    """A line a network, a mark a contender: its steps while MLPClassifier makes one."""
    from drawing import OTHERS, OURS, ink, plt

    figure, ax = plt.subplots(figsize=(6, 3.6), dpi=150)
    how = {
        "ours": {"color": OURS, "marker": "o", "ms": 11},
        "PyTorch": {"color": OTHERS, "marker": "s", "ms": 8},
        "JAX": {"color": ink(), "marker": "^", "ms": 8, "mfc": "none"},
    }
    for label, style in how.items():
        speed = [speed_of(rows, name, label) for name in WORK]
        ax.plot(speed, range(len(WORK)), ls="none", label=label, clip_on=False, **style)
    for at, name in enumerate(WORK):
        speed = speed_of(rows, name, "ours")
        ax.annotate(f"{speed:.1f}", (speed, at), (0, 9), textcoords="offset points", ha="center")
    ax.axvline(1, color=ink(), lw=1, ls=":")
    ax.set(xscale="log", xlim=(0.45, 16), ylim=(len(WORK) - 0.5, -0.6))
    ax.set_xticks([0.5, 1, 2, 5, 10])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.set_xlabel("steps while MLPClassifier makes one:  faster $\\rightarrow$")
    ax.set_yticks(range(len(WORK)), [f"{name}: {words_of(*work)}" for name, work in WORK.items()])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", lw=0.5, alpha=0.4)
    ax.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside upper left", ncols=3, frameon=False, handletextpad=0.2)
    return figure


def speed_of(rows, work, contender):
    """Of a step in float32; NaN if it was not measured."""
    is_it = (rows.what == f"step of {work}, float32") & (rows.contender == contender)
    return rows.loc[is_it, "MLPClassifier / it"].max()


def words_of(sizes, activation, n_rows, batch_size, n_epochs):
    """A piece of work in words, in two lines."""
    return f"{'-'.join(map(str, sizes))}\n{activation}, {batch_size} rows a step"


def main():
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--work", nargs="+", choices=WORK, default=list(WORK))
    parser.add_argument("--threads", choices=["1", "all"], default="1", help="of BLAS and peers")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    parser.add_argument("--output", type=Path, help="write the rows to this CSV")
    options = parser.parse_args()
    if options.threads == "1":
        os.environ["OMP_NUM_THREADS"] = "1"  # read by the peers when they are imported
        if hasattr(os, "sched_setaffinity"):  # nothing else holds JAX to one thread
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    with threadpool_limits(1 if options.threads == "1" else None):
        for row in WHAT[options.what](options):
            row["threads"] = options.threads
            figures = (f"{k} {v:.4g}" for k, v in row.items() if isinstance(v, float))
            print(f"{row['what']:<40}{row['contender']:<34}{'  '.join(figures)}", flush=True)
            rows.append(row)
    if options.output:
        pd.DataFrame(rows).to_csv(options.output, index=False)


if __name__ == "__main__":
    main()
