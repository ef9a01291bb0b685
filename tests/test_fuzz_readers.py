"""The first of the random cases of `fuzz_readers`, and its judge."""

import fuzz
import fuzz_readers
import numpy as np
import pytest


@pytest.mark.parametrize("number", range(100))
def test_a_random_reader_breaks_no_promise(number):
    case = fuzz_readers.draw_case(0, number)
    print(case)
    fuzz_readers.run(case)


# The judge itself --------------------------------------------------------------------------------


def changes_weights(clf, **given):
    clf.coefs_[0].flat[0] += 1
    return ""


def advances_the_generator(clf, **given):
    clf.random_state.random()
    return ""


def writes_to_rows(clf, X, **given):
    X.flat[0] = 7
    return ""


def reads_todays_parameters(clf, **given):
    return f"alpha is {clf.alpha}"


def names_nothing(clf, **given):
    raise ValueError("no good")


@pytest.mark.parametrize(
    ("reader", "kind"),
    [
        (changes_weights, "changes_weights changes the estimator"),
        (advances_the_generator, "advances_the_generator changes the estimator"),
        (writes_to_rows, "writes_to_rows writes to X"),
        (reads_todays_parameters, "reads_todays_parameters goes by parameters set since"),
        (names_nothing, "names_nothing raises ValueError that names no argument"),
    ],
)
def test_a_broken_promise_is_told(monkeypatch, reader, kind):
    monkeypatch.setitem(fuzz_readers.READERS, reader.__name__, reader)
    step = fuzz.Step(0, 20, None, None, None, None, None, None, None, None)
    params = {"max_iter": 1, "random_state": np.random.RandomState(0)}
    case = fuzz_readers.Case(
        params, ((None, None),), (step,), None, None, {"alpha": 1.0}, reader.__name__,
        rows=None, columns_of_rows=None, order=None, network=0,
    )  # fmt: skip
    with pytest.raises(fuzz.BrokenPromiseError, match=kind):
        fuzz_readers.run(case)
