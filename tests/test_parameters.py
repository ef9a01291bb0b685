"""The table of rules: it knows every parameter, takes what is good and names what is not."""

import inspect
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.neural_network import MLPClassifier

from sknumpynet import NumpyMLPBinaryClassifier
from sknumpynet.engine.activations import ACTIVATIONS
from sknumpynet.engine.losses import LOSSES
from sknumpynet.engine.optimizers import OPTIMIZERS, is_adaptive, settings_of
from sknumpynet.engine.schedules import SCHEDULES
from sknumpynet.parameters import RULES, check_parameters

NAN, INF = float("nan"), float("inf")
NOT_NUMBERS = ["1", None, NAN, True, np.True_, 1j, [1], np.array([1.0]), np.timedelta64(1, "s")]
NOT_INTS = [*NOT_NUMBERS, 0, -1, 2.0, np.float64(2)]
NOT_SIZES = [np.array(5), np.ones(2), np.ones((2, 2), int)]
NOT_NAMES = ["no such name", 1, True, ["relu"], np.array(["relu"]), "RELU", ""]
SMOOTH_RELUS = ["gelu", "silu", np.str_("mish")]
NOT_FLAGS = ["True", None, 0, 1, 1.0, [True]]
NOT_FLOATS = [10**400, Fraction(10**400), np.longdouble("1e4000")]
FINITE_FROM_0 = (
    [0, 0.5, 7, np.float32(1), np.int8(1), Fraction(1, 3)],
    [*NOT_NUMBERS, *NOT_FLOATS, -1e-9, INF],
)
BELOW_1 = ([0, 0.5, np.float32(0.25)], [*NOT_NUMBERS, -1e-9, 1, INF])
POSITIVE_INT = ([1, 1000, np.int64(5)], NOT_INTS)
POSITIVE_INT_OR_AUTO = (["auto", 1, 10**9, np.int64(5)], [*NOT_INTS, "all", "Auto", INF])
FLAG = ([True, False, np.True_], NOT_FLAGS)
FLAG_OR_AUTO = ([True, False, np.True_, "auto"], [*NOT_FLAGS, "Auto"])

EXAMPLES = {  # name: (good values, bad values)
    "hidden_layer_sizes": (
        [(), [], 1, (5, 5), [64], np.array([3, 4]), np.int32(7), range(1, 3)],
        [0, -1, 2.0, True, None, "55", {5}, (5, 0), (5, 2.0), (5, True), ((5, 5),), *NOT_SIZES],
    ),
    "activation": (
        ["identity", "logistic", "tanh", "relu", "leaky_relu", "elu", "selu", *SMOOTH_RELUS],
        [*NOT_NAMES, None],
    ),
    "loss": (["log_loss", "squared_error"], [*NOT_NAMES, None]),
    "solver": (["adam", "sgd", "lbfgs"], [*NOT_NAMES, None]),
    "alpha": FINITE_FROM_0,
    "weight_decay": FINITE_FROM_0,
    "batch_size": POSITIVE_INT_OR_AUTO,
    "learning_rate": (
        ["cosine", "constant", "invscaling", "adaptive"],
        [*NOT_NAMES, None, 0.01],
    ),
    "learning_rate_init": (
        ["auto", 1e-300, 10],
        [*NOT_NUMBERS, *NOT_FLOATS, "Auto", 0, -0.1, INF, Fraction(1, 10**400)],
    ),
    "power_t": FINITE_FROM_0,
    "momentum": ([0, 1, 0.9], [*NOT_NUMBERS, -0.1, 1.1]),
    "nesterovs_momentum": FLAG,
    "beta_1": BELOW_1,
    "beta_2": BELOW_1,
    "epsilon": ([1e-12, 1], [*NOT_NUMBERS, 0, -1, INF]),
    "max_iter": POSITIVE_INT_OR_AUTO,
    "max_fun": POSITIVE_INT,
    "tol": FINITE_FROM_0,
    "n_iter_no_change": (["auto", 1, 10, INF, np.inf], [*NOT_INTS, "Auto", -INF]),
    "shuffle": FLAG,
    "verbose": ([True, False, 0, 1, 100, np.int64(2)], ["yes", None, -1, 0.5, NAN, [1]]),
    "warm_start": FLAG,
    "early_stopping": FLAG_OR_AUTO,
    "averaging": FLAG_OR_AUTO,
    "validation_fraction": ([0, 0.1, 0.999], [*NOT_NUMBERS, 1, -0.1, INF]),
    "n_estimators": POSITIVE_INT_OR_AUTO,
    "scale_inputs": (["robust", "standard", None], NOT_NAMES),
    "numeric_bins": (
        ["auto", 0, 2, np.int64(16), 65536],
        [1, -1, 8.0, True, None, "8", np.nan, 65537],
    ),
    "categorical_features": (
        ["from_dtype", None, [], [0, 2], ("city", "day"), np.array([True, False]), [np.int64(1)]],
        [
            "from dtype",
            "city",
            0,
            True,
            1.5,
            [0.5],
            [0, "city"],
            [True, 2],
            {0},
            [None, []],
            b"bc",
            np.ones((2, 2)),
        ],
    ),
    "precision": (["auto", "float32", np.str_("float64")], [*NOT_NAMES, None, 32, np.float32]),
    "dropout": BELOW_1,
    "label_smoothing": BELOW_1,
    "max_grad_norm": ([None, 1, 1e-3, INF], ["1", NAN, True, 0, -1, [1], 10**400]),
    "class_weight": (
        [None, "balanced", {}, {0: 1, 1: 0.5}, {"a": 0, "b": np.float32(2)}],
        ["Balanced", 1, [1, 1], {0: -1}, {0: NAN}, {0: INF}, {0: "1"}, {0: True}, {0: 10**400}],
    ),
    "n_jobs": ([None, 1, -1, np.int64(2)], ["2", 0, 2.0, NAN, True, [1]]),
}
DEFAULTS = NumpyMLPBinaryClassifier().get_params()


@pytest.mark.parametrize("name", sorted({*DEFAULTS, *RULES, *EXAMPLES} - {"random_state"}))
def test_a_parameter_has_a_rule_and_examples_here(name):  # random_state is sklearn.utils' to check
    assert name in DEFAULTS
    assert name in RULES
    assert name in EXAMPLES


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (good, _) in EXAMPLES.items() for value in good]
)
def test_a_good_value_passes(name, value):
    check_parameters(DEFAULTS | {name: value})


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, (_, bad) in EXAMPLES.items() for value in bad]
)
def test_a_bad_value_is_named_with_what_is_wanted_and_advice(name, value):
    start = re.escape(f"{name}={value!r} is not {RULES[name].wanted}; ")
    with pytest.raises(ValueError, match=f"^{start}{re.escape(RULES[name].advice)}\\.$"):
        check_parameters(DEFAULTS | {name: value})


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_speaks_in_full(rule):
    assert len(rule.wanted.split()) >= 2
    assert len(rule.advice.split()) >= 3


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_parameters_are_checked_before_anything_is_learnt(small, table, method):
    X, y = table
    clf = small(alpha=-1)
    with pytest.raises(ValueError, match=r"^alpha=-1 is not a finite number >= 0; give a penalty"):
        getattr(clf, method)(X, y)
    assert vars(clf) == clf.get_params()


@pytest.mark.parametrize("value", [-1, "seed", 0.5])
def test_a_bad_random_state_is_an_error(small, table, value):
    with pytest.raises(ValueError, match=r"[Ss]eed"):
        small(random_state=value).fit(*table)


def test_the_constructor_only_stores():
    values = {name: object() for name in DEFAULTS}
    assert vars(NumpyMLPBinaryClassifier(**values)) == values


@pytest.mark.parametrize("solver", [*OPTIMIZERS, "lbfgs"])
def test_parameters_of_mlp_classifier_are_parameters_here(table, solver):
    theirs = MLPClassifier(solver=solver, max_iter=1000, random_state=0).get_params()
    clf = NumpyMLPBinaryClassifier(**theirs).set_params(tol=1e-3).fit(*table)
    assert clf.n_iter_ < 1000
    assert clf.loss_ < clf.loss_curve_[0].mean()


def test_hidden_layer_sizes_and_activation_may_be_given_by_position():
    kinds = [p.kind for p in inspect.signature(NumpyMLPBinaryClassifier).parameters.values()]
    assert kinds == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 2 + [
        inspect.Parameter.KEYWORD_ONLY
    ] * (len(DEFAULTS) - 2)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.complex_numbers() | st.text()
    | hnp.arrays(st.sampled_from([np.float64, np.int64, np.bool_]), hnp.array_shapes(min_dims=0)),
    lambda inner: st.lists(inner, max_size=3)
    | st.tuples(inner)
    | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=max(200, settings.default.max_examples))
@given(name=st.sampled_from(sorted(RULES)), value=ANYTHING)
def test_a_rule_judges_anything_whatever_it_is(name, value):
    params = DEFAULTS | {name: value}
    if RULES[name].allows(value):
        check_parameters(params)
    else:
        begins = f"{name}={value!r} is not "[:500]
        with pytest.raises(ValueError, match="^" + re.escape(begins)):
            check_parameters(params)


TABLES = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "solver": [*OPTIMIZERS, "lbfgs"],
    "learning_rate": SCHEDULES,
}


def documented(name):
    """The type of a parameter as the docstring has it, and the text on it."""
    docstring = inspect.getdoc(NumpyMLPBinaryClassifier)
    pattern = rf"^{name} : (.*)\n((?:    .*\n)+)"
    return re.search(pattern, docstring, flags=re.MULTILINE).groups()


@pytest.mark.parametrize(
    ("name", "choice"), [(name, choice) for name, table in TABLES.items() for choice in table]
)
def test_the_docstring_lists_a_choice(name, choice):
    assert choice in re.findall(r"'(\w+)'", documented(name)[0])
    assert RULES[name].allows(choice)


@pytest.mark.parametrize("name", TABLES)
def test_the_docstring_lists_no_other_choices(name):
    choices = re.findall(r"'(\w+)'", documented(name)[0].partition("}")[0])
    assert set(choices) == set(TABLES[name])


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_the_docstring_names_the_solver_at_each_setting_that_it_takes(solver):
    names = settings_of(solver) + ["averaging"] * bool(is_adaptive(solver))
    assert [name for name in names if f"'{solver}'" not in documented(name)[1]] == []
