"""Time and memory of a fit, as rows, columns, networks and workers grow in number.

    python benchmarks/scaling.py rows columns "sparse columns" networks workers --output growth.csv
    python benchmarks/scaling.py memmap --folder FOLDER

Each fit runs in a process of its own, which reports the seconds of fit and the most anonymous
memory (Linux: RssAnon, so that the pages of a mapped file do not count) it held beyond what it
had before. "memmap" writes a float32 file of 2 GB and fits half of it, then all, from the disk. The
slope printed is that of the logarithms: 1 is linear.
"""

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from sknumpynet import NumpyMLPBinaryClassifier

BASE = {"rows": 10_000, "columns": 20, "kind": "dense", "networks": 8, "workers": 1}
SERIES = {  # name -> what varies, its values, what is different from BASE
    "rows": ("rows", [1_000, 10_000, 100_000, 1_000_000], {}),
    "columns": ("columns", [10, 100, 1_000, 10_000], {"rows": 3_000}),
    "sparse columns": ("columns", [10, 100, 1_000, 10_000], {"rows": 3_000, "kind": "sparse"}),
    "networks": ("networks", [1, 2, 4, 8, 16, 32], {}),
    "workers": ("workers", [1, 2], {"rows": 30_000}),
    "memmap": ("rows", [250_000, 500_000], {"kind": "memmap", "columns": 1_000}),
}
EPOCHS = 3


class PeakMemory:
    """Samples the anonymous memory of this process from a thread while the block runs."""

    def __enter__(self):
        self.before = self.peak = self.now()
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.is_over.set()
        self.thread.join()

    def watch(self):
        """Every 5 ms."""
        while not self.is_over.wait(0.005):
            self.peak = max(self.peak, self.now())

    @staticmethod
    def now():
        """In MB."""
        return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


def make_table(rows, columns, kind, folder):
    """Noise and labels; every tenth value only where the table is sparse."""
    if kind == "memmap":
        X = np.memmap(folder / "table.f32", np.float32, "r", shape=(rows, columns))
    else:
        X = np.random.default_rng(0).normal(size=(rows, columns)).astype(np.float32)
    if kind == "sparse":
        X = sparse.random_array((rows, columns), density=0.1, format="csr", rng=0, dtype=np.float32)
        return X, X[:, [0]].toarray().ravel() + X[:, [1]].toarray().ravel() > 0
    return X, np.asarray(X[:, 0]) + np.asarray(X[:, 1]) > 0


def fit_once(rows, columns, kind, networks, workers, folder):
    """Seconds and MB of one fit, in this process."""
    X, y = make_table(rows, columns, kind, folder)
    clf = NumpyMLPBinaryClassifier(
        n_estimators=networks, n_jobs=workers, max_iter=EPOCHS, random_state=0
    )
    clf.fit(*make_table(200, 5, "dense", folder))  # imports and buffers of the libraries
    with PeakMemory() as memory:
        start = time.perf_counter()
        clf.fit(X, y)
        seconds = time.perf_counter() - start
    data = X.data.nbytes if kind == "sparse" else X.nbytes
    return {
        "seconds": seconds,
        "MB": memory.peak - memory.before,
        "data MB": data / 2**20,
        "parameters MB": sum(a.nbytes for a in [*clf.coefs_, *clf.intercepts_]) / 2**20,
    }


def write_table(folder):
    """The file that "memmap" reads, unless it is there."""
    path, rows, columns = folder / "table.f32", 500_000, 1_000
    if not path.exists() or path.stat().st_size != rows * columns * 4:
        X = np.memmap(path, np.float32, "w+", shape=(rows, columns))
        rng = np.random.default_rng(0)
        for start in range(0, rows, 5_000):
            X[start : start + 5_000] = rng.standard_normal((5_000, columns), dtype=np.float32)


def run_series(name, folder):
    """One row of the CSV a fit, with the slope from the fit before."""
    varied, values, changed = SERIES[name]
    if name == "memmap":
        write_table(folder)
    before = None
    for value in values:
        settings = BASE | changed | {varied: value}
        command = [sys.executable, __file__, "--fit", json.dumps(settings), "--folder", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = {"series": name, varied: value} | json.loads(done.stdout)
        line = "  ".join(f"{key} {row[key]:.4g}" for key in list(row)[1:])
        if before:
            grown = np.log(row["seconds"] / before["seconds"]) / np.log(value / before[varied])
            line += f"  slope {grown:.2f}"
        print(f"{name:<16}{line}", flush=True)
        yield {"value": row.pop(varied)} | row
        before = row | {varied: value}


def draw_measured():
    """docs/scaling.png, of what measured/growth.csv has."""
    from drawing import DOCS, MEASURED, draw_twins

    draw_twins(partial(draw, pd.read_csv(MEASURED / "growth.csv")), DOCS / "scaling.png")


def draw(rows):
    """Seconds on the left, MB on the right, as rows, columns and networks grow in number."""
    from drawing import OTHERS, OURS, plt

    figure, panels = plt.subplots(3, 2, figsize=(6, 7.2), dpi=150, sharey="col", sharex="row")
    of_row = [("rows", {"rows": ""}), ("columns", {"columns": "dense", "sparse columns": "sparse"})]
    of_row += [("networks", {"networks": ""})]
    for (left, right), (xlabel, series) in zip(panels, of_row, strict=True):
        for ax, key in ((left, "seconds"), (right, "MB")):
            for name, colour, style in zip(series, (OURS, OTHERS), ("o-", "s--"), strict=False):
                of_name = rows[rows.series == name]
                ax.plot(of_name.value, of_name[key], style, color=colour, label=series[name])
            ax.set(xscale="log", yscale="log", xlabel=xlabel)
            ax.yaxis.set_major_formatter("{x:g}")
            ax.spines[["top", "right"]].set_visible(False)
            if len(series) > 1:
                ax.legend(frameon=False)
    panels[0, 0].set_title("seconds of three epochs", size="medium")
    panels[0, 1].set_title("MB beside the table", size="medium")
    networks = rows.value[rows.series == "networks"]
    panels[2, 0].set_xticks(networks, networks)
    panels[2, 0].minorticks_off()
    return figure


def main():
    """Read the options, run, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("series", nargs="*", choices=[*SERIES, []], default=[])
    parser.add_argument("--folder", type=Path, default=Path(), help="for the file of memmap")
    parser.add_argument("--output", type=Path, help="write the rows to this CSV")
    parser.add_argument("--fit", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fit:
        print(json.dumps(fit_once(**options.fit, folder=options.folder)))
        return
    rows = [row for name in options.series for row in run_series(name, options.folder)]
    if options.output:
        pd.DataFrame(rows).to_csv(options.output, index=False)


if __name__ == "__main__":
    main()
