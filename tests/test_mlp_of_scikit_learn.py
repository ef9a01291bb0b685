"""scikit-learn's own tests of MLPClassifier, run on one network of ours with its defaults.

scikit-learn's module of tests is executed with our estimator in the place of MLPClassifier. Where
three classes are only the data at hand, two take their place. What is left out stands in LEFT_OUT
and, with the same words, in docs/mlp_classifier.md.
"""

from functools import partial
from importlib.util import find_spec, module_from_spec
from pathlib import Path

import pytest
import sklearn
from sklearn import neural_network
from sklearn.neural_network import MLPClassifier, MLPRegressor

from sknumpynet import NumpyMLPBinaryClassifier

if not sklearn.__version__.startswith("1.9."):
    pytest.skip("these are the tests of scikit-learn 1.9", allow_module_level=True)

GUIDE = Path(__file__).parents[1] / "docs" / "mlp_classifier.md"
OURS = partial(
    NumpyMLPBinaryClassifier, **MLPClassifier().get_params(), n_estimators=1, scale_inputs=None
)
LEFT_OUT = {
    "test_fit": "Sets private attributes by hand. Here: "
    "`test_from_the_same_start_the_steps_are_those_of_mlp_classifier`.",
    "test_gradient": "Calls a private method. Here: `test_gradient_is_the_difference_quotient`.",
    "test_learning_rate_warmstart": "Reads a private rate. Here: "
    "`test_passes_one_by_one_equal_epochs_of_fit`.",
    "test_adaptive_learning_rate": "Reads a private rate. Here: "
    "`test_an_adaptive_rate_is_divided_by_5_and_stops_at_a_millionth`.",
    "test_n_iter_no_change": "Reads a private counter, which shows one epoch too many. Here: "
    "`test_a_network_stops_after_so_many_epochs_without_progress`.",
    "test_n_iter_no_change_inf": "Reads a private counter. Here: "
    "`test_a_network_of_endless_patience_never_stops`.",
    "test_verbose_sgd": "Reads the words printed, and wants `verbose=10` to print every epoch: it "
    "prints every tenth. Here: `test_verbose_prints_the_cost_every_so_many_epochs`.",
    "test_early_stopping_stratified": "Reads the words of an error, in which a class is called "
    "True. Here: `test_bad_data_is_an_error_that_says_why_and_changes_nothing`.",
    "test_early_stopping": "Wants `best_loss_` to be None; it is the log loss of the epochs kept "
    "on the rows held out. Here: `test_validation_scores_are_accuracies_on_the_rows_that_judge`.",
    "test_mlp_partial_fit_after_fit": "Wants a `partial_fit` that is there to fail, which "
    "`check_estimator` forbids. Here: `test_partial_fit_is_not_there_where_it_could_not_work`.",
    "test_preserve_feature_names": "Fits one class. Here: "
    "`test_numbers_in_any_container_equal_an_array_of_float64`.",
    "test_mlp_param_dtypes": "Wants weights of float64 for a table of float64; those of 100 rows "
    "or more are float32. Here: `test_the_precision_asked_for_is_that_of_the_weights`.",
    "test_partial_fit_unseen_classes": "Four classes.",
    "test_predict_proba_multiclass": "Three classes; the same for two is run.",
    "test_warm_start": "Three classes and more. Here: "
    "`test_going_on_with_another_network_or_other_data_is_an_error`.",
    "test_mlp_early_stopping_string_labels": "Three classes. Here: "
    "`test_labels_may_be_anything_and_come_back`.",
    "test_multilabel_classification": "Several labels a row.",
    "test_predict_proba_multilabel": "Several labels a row.",
    "test_lbfgs_regression": "Regression.",
    "test_lbfgs_regression_maxfun": "Regression.",
    "test_multioutput_regression": "Regression.",
    "test_partial_fit_regression": "Regression.",
    "test_mlp_regressor_dtypes_casting": "Regression.",
    "test_mlp_vs_poisson_glm_equivalent": "Regression.",
    "test_nonfinite_params": "Regression. Here: "
    "`test_lbfgs_on_inputs_beyond_all_bounds_is_a_warning_and_keeps_finite_weights`.",
    "test_mlp_diverging_loss": "Regression. Here: "
    "`test_divergence_is_a_warning_with_a_remedy_and_what_is_kept_is_no_worse_than_the_start`.",
    "test_minimum_input_sample_size": "Regression. Here: "
    "`test_bad_data_is_an_error_that_says_why_and_changes_nothing`.",
    "test_shuffle": "Regression. Here: `test_every_parameter_is_heard`.",
    "test_mlp_loading_from_joblib_partial_fit": "Regression. Here: "
    "`test_a_copy_predicts_the_same_and_goes_on_the_same`.",
    "test_mlp_sample_weight_with_early_stopping": "Regression. Here: "
    "`test_only_the_ratios_of_weights_matter`.",
}


def suite_of_scikit_learn():
    """All of them by name, of our estimator and of two classes."""
    spec = find_spec("sklearn.neural_network.tests.test_mlp")
    module = module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neural_network, "MLPClassifier", OURS)
        spec.loader.exec_module(module)
    del module.classification_datasets[0]  # the digits 0, 1 and 2; 0 and 1 remain
    module.y_iris = (module.y_iris == 2).astype(int)
    return {name: test for name, test in vars(module).items() if name.startswith("test_")}


def without_regression(test):
    """The test, unless it is about classifiers and regressors: then for classifiers alone."""
    marks = getattr(test, "pytestmark", [])
    for i, mark in enumerate(marks):
        if mark.name == "parametrize":
            names, values = mark.args
            values = [value for value in values if value is not MLPRegressor]
            marks[i] = pytest.mark.parametrize(names, values).mark
    return test


THEIRS = suite_of_scikit_learn()
globals().update(
    {name: without_regression(test) for name, test in THEIRS.items() if name not in LEFT_OUT}
)


def test_what_is_left_out_is_there():
    assert LEFT_OUT.keys() < THEIRS.keys()


def test_the_guide_says_what_is_left_out_and_why():
    lines = GUIDE.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `test_")]
    assert rows == [f"| `{name}` | {reason} |" for name, reason in LEFT_OUT.items()]
