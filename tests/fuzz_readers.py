"""Read estimators of every kind with arguments drawn at random, and judge every call.

    python tests/fuzz_readers.py --cases 5000 --seed 0
    python tests/fuzz_readers.py --seed 0 --only 4711

What is drawn, what a call may do and how a failure is cut down is as in `fuzz`. Besides, a reader
changes nothing of the estimator, says the same after ``set_params``, and the graph that ONNX gets
predicts what the estimator does.
"""

import contextlib
import copy
import io
import pickle
import warnings
from dataclasses import dataclass

import frames
import fuzz
import numpy as np
from fuzz import HUGE_INT, require
from scipy import sparse
from sklearn.utils import shuffle

from sknumpynet import NumpyMLPBinaryClassifier, check_gradients, diagnose, importance, trace

try:
    import onnxruntime
    import skl2onnx

    import sknumpynet.onnx  # noqa: F401  teaches skl2onnx
except ImportError:
    onnxruntime = None
try:
    import matplotlib
    import matplotlib.pyplot as plt

    from sknumpynet.display import LayersDisplay, ReliabilityDisplay, TrainingCurveDisplay

    matplotlib.use("Agg")
except ImportError:
    plt = None

ONNX_TOLERANCE = 1e-5

# What `fit` takes, of the tables of `fuzz` --------------------------------------------------------

NUMBERS = [name for name in fuzz.COLUMNS if name not in ("a NaN", "an infinity")]
FORMS = [
    "f", "i", "csr_array", "csc_matrix", "coo_array", "dok_matrix", "csr of f", "frame of d",
    "frame of f", "untidy", "read-only", "memory map", "Fortran order", "strided", "lists",
]  # fmt: skip
LABELS = [
    "?", "b", "f", "U", "signs", "0.5 and 1.5", "huge floats", "close ints", "large ints", "text",
    "text in objects", "series", "categories of text", "list",
]  # fmt: skip
WEIGHTS = [
    "2", "fractions", "f", "counts", "many", "tiny", "denormal", "huge", "of all sizes", "bools",
    "one rules", "list", "series",
]  # fmt: skip

# Readers: what each says, as text ----------------------------------------------------------------


def read_by_diagnose(clf, X, y, sample_weight, network):
    with np.errstate(all="raise"):
        diagnosis = diagnose(clf, X, y, sample_weight)
    return str(diagnosis) + diagnosis._repr_html_()


def first_of(rows):
    with contextlib.suppress(TypeError):
        return frames.some_of(rows.tocsr() if sparse.issparse(rows) else rows, slice(1))
    return rows


def read_by_trace(clf, X, y, sample_weight, network):
    with np.errstate(all="raise"):
        return str(trace(clf, first_of(X), first_of(y), network=network))


def read_by_check_gradients(clf, X, y, sample_weight, network):
    with np.errstate(all="raise"):
        return str(check_gradients(clf, X, y, sample_weight, network=network))


def read_by_importance(clf, X, y, sample_weight, network):
    with np.errstate(all="raise"):
        worth = importance(clf, X, y, sample_weight, n_repeats=1)
    if worth.judged_on == "out of fold":
        require(np.isclose(worth.loss, clf.oof_log_loss_, 1e-4), "another loss", str(worth))
    return str(worth) + worth._repr_html_()


def drawn(display, *numbers):
    display.figure_.draw_without_rendering()
    return str(numbers)


def read_by_training_curve(clf, X, y, sample_weight, network):
    display = TrainingCurveDisplay.from_estimator(clf)
    return drawn(display, [line.get_ydata() for line in display.loss_lines_])


def read_by_reliability(clf, X, y, sample_weight, network):
    display = ReliabilityDisplay.from_estimator(clf, X, y, sample_weight=sample_weight)
    return drawn(display, display.prob_true, display.share, display.log_loss)


def read_by_reliability_out_of_fold(clf, X, y, sample_weight, network):
    if hasattr(clf, "classes_") and not hasattr(clf, "oof_proba_"):
        return ""
    display = ReliabilityDisplay.from_estimator(clf, y=y, strategy="quantile")
    return drawn(display, display.prob_true, display.share, display.log_loss)


def read_by_layers(clf, X, y, sample_weight, network):
    display = LayersDisplay.from_estimator(clf, X, network=network)
    return drawn(display, display.coefs, display.activity)


def read_by_onnx(clf, X, y, sample_weight, network):
    expected = clf.predict_proba(X)  # first: it refuses what is no table
    if hasattr(X, "columns") and "M" in {getattr(kind, "kind", "M") for kind in X.dtypes}:
        return ""
    rows = X.toarray() if sparse.issparse(X) else np.asarray(X)
    is_known = type(clf) is not Heir  # of whom skl2onnx wants to be told
    if rows.dtype not in (np.float32, np.float64) or not is_known:
        return ""
    with np.errstate(all="raise"):
        graph = skl2onnx.to_onnx(clf, rows[:1], options={id(clf): {"zipmap": False}})
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    proba = session.run(None, {"X": np.array(rows)})[1]
    if max(float(abs(weights).max()) for weights in clf.coefs_) < 1e100:  # or products overflow
        error = abs(proba - expected).max()
        require(error <= ONNX_TOLERANCE, "ONNX predicts otherwise", f"{error}: {proba} {expected}")
    return str(proba)


READERS = [read_by_diagnose, read_by_trace, read_by_check_gradients, read_by_importance]
if plt:
    READERS += [read_by_training_curve, read_by_reliability, read_by_layers]
    READERS += [read_by_reliability_out_of_fold]
if onnxruntime:
    READERS += [read_by_onnx]
READERS = {reader.__name__.removeprefix("read_by_"): reader for reader in READERS}

# What becomes of an estimator after it was fitted ------------------------------------------------


def with_layers(change):
    """Other arrays in the place of the weights."""

    def put_in(clf):
        with np.errstate(over="ignore"):
            clf.coefs_ = [change(coef) for coef in clf.coefs_]
        return clf

    return put_in


def changed_in_place(clf):
    with np.errstate(over="ignore"):
        for coef in clf.coefs_:
            coef *= 100
    return clf


def networks_turned_round(clf):
    if np.ndim(clf.coefs_[0]) == 3:
        clf.coefs_ = [coef[::-1] for coef in clf.coefs_]
        clf.intercepts_ = [intercept[::-1] for intercept in clf.intercepts_]
    return clf


FATES = {
    "a pickled copy": lambda clf: pickle.loads(pickle.dumps(clf)),
    "a deep copy": copy.deepcopy,
    "weights of 0": with_layers(lambda coef: 0 * coef),
    "large weights": with_layers(lambda coef: coef * 1e3),
    "weights of float32": with_layers(lambda coef: coef.astype(np.float32)),
    "other arrays": with_layers(np.copy),
    "in place": changed_in_place,
    "turned round": networks_turned_round,
}


class Heir(NumpyMLPBinaryClassifier):
    """A class of somebody else."""


class Impatient(io.StringIO):
    """Where lines are printed to by somebody who interrupts after the second."""

    def write(self, text):
        self.n_lines = getattr(self, "n_lines", 0) + text.count("\n")
        if self.n_lines > 1:
            raise KeyboardInterrupt
        return super().write(text)


# A case ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    params: dict
    columns: tuple  # as in `fuzz`
    steps: tuple  # how it is fitted
    kind: str | None
    fate: str | None
    since: dict  # parameters set after the fit
    reader: str
    rows: fuzz.Rows | None  # to read; None are those of the last step
    columns_of_rows: str | None
    order: str | None  # they come in
    network: object

    __str__ = fuzz.Case.__str__


def draw_case(seed, number):
    """The case of that number."""
    rng = np.random.default_rng([seed, number, 1])

    def pick(options):
        return copy.deepcopy(options[rng.integers(len(options))])

    def perhaps(options, chance):
        return pick(list(options)) if rng.random() < chance else None

    params = {"hidden_layer_sizes": (4,), "max_iter": 3, "n_estimators": 2}
    params |= {name: pick(of) for name, of in fuzz.PARAMETERS.items() if rng.random() < 0.15}
    if str(params["max_iter"]) not in "12345":  # no case may take long
        params |= {"tol": 1e300, "n_iter_no_change": 1}
    since = {name: pick([*of, *fuzz.ODD]) for name, of in fuzz.PARAMETERS.items()}
    since = {name: value for name, value in since.items() if rng.random() < 0.3}
    n_columns, is_raw = pick([1, 2, 3, 3, 3, 4, 50]), rng.random() < 0.35
    if is_raw:
        columns, form = fuzz.draw_raw_columns(rng, n_columns), perhaps(frames.FRAMES, 1)
    else:
        kinds = [perhaps(NUMBERS, 0.6) for _ in range(2)]
        columns = tuple((pick(kinds), pick([*kinds, *fuzz.COLUMNS])) for _ in range(n_columns))
        form = perhaps(FORMS, 0.4)
    label_form = perhaps(LABELS, 0.4)

    def step():
        method, classes = perhaps(["partial_fit"], 0.3), None
        number, n_rows = int(rng.integers(2**32)), pick([2, 5, 20, 60, 120, 120, 300])
        share = perhaps(["one of a class"], 0.1)
        given = number, n_rows, share, form, label_form, perhaps(WEIGHTS, 0.4)
        return fuzz.Step(*given, method, classes, validation=None, probe=None)

    steps, rows = tuple(step() for _ in range(pick([1, 1, 2, 3]))), None
    if rng.random() < 0.5:  # others than it was fitted on
        of, forms = steps[-1], frames.TABLES if is_raw else fuzz.FORMS
        tables = (fuzz.SHARES, forms, fuzz.LABELS, fuzz.WEIGHTS)
        usual = of.share, of.form, of.label_form, of.weights
        names = (perhaps(table, 0.2) or name for table, name in zip(tables, usual, strict=True))
        n_rows = of.n_rows if rng.random() < 0.5 else pick([0, 1, 2, 20, 150, 3000])
        rows = fuzz.Rows(pick([of.seed, of.seed + 1]), n_rows, *names)
    return Case(
        {"warm_start": len(steps) > 1} | params,
        columns,
        steps,
        kind=perhaps(["interrupted", "heir"], 0.2),
        fate=perhaps(FATES, 0.4),
        since=since,
        reader=pick(list(READERS)),
        rows=rows,
        columns_of_rows=perhaps(["other"], 0.3),
        order=perhaps(["another"], 0.2),
        network=pick([0, 0, 0, 0, 1, np.int64(1), 7, -1, True, 1.0, "0", None, HUGE_INT, [0]]),
    )


def fitted_by(case, columns):
    """The estimator after all steps, and the arguments of the last that it took, or of the last."""
    kind = Heir if case.kind == "heir" else NumpyMLPBinaryClassifier
    clf, taken = kind(**copy.deepcopy(case.params)), None
    if is_interrupted := case.kind == "interrupted":
        clf.set_params(verbose=1, n_jobs=1)
    for step in case.steps:
        arguments = step.arguments(columns)
        out = Impatient() if is_interrupted else io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(out):
            warnings.simplefilter("ignore")
            try:
                getattr(clf, step.method or "fit")(**arguments)
            except (ValueError, TypeError, AttributeError, KeyboardInterrupt):
                continue
        taken = arguments
    if taken and case.fate:
        clf = FATES[case.fate](clf)
    return clf, taken or arguments


def run(case):
    """What the reader comes to; raise BrokenPromiseError for what must never be."""
    np.random.seed(0)  # noqa: NPY002  what random_state=None draws from
    fitted, other = zip(*case.columns, strict=True) if case.columns else ((), ())
    clf, arguments = fitted_by(case, fitted)
    given = [arguments[name] for name in ("X", "y", "sample_weight")]
    if case.rows:
        given = list(case.rows.given(other if case.columns_of_rows else fitted))
    if case.order:
        with contextlib.suppress(Exception):
            given = shuffle(*given, random_state=0)
    arguments = dict(zip(("X", "y", "sample_weight"), given, strict=True), network=case.network)
    reader, told = READERS[case.reader or "diagnose"], []
    with warnings.catch_warnings(), contextlib.suppress(Exception):
        warnings.simplefilter("ignore")
        clf.predict(arguments["X"])  # what that does to the estimator is judged by `fuzz`
    for params in ({}, case.since):
        clf.set_params(**params)
        before = pickle.dumps(vars(clf))
        result = fuzz.attempt(clf, reader, **arguments)
        if plt:
            plt.close("all")
        require(pickle.dumps(vars(clf)) == before, f"{case.reader} changes the estimator")
        told.append(f"{type(result).__name__}: {result}")
    require(told[0] == told[1], f"{case.reader} goes by parameters set since", "\n".join(told))
    return [type(result).__name__ if isinstance(result, Exception) else "read"]


if __name__ == "__main__":
    raise SystemExit(fuzz.main(draw_case, run, __doc__))
