"""What a file of the estimator holds, who can read it, and what if it is old or damaged."""

import io
import pickle
import warnings
from fractions import Fraction
from pathlib import Path

import joblib
import numpy as np
import pytest
from learnt import PREDICTIONS, assert_learnt_the_same
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import InconsistentVersionWarning

import sknumpynet
from sknumpynet.engine.optimizers import OPTIMIZERS
from sknumpynet.persistence import CHECKED_IN_0_1_0, SEAL, checksum, checksum_0_1_0

TEXT_OF_NUMPY = np.array([np.str_("no"), np.str_("yes")], dtype=object)
TYPE = "sknumpynet.classifier.NumpyMLPBinaryClassifier"
OLD_FILES = sorted(Path(__file__).parent.joinpath("persisted").glob("*.pkl"))


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("solver", OPTIMIZERS)
@pytest.mark.parametrize("scale_inputs", ["robust", "standard"])
def test_a_copy_through_skops_predicts_the_same_and_goes_on_the_same(
    small, table, n_estimators, solver, scale_inputs
):
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    X, y = table
    clf = small(n_estimators=n_estimators, solver=solver, scale_inputs=scale_inputs)
    clf.set_params(hidden_layer_sizes=(4, 3), numeric_bins=3 if solver == "sgd" else 0).fit(X, y)
    twin = skops.loads(skops.dumps(clf), trusted=[TYPE])
    for name in PREDICTIONS:
        assert_array_equal(getattr(twin, name)(X), getattr(clf, name)(X))
    before = clf.predict_proba(X)
    twin.partial_fit(X, y)
    assert_array_equal(clf.predict_proba(X), before)
    assert_learnt_the_same(twin, clf.partial_fit(X, y))


def test_a_pickle_holds_the_weights_once(small, table):
    clf = small(solver="lbfgs", hidden_layer_sizes=(300, 100), max_iter=1).fit(*table)
    n_bytes = sum(array.nbytes for array in [*clf.coefs_, *clf.intercepts_])
    assert len(pickle.dumps(clf)) < 1.5 * n_bytes


def test_a_file_of_the_default_has_a_megabyte_at_most_and_is_weights_mostly():
    X = np.random.default_rng(0).normal(size=(3000, 30)).astype(np.float32)
    clf = sknumpynet.NumpyMLPBinaryClassifier(max_iter=1, random_state=0).fit(X, X[:, 0] > 0)
    sizes = {name: len(pickle.dumps(part)) for name, part in clf.__getstate__().items()}
    assert sorted(sizes, key=sizes.get)[:-4:-1] == ["coefs_", "oof_proba_", "_encoding"]
    assert sizes["_encoding"] < 10_000
    assert len(pickle.dumps(clf)) < 1_000_000


@pytest.mark.parametrize("length", np.linspace(0, 0.999, 20))
def test_a_file_cut_short_cannot_be_read(small, table, length):
    file = pickle.dumps(small().fit(*table))
    with pytest.raises((EOFError, pickle.UnpicklingError)):
        pickle.loads(file[: int(length * len(file))])


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"]], ids=str)
@pytest.mark.parametrize("protocol", [2, 5])
def test_a_file_with_a_changed_bit_is_an_error_or_goes_on_the_same(small, table, protocol, labels):
    X, y = table[0], np.take(labels, table[1])
    clf = small(numeric_bins=3, max_iter=1, class_weight={labels[0]: 0.5}).fit(X, y)
    file, rng, n_refused = pickle.dumps(clf, protocol=protocol), np.random.default_rng(0), 0
    proba, predicted = clf.predict_proba(X), clf.predict(X)
    clf.partial_fit(X, y)
    for position in rng.permutation(len(file))[:400]:
        altered = bytearray(file)
        altered[position] ^= 1 << rng.integers(8)
        try:
            twin = pickle._loads(altered)  # in Python: in C a wrong number can fill the memory
        except Exception:
            n_refused += 1
        else:
            assert_array_equal(twin.predict_proba(X), proba)
            assert_array_equal(twin.predict(X), predicted)
            assert_learnt_the_same(twin.partial_fit(X, y), clf)
    assert n_refused > 300


@pytest.mark.parametrize("part", ["first_moment", "oof_proba_", "_seed", "alpha", "loss_curve_"])
def test_a_change_of_what_going_on_depends_on_is_an_error(small, table, part):
    clf = small(alpha=1.0, early_stopping=True, warm_start=True).fit(*table)
    state = clf.__getstate__()
    if part == "first_moment":
        state["_optimizer"]["state"][part][0, 0] *= -1
    elif part == "loss_curve_":
        state[part][1][0] = np.nextafter(state[part][1][0], 2)
    else:
        state[part] = np.nextafter(state[part], 2) if part == "oof_proba_" else 1 - state[part]
    with pytest.raises(ValueError, match="damaged or altered"):
        small().__setstate__(state)


@pytest.mark.parametrize("is_fitted", [True, False])
@pytest.mark.parametrize("name", ["alpha", "_version", "_format", "_checksums"])
def test_a_name_that_was_altered_is_an_error(small, table, name, is_fitted):
    state = (small().fit(*table) if is_fitted else small()).__getstate__()
    state[name[:-1] + "~"] = state.pop(name)
    with pytest.raises(ValueError, match="damaged or altered"):
        small().__setstate__(state)


def test_a_file_of_an_unknown_format_is_an_error_that_says_which_version_wrote_it(small):
    state = small().__getstate__() | {"_format": 3, "_version": "9.9.9"}
    with pytest.raises(ValueError, match=r"the format 3, of .* version that wrote it, '9.9.9'"):
        small().__setstate__(state)


def test_a_changed_weight_is_an_error_that_says_what_to_do(small, table):
    state = small().fit(*table).__getstate__()
    state["coefs_"] = [coef + 1e-15 for coef in state["coefs_"]]
    with pytest.raises(ValueError, match=r"damaged or altered.*another copy"):
        small().__setstate__(state)


def test_a_file_mapped_to_memory_predicts_and_goes_on(small, table, tmp_path):
    X, y = table
    clf = small().fit(X, y)
    joblib.dump(clf, tmp_path / "clf.joblib")
    twin = joblib.load(tmp_path / "clf.joblib", mmap_mode="r")
    assert_array_equal(twin.predict_proba(X), clf.predict_proba(X))
    assert_learnt_the_same(twin.partial_fit(X, y), clf.partial_fit(X, y))


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
@pytest.mark.parametrize("is_fitted", [True, False])
def test_skops_needs_trust_in_the_estimator_alone(small, table, solver, is_fitted):
    skops = pytest.importorskip("skops.io", reason="skops is not installed")
    clf = small(solver=solver, numeric_bins=3, max_iter=100, tol=0.1)
    file = skops.dumps(clf.fit(*table) if is_fitted else clf)
    assert skops.get_untrusted_types(data=file) == [TYPE]


@pytest.mark.parametrize("is_fitted", [True, False])
def test_a_file_of_another_version_is_a_warning(small, table, is_fitted, monkeypatch):
    clf = small().fit(*table) if is_fitted else small()
    with monkeypatch.context() as patch:
        patch.setattr("sknumpynet.persistence.__version__", "0.0.7")
        file = pickle.dumps(clf)
    match = (
        f"NumpyMLPBinaryClassifier from version 0.0.7 when using version {sknumpynet.__version__}"
    )
    with pytest.warns(InconsistentVersionWarning, match=match):
        pickle.loads(file)


NAMES = ["age", "income", "hours", "visits", "score"]


def as_fitted_on(file, X):
    """The rows of a file in the container that the estimator was fitted on."""
    if "named" in file.stem:
        pd = pytest.importorskip("pandas", reason="pandas is not installed")
        return pd.DataFrame(X, columns=NAMES)
    return sparse.csr_array(X) if "sparse" in file.stem else X


@pytest.mark.parametrize("file", OLD_FILES, ids=lambda file: file.stem)
def test_a_file_of_every_version_can_be_read(file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        clf, X, y, proba, later = pickle.loads(file.read_bytes())
    X = as_fitted_on(file, X)
    if "named" in file.stem:  # and fitted with tanh, whatever its parameter says since
        assert clf.feature_names_in_.tolist() == NAMES
        assert {name.split()[0] for name in clf.input_names_} == {*NAMES}
    is_single = proba.dtype == np.float32
    assert_allclose(clf.predict_proba(X), proba, rtol=1e-6 if is_single else 1e-12)
    if clf.solver != "lbfgs":
        clf.set_params(activation=clf._built_with["activation"]).partial_fit(X, y)
    assert_allclose(clf.predict_proba(X), later, rtol=1e-5 if is_single else 1e-9)


@pytest.mark.parametrize("file", OLD_FILES, ids=lambda file: file.stem)
def test_a_column_that_is_constant_by_now_is_diagnosed_of_a_file_of_every_version(file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        clf, X, y, *_ = pickle.loads(file.read_bytes())
    X[:, 1] = 0
    X[0, 0] = np.nan
    sknumpynet.diagnose(clf, as_fitted_on(file, X), y, trials=False)


@pytest.mark.parametrize("way", ["pickle", "joblib"])
def test_an_estimator_that_is_not_fitted_keeps_its_parameters(way):
    clf = sknumpynet.NumpyMLPBinaryClassifier((3, 2), alpha=0.5, class_weight={0: 1, 1: 2.5})
    assert WAYS[way](clf).get_params() == clf.get_params()


def test_there_is_a_file_of_this_version():
    assert sknumpynet.__version__ in {file.stem for file in OLD_FILES}


def as_0_1_0_wrote_it(clf):
    """The state as version 0.1.0 sealed it, labels in the representation they have now."""
    state = {name: value for name, value in clf.__getstate__().items() if name not in SEAL}
    encoding = state.pop("_encoding")
    state["_scaling"] = encoding["scaling"] | {"bins": encoding["binning"]}
    checked = checksum_0_1_0([state[name] for name in CHECKED_IN_0_1_0])
    return state | {"_version": sknumpynet.__version__, "_checksum": checked}


@pytest.mark.parametrize("labels", [np.array([0, 1], ">i4"), TEXT_OF_NUMPY])
def test_a_file_of_0_1_0_with_labels_of_another_representation_can_be_read(small, table, labels):
    X, y = table
    clf = small().fit(X, labels[y])
    state, twin = as_0_1_0_wrote_it(clf), small()
    with np.printoptions(legacy="1.25"):
        twin.__setstate__(pickle.loads(pickle.dumps(state)))
    assert_array_equal(twin.predict_proba(X), clf.predict_proba(X))
    assert "_checksum" not in vars(twin)
    state["classes_"] = state["classes_"][::-1]
    with pytest.raises(ValueError, match="damaged or altered"):
        twin.__setstate__(state)


# Healthy files ----------------------------------------------------------------------------------


def through_joblib(clf):
    file = io.BytesIO()
    joblib.dump(clf, file)
    file.seek(0)
    return joblib.load(file)


WAYS = {"pickle": lambda clf: pickle.loads(pickle.dumps(clf)), "joblib": through_joblib}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "labels",
    [
        *(np.array([0, 1], dtype) for dtype in (">i4", "<i8", ">f8", ">u2", "?", "g", ">f2")),
        *(np.array(["no", "yes"], dtype) for dtype in (">U3", "<U7", "O")),
        np.array([1, 2], ">M8[D]"),
        np.array([2**63, 2**64 - 1], np.uint64),
        TEXT_OF_NUMPY,
    ],
    ids=lambda labels: labels.dtype.str,
)
def test_labels_of_any_representation_come_back(small, table, labels, way):
    X, y = table
    clf = small().fit(X, labels[y])
    twin = WAYS[way](clf)
    assert_array_equal(twin.predict(X), clf.predict(X))
    with np.printoptions(legacy="1.25"):  # as another version of NumPy prints
        assert_array_equal(WAYS[way](twin).predict(X), clf.predict(X))


@pytest.mark.parametrize("way", WAYS)
def test_parameters_of_any_kind_come_back(small, table, way):
    params = {
        "hidden_layer_sizes": np.array([4, 3])[::-1],
        "alpha": Fraction(1, 3),
        "max_fun": 10**5000,
        "tol": np.longdouble(0.1),
        "activation": np.str_("tanh"),
        "class_weight": {1: np.float32(2), 0: 1},
        "random_state": np.random.RandomState(3),
        "shuffle": np.True_,
    }
    clf = WAYS[way](small(**params)).fit(*table)
    assert_array_equal(WAYS[way](clf).predict(table[0]), clf.predict(table[0]))


def test_what_a_subclass_adds_to_its_state_or_leaves_out_is_no_damage(small, table):
    clf = Slim(**small().get_params()).fit(*table)
    twin = pickle.loads(pickle.dumps(clf))
    assert not hasattr(twin, "loss_curve_")
    assert_array_equal(twin.predict(table[0]), clf.predict(table[0]))


class Slim(sknumpynet.NumpyMLPBinaryClassifier):
    """Leaves its curve out of files."""

    def __getstate__(self):
        state = super().__getstate__()
        state.pop("loss_curve_", None)
        return state


# Checksums --------------------------------------------------------------------------------------

ITSELF = [1.5]
ITSELF.append(ITSELF)
MATRIX = np.arange(6.0).reshape(2, 3)
SAME = [  # pairs of representations of one value
    (1, np.int8(1)),
    (0.5, np.float16(0.5)),
    ("a", np.str_("a")),
    (b"a", np.bytes_(b"a")),
    (True, np.True_),
    ((1, "a"), [1, "a"]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"a", "b", "c"}, {"c", "b", "a"}),
    (MATRIX, np.asfortranarray(MATRIX)),
    (MATRIX, MATRIX.astype(">f8")),
    (MATRIX, np.repeat(MATRIX, 2, axis=1)[:, ::2]),
    (MATRIX, np.ma.masked_array(MATRIX)),
    (np.array("ab"), np.array("ab", ">U2")),
    (np.array(["a"], object), np.array([np.str_("a")], object)),
    (np.array([1.5]).astype(np.longdouble), np.array([1.5]).astype(np.longdouble)),
    (np.random.RandomState(0), pickle.loads(pickle.dumps(np.random.RandomState(0)))),
    (ITSELF, pickle.loads(pickle.dumps(ITSELF))),
    (object(), object()),
]
DIFFERENT = [
    (0.0, -0.0),
    (1.0, np.nextafter(1, 2)),
    (1, 2),
    ([1, 2], [2, 1]),
    ([[1], 2], [[1, 2]]),
    ({"a": 1}, {"b": 1}),
    ({"a": {"b": 1}}, {"a": {"b": 2}}),
    (MATRIX, MATRIX.T),
    (MATRIX, MATRIX.ravel()),
    (MATRIX.astype("g"), np.nextafter(MATRIX.astype("g"), 9)),
    (np.array([1], "M8[D]"), np.array([1], "M8[s]")),
    (np.array(["a"], object), np.array(["b"], object)),
    (np.random.RandomState(0), np.random.RandomState(1)),
    (Fraction(1, 3), Fraction(1, 2)),
    ("a", b"a"),
    (None, False),
    (range(3), range(4)),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=str)
def test_a_checksum_is_of_the_value_not_of_how_it_is_represented(one, other):
    assert checksum(one) == checksum(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=str)
def test_values_that_differ_have_other_checksums(one, other):
    assert checksum(one) != checksum(other)
