"""The demo, ``python -m sknumpynet``: two data sets, ours beside scikit-learn's MLPClassifier."""

import warnings
from time import perf_counter

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from . import NumpyMLPBinaryClassifier, __version__

ROW = "  {:<36}{:>9}{:>9}{:>10}{:>13}{:>8}"


def main():
    """Run both parts."""
    print(f"sknumpynet {__version__}, scikit-learn {sklearn.__version__}, NumPy {np.__version__}")
    breast_cancer()
    xor()


def breast_cancer():
    """Train on a raw table whose columns differ in scale by a factor of 100,000."""
    X, y = load_breast_cancer(return_X_y=True)
    split = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    heading(f"Breast cancer: {X.shape[0]} rows, {X.shape[1]} raw columns, 70 % to train on")
    ours = NumpyMLPBinaryClassifier(random_state=0, verbose=10)
    results = [result("NumpyMLPBinaryClassifier()", ours, split)]
    mlp = MLPClassifier(random_state=0)
    results.append(result("MLPClassifier()", mlp, split))
    results.append(
        result("StandardScaler, MLPClassifier()", make_pipeline(StandardScaler(), mlp), split)
    )
    print()
    print(
        ROW.format("on the 30 % kept back", "accuracy", "ROC AUC", "log loss", "out-of-fold", "s")
    )
    for line in results:
        print(line)
    print("\n  Out-of-fold: the log loss of each training row, as judged by the one network of the")
    print("  stack that did not train on it. It needs no rows kept back.")


def xor():
    """Train the network this project began with."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (800, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    split = train_test_split(X, y, test_size=0.5, random_state=0)
    heading("XOR: 400 rows, the 2-5-5-1 network of logistic units")
    shape = {"hidden_layer_sizes": (5, 5), "activation": "logistic", "random_state": 0}
    ours = NumpyMLPBinaryClassifier(**shape, verbose=25)
    results = [
        result("NumpyMLPBinaryClassifier((5, 5), ...)", ours, split),
        result("MLPClassifier((5, 5), ...)", MLPClassifier(**shape), split),
    ]
    print()
    print(ROW.format("on 400 other rows", "accuracy", "ROC AUC", "log loss", "out-of-fold", "s"))
    for line in results:
        print(line)
    print("\n  What it has learnt: the more probable class over the square.\n")
    ys, xs = np.linspace(0.95, -0.95, 12), np.linspace(-0.95, 0.95, 40)
    is_positive = ours.predict([(x, y) for y in ys for x in xs]).reshape(len(ys), len(xs))
    for line in is_positive:
        print("    " + "".join(".#"[label] for label in line))


def heading(text):
    """Print a title."""
    print(f"\n{text}\n{'-' * len(text)}")


def result(name, model, split):
    """Fit a model; its row of the table."""
    X_train, X_test, y_train, y_test = split
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # MLPClassifier says it in any case
        model.fit(X_train, y_train)
    seconds = perf_counter() - start
    proba = model.predict_proba(X_test)[:, 1]
    out_of_fold = getattr(model, "oof_log_loss_", None)
    return ROW.format(
        name,
        f"{accuracy_score(y_test, proba > 0.5):.3f}",
        f"{roc_auc_score(y_test, proba):.3f}",
        f"{log_loss(y_test, proba):.3f}",
        "-" if out_of_fold is None else f"{out_of_fold:.3f}",
        f"{seconds:.2f}",
    )


if __name__ == "__main__":
    main()
