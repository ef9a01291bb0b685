"""Fit and predict with arguments drawn at random, odd ones among them, and judge every call.

    python tests/fuzz.py --cases 10000 --seed 0
    python tests/fuzz.py --seed 0 --only 4711

A call has to work, or to raise ValueError or TypeError that names an argument and to leave the
estimator as it was. It writes to no argument, warns of nothing but what `WARNINGS` lists, and ends
in time. What was fitted is finite, and so is what it predicts. A case depends on its number and the
seed alone. Of the first failure of each kind the simplest case is looked for that still fails. The
exit code is 1 if a case has failed.
"""

import argparse
import contextlib
import copy
import io
import pickle
import re
import signal
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass, fields, is_dataclass, replace
from fractions import Fraction
from functools import partial

import frames
import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

from sknumpynet import NotLearningWarning, NumpyMLPBinaryClassifier
from sknumpynet.engine.activations import ACTIVATIONS

try:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
except ImportError:
    pd = pl = pa = None

# What is drawn from: values, or functions that make them, by name ---------------------------------

BIGGEST, SMALLEST = np.finfo(float).max, 5e-324
HUGE_INT, THIRD, HALF, TENTH = 10**400, Fraction(1, 3), np.float32(0.5), np.float16(0.1)
PART = [0, 1e-300, TENTH, HALF, THIRD, 0.99, 1 - 1e-16]
STRENGTH = [0, 1e-300, 1e-4, 1, 1e300, np.uint8(1), np.longdouble(0.1), THIRD]
FLAG = [True, False, np.True_]
PARAMETERS = {  # valid values, the extreme ones among them
    "hidden_layer_sizes": [(), (1,), (3, 2), 5, [4], np.array([3, 2]), np.int8(3), range(1, 3)],
    "activation": list(ACTIVATIONS), "loss": ["log_loss", "squared_error"],
    "solver": ["adam", "sgd", "lbfgs", np.str_("sgd")],
    "batch_size": ["auto", 1, 7, 10**9, 2**63, np.uint8(200), np.int8(5)],
    "learning_rate": ["cosine", "constant", "invscaling", "adaptive"],
    "learning_rate_init": ["auto", 1e-300, 0.1, 1e300, 3, TENTH, THIRD],
    "power_t": STRENGTH, "alpha": STRENGTH, "weight_decay": STRENGTH, "tol": STRENGTH,
    "max_iter": [1, 5, 10**9, 2**63, np.int8(100), np.uint8(3)],
    "max_fun": [1, 3, 2**63, np.int8(5)], "n_iter_no_change": [1, 3, np.inf, 2**63, np.int8(1)],
    "shuffle": FLAG, "warm_start": FLAG, "nesterovs_momentum": FLAG, "early_stopping": FLAG,
    "random_state": [None, 0, 2**32 - 1, np.int8(1), np.random.RandomState(0), np.uint64(7)],
    "verbose": [*FLAG, 0, 2, np.int8(1), 2**63], "epsilon": [1e-300, 1, 1e300, TENTH, THIRD],
    "momentum": [*PART, 1], "beta_1": PART, "beta_2": PART, "validation_fraction": PART,
    "dropout": PART, "label_smoothing": PART, "averaging": [*FLAG, "auto"],
    "n_estimators": [1, 3, np.int8(2), np.uint64(3), "auto"],
    "precision": ["auto", "float32", "float64"],
    "scale_inputs": ["robust", "standard", None],
    "numeric_bins": ["auto", 0, 2, 8, 1000, np.uint8(200)],
    "max_grad_norm": [None, 1e-300, 1, 1e300, np.inf, TENTH, THIRD],
    "class_weight": [
        None, "balanced", {}, {0: 1, 1: 5}, {0: 0}, {0: 1e300}, {1: 1e-300}, {5: 2}, {"no": 2},
        {0: TENTH, 1: THIRD},
    ],
    "n_jobs": [None, 1, 2, -1, np.int8(2), 2**63],
    "categorical_features": [
        "from_dtype", None, [], [0], (0, 1), ["column 0"], np.array([0]), np.array(["column 0"]),
        [True, False, False], np.array([True]), np.uint8([1]), range(2), ["column 1", 0], [0, 0],
    ],
}  # fmt: skip
ODD = [  # for any parameter
    None, "no such name", "", "auto", b"adam", np.nan, np.inf, -np.inf, -1, 0, 0.5, 2, 2.0, 1j,
    True, np.True_, HUGE_INT, -HUGE_INT, Fraction(HUGE_INT), Fraction(1, HUGE_INT), np.int8(-1),
    np.longdouble("1e4000"), np.longdouble("1e-4000"), np.float16("nan"), [], [1], (1, 0), (2.0,),
    (HUGE_INT,), ((1,), (1,)), {}, {1}, {0: 1}, {0: np.nan}, {0: HUGE_INT}, {0: "1"}, {None: 1},
    np.array(1), np.array([1, 2]), np.array([]), np.array("adam"), np.array([None]),
    np.datetime64("2020"), np.timedelta64(1, "s"), np.random.default_rng(0), Ellipsis,
    ["no such name"], [-1], [np.nan], [None], [[0]], [True],
]  # fmt: skip
COLUMNS = {  # of X
    "normal": lambda rng, n: rng.normal(size=n),
    "counts": lambda rng, n: rng.poisson(1, n),
    "two values": lambda rng, n: rng.integers(0, 2, n),
    "constant": lambda rng, n: np.full(n, rng.choice([0, 7, 1e300, -SMALLEST])),
    "huge": lambda rng, n: rng.normal(size=n) * 1e300,
    "biggest": lambda rng, n: rng.choice([-BIGGEST, BIGGEST], n),
    "tiny": lambda rng, n: rng.normal(size=n) * rng.choice([1e-300, 1e-307]),
    "denormal": lambda rng, n: rng.integers(-3, 4, n) * SMALLEST,
    "of all sizes": lambda rng, n: rng.normal(size=n) * 10.0 ** rng.uniform(-320, 307, n),
    "far off": lambda rng, n: rng.normal(size=n) + 1e15,
    "biggest in float32": lambda rng, n: rng.choice([-3.4e38, -1e38, 0, 1e38, 3.4e38], n),
    "tiny in float32": lambda rng, n: rng.normal(size=n) * rng.choice([1e-45, 1e-38, 1e-37]),
    "zeros": lambda rng, n: rng.choice([0.0, -0.0], n),
    "mostly 0": lambda rng, n: rng.normal(size=n) * (rng.random(n) < 0.1),
    "a NaN": lambda rng, n: np.where(np.arange(n) == n // 2, np.nan, 1),
    "an infinity": lambda rng, n: np.where(np.arange(n) == n // 2, -np.inf, 1),
}


def untidy(values):
    """CSR with 64-bit indices in no order, zeros that are stored, and each value in two halves."""
    n_rows, n_columns = values.shape
    X = sparse.csr_array(values.shape)
    X.data = np.repeat(values[:, ::-1] / 2, 2, axis=1).ravel()
    X.indices = np.tile(np.repeat(np.arange(n_columns)[::-1], 2), n_rows)
    X.indptr = np.arange(n_rows + 1) * 2 * n_columns
    return X


def read_only(values):
    values = values.copy()
    values.setflags(write=False)
    return values


def memory_map(values):
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, float, "w+", shape=values.shape) if values.size else values
    mapped[...] = values
    return mapped


def frame(values, kind=None):
    names = [f"column {i}" for i in range(values.shape[1])]
    X = pd.DataFrame(values, columns=names) if pd else values
    return X.astype(kind) if pd and kind else X


def arrow_table(values):
    names = [f"column {i}" for i in range(values.shape[1])]
    return pa.table(dict(zip(names, values.T, strict=True))) if pa else values


def structured(values):
    return np.zeros(len(values), [("a", float), ("b", float)])


def rows_to_come(values):
    return iter(values.tolist())


def dates(values):
    """Days since 1970, missing for what is far from it."""
    return np.where(abs(values) < 1e4, values, np.nan).astype("M8[D]")


def dated_lists(values):
    return [list(row) for row in dates(values)]


def series(values, kind=None):
    return pd.Series(values, index=-np.arange(len(values)), dtype=kind) if pd else values


def of_type(dtype, then=np.asarray):
    return lambda values: then(values.astype(dtype))


def always(*constants):
    return {repr(constant): lambda values, it=constant: it for constant in constants}


def called(*names, dtype=None):
    """Labels 0, 1 and 2 by other names."""
    return lambda y: np.array(names, dtype)[y]


TYPES = {dtype: of_type(dtype) for dtype in [*"?bBHiLefgDOSU", ">f8", "M8[D]", "m8[s]"]}
FORMATS = ["csr", "csc", "coo", "bsr", "lil", "dok", "dia"]
FORMS = {  # in which X is given
    **TYPES, **always(None, 5, b"X", {"a": [1.0]}, {1.0}), "rows to come": rows_to_come,
    **{f"{name}_array": getattr(sparse, f"{name}_array") for name in FORMATS},
    **{f"{name}_matrix": getattr(sparse, f"{name}_matrix") for name in FORMATS},
    **{f"csr of {dtype}": of_type(dtype, sparse.csr_array) for dtype in "fiD"},
    **{f"frame of {dtype}": of_type(dtype, frame) for dtype in "dfOU"},
    "untidy": untidy, "read-only": read_only, "memory map": memory_map, "matrix": np.asmatrix,
    "read-only f": of_type("f", read_only), "Fortran order": np.asfortranarray, "1-d": np.ravel,
    "strided": lambda values: np.repeat(np.repeat(values, 2, axis=0), 3, axis=1)[::2, ::-3],
    "lists": lambda values: values.tolist(), "tuple": tuple, "masked": np.ma.masked_array,
    "masked values": lambda values: np.ma.masked_array(values, values > 1), "table": arrow_table,
    "dates in objects": lambda values: dates(values).astype(object), "dates in lists": dated_lists,
    "frame of dates": lambda values: frame(dates(values)), "structured": structured,
    "dates beside numbers": lambda values: np.hstack([values.astype(object), dates(values)]),
    "StringDType": of_type(str, of_type(np.dtypes.StringDType())),
    "frame of categories": lambda values: frame(values, "category"),
    "nullable frame": lambda values: frame(values, "Float64"),
    "names twice": lambda values: frame(values).rename(columns=lambda _: "a") if pd else values,
    "polars": lambda values: pl.DataFrame(values) if pl else values,
    "one column more": lambda values: np.pad(values, [(0, 0), (0, 1)]),
    "words": lambda values: np.where(values > 0, "red", "blue"),
    "3-d": lambda values: values[np.newaxis], "objects": lambda values: np.full(values.shape, {}),
    "ragged": lambda values: [[0.0] * (1 + i % 2) for i in range(len(values))],
    "huge ints": lambda values: [[HUGE_INT * int(v > 0) for v in row] for row in values],
}  # fmt: skip
SHARES = {  # which labels there are
    "one of a class": lambda rng, n: (np.arange(n) == 0).astype(int),
    "one class": lambda rng, n: np.zeros(n, int), "three": lambda rng, n: rng.integers(3, size=n),
}  # fmt: skip
LABELS = {  # what is made of these ints
    **TYPES, **always(None, 5, "label"),
    "signs": called(-1, 1, 3), "0.5 and 1.5": called(0.5, 1.5, 2.5), "NaN": called(0, 1, np.nan),
    "infinity": called(0, np.inf, 2), "huge floats": called(1e300, 2e300, -1e300),
    "close ints": called(2**53, 2**53 + 1, 0), "large ints": called(0, 2**63, 9, dtype=np.uint64),
    "huge ints": called(0, HUGE_INT, 2, dtype=object), "text": called("no", "yes", "perhaps"),
    "blanks": called("a", "a ", ""), "text in objects": called("no", "yes", "so", dtype=object),
    "bytes in objects": called(b"no", b"yes", b"so", dtype=object),
    "None among them": called(0, None, 2, dtype=object), "read-only": read_only,
    "text and NaN": called("no", np.nan, "so", dtype=object), "NaT": called("2020", "NaT", "2021",
    dtype="M8[D]"), "text and NaN in a list": lambda y: [["no", np.nan, "so"][i] for i in y],
    "masked": lambda y: np.ma.masked_array(y, y > 0), "dot": called("a", "a.", "A"),
    "StringDType": of_type(str, of_type(np.dtypes.StringDType())), "set": set,
    "to come": rows_to_come,
    "text with NA": lambda y: series(np.where(y > 0, "yes", None), "string") if pd else y,
    "categories with NaN": lambda y: series(np.where(y > 0, "a", None), "category"),
    "np.str_": lambda y: np.array([np.str_("no"), np.str_("yes"), np.str_("so")], object)[y],
    "big-endian": of_type(">i4"), "big-endian text": of_type(">U3"),
    "mixed": called(0, "yes", 2.0, dtype=object), "bools": called(False, True, 2, dtype=object),
    "strided": lambda y: np.repeat(y, 2)[::2], "one short": lambda y: y[:-1],
    "list": lambda y: y.tolist(), "list of text": lambda y: y.astype(str).tolist(),
    "series": series, "nullable": lambda y: series(y, "Int64"),
    "categories": lambda y: series(y, "category"),
    "categories of text": lambda y: pd.Categorical(y.astype(str)) if pd else y,
    "column": lambda y: y[:, np.newaxis], "two columns": lambda y: np.column_stack([y, y]),
    "ragged": lambda y: [[label] * (1 + label) for label in y.tolist()],
    "sparse": lambda y: sparse.csr_array(y[np.newaxis]),
}  # fmt: skip
CLASSES = {  # of partial_fit, with the labels in their form
    **always([0, 1], None, [], [0, np.nan], [0, None], "ab", 2, [3, 4]),
    "unsorted": lambda form: form(np.array([1, 0, 1])), "one": lambda form: form(np.array([0])),
    "three": lambda form: form(np.arange(3)),
}  # fmt: skip
WEIGHTS = {  # of numbers between 0 and 1
    **always(2, 0, 1e307, True, "heavy", HUGE_INT), "fractions": np.copy, "read-only": read_only,
    "f": of_type("f"), "e": of_type("e"), "text": of_type(str), "complex": of_type(complex),
    "counts": lambda w: np.floor(3 * w).astype(int), "many": lambda w: np.floor(1e6 * w),
    "tiny": lambda w: w * 1e-300, "denormal": lambda w: np.floor(3 * w) * SMALLEST,
    "huge": lambda w: w * 1e297, "biggest": lambda w: w * (BIGGEST / max(len(w), 1)),
    "of all sizes": lambda w: 10 ** (600 * w - 305), "bools": lambda w: w > 0.2,
    "one rules": lambda w: np.where(np.arange(len(w)) == 0, 1e299, 1e-300),
    "list": lambda w: w.tolist(), "series": series, "all 0": lambda w: 0 * w,
    "-0.0": lambda w: np.where(w > 0.1, w, -0.0), "negative": lambda w: w - 0.5,
    "masked": lambda w: np.ma.masked_array(w, w > 0.5),
    "NaN": lambda w: np.where(w < 0.5, w, np.nan), "objects": lambda w: np.full(len(w), None),
    "infinity": lambda w: np.where(w < 0.5, w, np.inf), "one short": lambda w: w[:-1],
    "column": lambda w: w[:, np.newaxis], "huge ints": lambda w: [HUGE_INT] * len(w),
}  # fmt: skip

GROUPS = {  # of rows from 0 on
    **always(0, "a", [], None, HUGE_INT), "tens": lambda rows: rows // 10, "all": np.zeros_like,
    "pairs": lambda rows: rows % max(len(rows) // 2, 1), "floats": lambda rows: rows / 3,
    "text": lambda rows: (rows // 5).astype(str), "series": series, "list": lambda r: r.tolist(),
    "objects": lambda rows: np.array([f"p{row // 4}" for row in rows], object),
    "mixed": lambda rows: np.array([row if row % 2 else "a" for row in rows], object),
    "NaN": lambda rows: np.where(rows % 3, rows, np.nan), "one short": lambda rows: rows[:-1],
    "column": lambda rows: rows[:, np.newaxis], "complex": of_type(complex),
    "read-only": read_only, "dates": of_type("M8[D]"), "bools": lambda rows: rows % 2 > 0,
}  # fmt: skip

USUAL = [  # columns of which a raw table is mostly accepted
    "normal", "counts", "cities", "many cities", "two levels", "bools", "codes", "days", "seconds",
    "decimals", "durations", "ids", "unicode", "datetime objects", "nothing", "ints",
]  # fmt: skip

CONTAINERS = ["object array", "rows in lists", "pandas", "polars", "arrow", "object frame"]
CONTAINERS = CONTAINERS if pd else CONTAINERS[:2]  # of the same columns


def is_usual(column):
    """Whether it is a column of those values, of no type of its own."""
    return column is None or re.sub(f" ({'|'.join(frames.GAPS)})$", "", column) in USUAL


# A case: numbers and names from the tables, None for what is usual -------------------------------


@dataclass(frozen=True)
class Rows:
    seed: int
    n_rows: int
    share: str | None
    form: str | None
    label_form: str | None
    weights: str | None

    def given(self, columns):
        """X, y and sample_weight."""
        rng, n_rows = np.random.default_rng(self.seed), self.n_rows
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if self.form in frames.TABLES:
                values = [frames.column(name, rng, n_rows, COLUMNS) for name in columns]
            else:
                values = [COLUMNS.get(kind, COLUMNS["normal"])(rng, n_rows) for kind in columns]
                values = np.array(values, float).reshape(len(columns), n_rows).T.copy()
            labels = SHARES[self.share](rng, n_rows) if self.share else rng.permutation(n_rows) % 2
            weight = WEIGHTS[self.weights](rng.random(n_rows)) if self.weights else None
            form = (FORMS | frames.TABLES).get(self.form, np.copy)
            return form(values), self.label(labels), weight

    def label(self, y):
        return LABELS.get(self.label_form, np.copy)(y)


@dataclass(frozen=True)
class Step(Rows):
    """A call with these rows, perhaps others to judge by, and others to predict after it."""

    method: str | None
    classes: str | None
    validation: Rows | None
    probe: Rows | None
    groups: str | None = None

    def arguments(self, columns):
        arguments = dict(zip(("X", "y", "sample_weight"), self.given(columns), strict=True))
        if self.method == "partial_fit":
            usual = self.label(np.arange(2))
            arguments["classes"] = CLASSES[self.classes](self.label) if self.classes else usual
            return arguments
        if self.validation:
            names = ("X_val", "y_val", "sample_weight_val")
            arguments |= zip(names, self.validation.given(columns), strict=True)
        if self.groups:
            arguments["groups"] = GROUPS[self.groups](np.arange(self.n_rows))
        return arguments


@dataclass(frozen=True)
class Case:
    params: dict
    columns: tuple  # pairs of names: of a column as it is fitted, and in what is predicted
    steps: tuple

    def __str__(self):
        text = repr(self).replace(" Step(", "\n  Step(").replace(" columns", "\n  columns")
        return re.sub("0{99,}", "0...0", text)


def draw_case(seed, number):
    """The case of that number."""
    rng = np.random.default_rng([seed, number])

    def pick(options):
        return copy.deepcopy(options[rng.integers(len(options))])

    def perhaps(table, chance):
        return pick(list(table)) if rng.random() < chance else None

    params = {"hidden_layer_sizes": (4,), "max_iter": 3, "n_estimators": 2}
    params |= {name: pick(of) for name, of in PARAMETERS.items() if rng.random() < 0.12}
    if name := perhaps(PARAMETERS, 0.1):
        params[name] = pick(ODD)
    if str(params["max_iter"]) not in "12345":  # no case may take long
        params |= {"tol": 1e300, "n_iter_no_change": 1}
    n_columns = pick([1, 2, 3, 3, 3, 4, 50]) * (rng.random() < 0.99)
    if is_raw := rng.random() < 0.35:
        columns, form = draw_raw_columns(rng, n_columns), perhaps(frames.FRAMES, 1)
    else:
        kinds = [perhaps(COLUMNS, 0.5) for _ in range(2)]
        columns = tuple((pick(kinds), pick([*kinds, *COLUMNS])) for _ in range(n_columns))
        form = perhaps(FORMS, 0.4)
    label_form = perhaps(LABELS, 0.1 if is_raw else 0.3)

    def rows(kind=Rows, **more):
        n_rows = pick([1, 2, 5, 20, 60, 120, 300]) * (rng.random() < 0.99)
        forms = frames.TABLES if is_raw else FORMS
        of_X = perhaps(forms, 1) if rng.random() < 0.05 else form
        number = int(rng.integers(2**32))
        share, weights = perhaps(SHARES, 0.2), perhaps(WEIGHTS, 0.4)
        return kind(number, int(n_rows), share, of_X, label_form, weights, **more)

    def step():
        validation = rows() if rng.random() < 0.2 else None
        classes, method = perhaps(CLASSES, 0.2), perhaps(["partial_fit"], 0.3)
        probe, groups = rows(), perhaps(GROUPS, 0.15)
        more = {"method": method, "classes": classes, "validation": validation, "probe": probe}
        return rows(Step, **more, groups=groups)

    steps = tuple(step() for _ in range(pick([1, 1, 2, 3])))
    return Case({"warm_start": len(steps) > 1} | params, columns, steps)


def draw_raw_columns(rng, n_columns):
    """Names of columns of `frames`, each with that of what is predicted."""

    def pick(options, chance=1.0):
        return list(options)[rng.integers(len(options))] if rng.random() < chance else None

    values = pick([USUAL, USUAL, USUAL, frames.VALUES, frames.VALUES | COLUMNS])
    columns = []
    for _ in range(n_columns):
        of = pick(values if n_columns < 9 else USUAL)
        name = frames.draw_column(pick, of)
        other = frames.draw_column(pick, pick(frames.VALUES, 0.2) or of)
        columns.append((name, name if rng.random() < 0.7 else other))
    return tuple(columns)


def simpler(part):
    """What is a little simpler than a case or a part of one."""
    if isinstance(part, str):
        yield from frames.simpler(part)
    if isinstance(part, str) or type(part) is Rows:
        yield None
    if isinstance(part, int) and part > 1:
        yield from (part // 2, part - 1)
    elif isinstance(part, dict):
        yield from ({k: v for k, v in part.items() if k != name} for name in part)
    elif isinstance(part, tuple):
        for i, one in enumerate(part):
            if len(part) > 1 and not isinstance(one, str | None):
                yield part[:i] + part[i + 1 :]
            yield from ((*part[:i], other, *part[i + 1 :]) for other in simpler(one))
    elif is_dataclass(part):
        for name in [field.name for field in fields(part) if field.name != "seed"]:
            yield from (replace(part, **{name: other}) for other in simpler(getattr(part, name)))


# Judging it ---------------------------------------------------------------------------------------

ARGUMENTS = ["X", "y", "sample_weight", "classes", "X_val", "y_val", "sample_weight_val"]
ARGUMENTS += ["groups"]
ARGUMENTS += ["x", "network"]  # of readers
NAMED = re.compile(rf"\b({'|'.join([*ARGUMENTS, *PARAMETERS])})\b")
WARNINGS = [  # all that may be warned of, with the beginning of the text
    (ConvergenceWarning, ""),
    (NotLearningWarning, "nothing was learnt"),
    (UserWarning, "X does not have valid feature names"),
    (UserWarning, "X has feature names, but"),
    (UserWarning, "nearly every row has a level of its own in"),
    (DataConversionWarning, "A column-vector y was passed"),
]
PROBABILITIES = ["predict_proba", "predict_proba_members"]
PREDICTIONS = [*PROBABILITIES, "predict", "predict_log_proba", "decision_function"]


class BrokenPromiseError(Exception):
    """What must never be: its kind, and more about it."""


def require(condition, kind, about=""):
    if not condition:
        raise BrokenPromiseError(kind, str(about)[:300])


def without_generator(attributes):
    """Attributes bit for bit, but for how far a random generator has gone."""
    return pickle.dumps(attributes | {"random_state": None})


def contents(argument):
    if sparse.issparse(argument):  # without its flags
        return pickle.dumps([v for v in vars(argument).values() if isinstance(v, np.ndarray)])
    if hasattr(argument, "lazy"):  # polars
        argument = argument.lazy().collect()
        return pickle.dumps([column.to_list() for column in argument.get_columns()])
    return pickle.dumps(np.asarray(argument) if hasattr(argument, "to_numpy") else argument)


def attempt(clf, call, **arguments):
    """What a method, or a function of the estimator, returns, or raises where that is allowed."""
    method = call if isinstance(call, str) else call.__name__
    before, params = without_generator(vars(clf)), without_generator(clf.get_params())
    given = {name: contents(value) for name, value in arguments.items()}
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            bound = getattr(clf, call) if isinstance(call, str) else partial(call, clf)
            with np.errstate(all="raise"):  # as a user may have it
                result = bound(**arguments)
        except BrokenPromiseError:
            raise
        except Exception as error:
            result = error
    for warning in caught:
        kind, text = warning.category, str(warning.message)
        is_known = any(kind is known and text.startswith(start) for known, start in WARNINGS)
        place = f"{warning.filename}:{warning.lineno}"
        require(is_known, f"{method} warns: {kind.__name__}: {text}", place)
    for name, value in arguments.items():
        require(contents(value) == given[name], f"{method} writes to {name}")
    require(without_generator(clf.get_params()) == params, f"{method} changes parameters")
    if isinstance(result, Exception):
        kind, text = type(result).__name__, str(result)
        if isinstance(result, AttributeError) and method == "partial_fit":
            text = str(result.__cause__)
        else:
            require(isinstance(result, ValueError | TypeError), f"{method} raises {kind}", text)
        is_named = NAMED.search(text) or "is not fitted yet" in text
        require(is_named, f"{method} raises {kind} that names no argument", text)
    if isinstance(result, Exception) or method in PREDICTIONS or callable(call):
        require(without_generator(vars(clf)) == before, f"{method} changes the estimator")
    return result


def judge_fitted(clf):
    for array in [*clf.coefs_, *clf.intercepts_]:
        require(np.isfinite(array).all(), "parameters are not finite", array)
    if hasattr(clf, "oof_proba_"):
        require(np.isfinite(clf.oof_log_loss_), "oof_log_loss_ is not finite", clf.oof_log_loss_)
        judge_sums(clf.oof_proba_, "oof_proba_")


def judge_sums(proba, name):
    require((proba >= 0).all() and abs(proba.sum(axis=1) - 1).max() < 1e-6, name, proba)


def judge_predictions(clf, X, may_refuse):
    """Predictions agree, are finite, or are all refused."""
    of = {method: attempt(clf, method, X=X) for method in PREDICTIONS}
    refusals = [result for result in of.values() if isinstance(result, Exception)]
    if refusals:
        require(may_refuse and len(refusals) == len(of), "predicting is refused", refusals[0])
        return
    for name in PROBABILITIES:
        require((of[name] > 0).all() and (of[name] < 1).all(), f"{name} not in (0, 1)", of[name])
    judge_sums(of["predict_proba"], "predict_proba")
    for name in "predict_log_proba", "decision_function":
        require(np.isfinite(of[name]).all(), f"{name} is not finite", of[name])
    n_rows = len(of["predict"])
    n_networks = clf.intercepts_[0].shape[0] if clf.intercepts_[0].ndim == 2 else 1
    require(of["predict_proba_members"].shape == (n_networks, n_rows), "shape of members")
    if clf.n_estimators != "auto":
        require(n_networks == clf.n_estimators, "number of networks")
    for is_positive in of["decision_function"] > 0, of["predict_proba"].argmax(axis=1):
        label = clf.classes_[is_positive.astype(int)]
        require((label == of["predict"]).all(), "predictions disagree", of)


def is_tame(clf):
    """Whether rounding is small in its predictions."""
    is_bent = clf.scale_inputs == "robust"  # and not folded into the weights
    return is_bent and max(abs(coef).max(initial=0) for coef in clf.coefs_) < 1e6


def judge_rows_alone(clf, X):
    """A row's probability is the same whichever rows come with it."""
    proba = attempt(clf, "predict_proba", X=X)
    for rows in slice(1), slice(len(proba) // 2, None):
        part = attempt(clf, "predict_proba", X=frames.some_of(X, rows))
        require(not isinstance(part, Exception), "some rows are refused alone", part)
        is_same = np.allclose(part, proba[rows], rtol=1e-4, atol=1e-6)
        require(is_same, "some rows have other predictions alone", (part, proba[rows]))


def judge_other_containers(clf, step, columns):
    """The same columns predict the same in a frame of pandas, of polars, and as objects."""
    proba = attempt(clf, "predict_proba", X=step.given(columns)[0])
    for form in CONTAINERS:
        other = attempt(clf, "predict_proba", X=replace(step, form=form).given(columns)[0])
        require(not isinstance(other, Exception), f"a {form} is refused", other)
        is_same = np.allclose(other, proba, rtol=1e-4, atol=1e-6)
        require(is_same, f"a {form} has other predictions", (other, proba))


def is_counted(case):
    """Whether the first step has whole weights and nothing that makes rounding large."""
    step, harmless = case.steps[0], {"hidden_layer_sizes", "max_iter", "n_estimators", "n_jobs"}
    harmless |= {"warm_start", "categorical_features", "numeric_bins", "activation", "shuffle"}
    is_usual = not (step.method or step.validation or step.groups or step.label_form)
    return step.weights == "counts" and is_usual and set(case.params) <= harmless


def judge_weights(case, arguments, clf):
    """Whole weights are rows given several times; 0 leaves a row out."""
    X, y, weight = (arguments[name] for name in ("X", "y", "sample_weight"))
    rows = np.repeat(np.arange(len(weight)), weight)
    other = NumpyMLPBinaryClassifier(**copy.deepcopy(case.params))
    np.random.seed(0)  # noqa: NPY002
    result = attempt(other, "fit", X=frames.some_of(X, rows), y=y[rows])
    if not isinstance(result, Exception) and is_tame(other):
        both = [each.predict_proba(X) for each in (clf, other)]
        require(np.allclose(*both, rtol=1e-3), "weights are not rows given several times", both)


def judge_the_same_again(case, method, arguments, clf):
    """What is fitted once more, or pickled, predicts the same."""
    np.random.seed(0)  # noqa: NPY002
    again = NumpyMLPBinaryClassifier(**copy.deepcopy(case.params))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        getattr(again, method)(**arguments)
    for name, other in {"fitted again": again, "pickled": pickle.loads(pickle.dumps(clf))}.items():
        logits = [each.decision_function(arguments["X"]) for each in (clf, other)]
        require(np.array_equal(*logits), f"{name}, it predicts otherwise", logits)


def run(case):
    """What each call comes to; raise BrokenPromiseError for what must never be."""
    outcomes = []
    np.random.seed(0)  # noqa: NPY002  what random_state=None draws from
    clf = NumpyMLPBinaryClassifier(**copy.deepcopy(case.params))
    fitted, other = zip(*case.columns, strict=True) if case.columns else ((), ())
    for step in case.steps:
        arguments = step.arguments(fitted)
        result = attempt(clf, step.method or "fit", **arguments)
        is_refused = isinstance(result, Exception)
        outcomes.append(type(result).__name__ if is_refused else "fitted")
        if not is_refused:
            require(result is clf, "fit does not return the estimator", result)
            judge_fitted(clf)
            judge_predictions(clf, arguments["X"], may_refuse=False)
            score = attempt(clf, "score", X=arguments["X"], y=arguments["y"])
            require(isinstance(score, float) and 0 <= score <= 1, "score is not in [0, 1]", score)
            if step.form in frames.FRAMES and is_tame(clf):
                judge_rows_alone(clf, arguments["X"])
                is_named_anew = any(each.form == "renamed" for each in case.steps)
                if step.form in CONTAINERS and all(map(is_usual, fitted)) and not is_named_anew:
                    judge_other_containers(clf, step, fitted)
                if len(outcomes) == 1 and is_counted(case):
                    judge_weights(case, arguments, clf)
            if len(outcomes) == 1:
                judge_the_same_again(case, step.method or "fit", arguments, clf)
            if step.probe:
                judge_predictions(clf, step.probe.given(other)[0], may_refuse=True)
    return outcomes


def judged(case, seconds, run=run):
    """The outcomes and None, or what has failed; what hangs is broken off, where the system can."""

    def break_off(*_):
        raise TimeoutError(f"not done after {seconds} s")

    can_break_off = hasattr(signal, "SIGALRM")
    if can_break_off:
        signal.signal(signal.SIGALRM, break_off)
        signal.alarm(seconds)
    try:
        return run(case), None
    except (BrokenPromiseError, TimeoutError) as failure:
        return ["failed"], failure
    finally:
        if can_break_off:
            signal.alarm(0)


def simplest(case, failure, seconds=15, run=run):
    """The simplest case found in that time that fails in the same way."""
    end, others = time.monotonic() + seconds, simpler(case)
    while time.monotonic() < end and (other := next(others, None)):
        _, found = judged(other, seconds=5, run=run)
        if found and found.args[0] == failure.args[0]:
            case, others = other, simpler(other)
    return case


def main(draw_case=draw_case, run=run, description=__doc__):
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no case after these")
    parser.add_argument("--only", type=int, help="the number of a case to repeat and print")
    args = parser.parse_args()
    start, counts, kinds = time.monotonic(), Counter(), set()
    for number in range(args.cases) if args.only is None else [args.only]:
        if time.monotonic() - start > args.seconds:
            break
        case = draw_case(args.seed, number)
        if args.only is not None:
            print(case)
        outcomes, failure = judged(case, seconds=20, run=run)
        counts.update(outcomes)
        if failure:
            print(f"case {number}:", *failure.args)
            if failure.args[0] not in kinds:
                print("simplest:", simplest(case, failure, run=run), flush=True)
            kinds.add(failure.args[0])
    took = f"{time.monotonic() - start:.0f} s"
    print(f"seed {args.seed}:", *(f"{n} {name}," for name, n in counts.most_common()), took)
    return int(bool(kinds))


if __name__ == "__main__":
    raise SystemExit(main())
