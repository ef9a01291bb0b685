"""The estimator: validate, wire, expose. The only module that meets scikit-learn's contract."""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import cache, partial
from inspect import signature
from typing import Self, TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import expit, xlog1py, xlogy
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import (
    assert_all_finite,
    check_consistent_length,
    check_random_state,
    column_or_1d,
)
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from .arithmetic import own_arithmetic, quiet_arithmetic
from .blas import one_blas_thread
from .callbacks import CallbackSupportMixin, EpochPrinter, EpochTasks, with_callbacks
from .engine import folds
from .engine.epochs import Plan
from .engine.initializers import initial_params, relative_rates
from .engine.layout import Layout
from .engine.network import predict_logits
from .engine.objective import Problem, Rows
from .engine.scaling import Binning, Scaling, learn_binning, learn_scaling
from .exceptions import NotLearningWarning
from .parameters import RULES, check_parameters, plain, plain_parameters
from .persistence import sealed, unsealed
from .tables import columns_named
from .validation import (
    canonical,
    check_both_count,
    check_complete,
    check_groups,
    check_known,
    check_labels,
    check_weight,
    naming,
    shortened,
    two_classes,
)
from .weights import are_identical, pack
from .workers import train_stack

Table: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix
BINS, MOST_CODES, FEWEST_BINNED = 8, 512, 100  # of numeric_bins="auto", the last different rows
BUILT_WITH = ("activation", "scale_inputs", "numeric_bins")  # what fitted networks cannot change
RELATIVE_RATE = 0.03  # of learning_rate_init="auto", in deviations of the initial weights
LEARNT = 0.98  # of the base rate's loss: what lies above may be chance, of few rows
RUINED = 1.0  # nats a row above the base rate; a network as it was drawn is less than that
CHANCE = 10  # nats over all rows held out that may be chance; labels at random gain 0
FULL_BATCH = 64  # rows up to which batch_size="auto" is all of them
LARGEST_BATCH, VERY_WIDE = 256, 8192  # of batch_size="auto", and columns from which it is that


class NumpyMLPBinaryClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """A multilayer perceptron for two classes, trained as a stack of networks side by side.

    Each network maps a row x to the log-odds z of the positive class::

        a_0 = x ;  a_l = f(W_l^T a_(l-1) + b_l) ;
        z = w^T a_L + b ;  p = 1 / (1 + exp(-z)),

    and is trained to minimise the weighted mean loss plus
    ``alpha / (2 * sum of weights) * sum of squared weights``. The probability is the mean over the
    networks. A raw table will do: columns are scaled inside.

    With early stopping each network holds out a part of the rows, a fold of its own where there are
    several networks, and keeps its best epoch by the log loss there. Every row then trains all
    networks but one, or some, which are judged on it: ``oof_proba_``.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer. ``()`` is logistic regression.
    activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'gelu', \
            'silu', 'mish'}, default='relu'
        What a hidden unit makes of its pre-activation.
    loss : {'log_loss', 'squared_error'}, default='log_loss'
        Binary cross-entropy, or half the squared difference of probability and label.
    solver : {'adam', 'sgd', 'lbfgs'}, default='adam'
        Adam, gradient descent with momentum, or L-BFGS over all rows at once.
    alpha : float, default=0.0
        Strength of the L2 penalty above; means the same for every solver and batch size.
    weight_decay : float, default=0.0
        Decoupled decay (AdamW, SGDW): weights, not biases, shrink by learning rate times this
        each step. Not for 'lbfgs'.
    batch_size : int or 'auto', default='auto'
        Rows per step; more than there are means all. 'auto' takes all of up to 64 rows, else a
        thirtieth of them within 64 and 256; 256 from 8,192 columns on.
    learning_rate : {'cosine', 'constant', 'invscaling', 'adaptive'}, default='cosine'
        How the rate goes on from ``learning_rate_init``: down half a cosine wave to 0 at
        ``max_iter``; not at all; divided by (rows seen + 1)^power_t, epoch by epoch; divided by 5
        whenever a network has made no progress for ``n_iter_no_change`` epochs.
    learning_rate_init : float or 'auto', default='auto'
        Rate of the first step. 'auto' is, layer by layer, 3 % of the standard deviation of the
        initial weights, so that narrow and wide layers of any activation learn at the same pace.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int, default=200
        Most epochs (passes over the rows); for 'lbfgs', most iterations.
    shuffle : bool, default=True
        Whether to visit the rows in a new order each epoch.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, folds, batches and dropout. The same int gives the same result
        for any ``n_jobs``.
    tol : float, default=1e-4
        A loss is progress when it is lower than the best by more than this. For 'lbfgs', the
        largest component of the gradient at which to stop.
    verbose : bool or int, default=False
        Print a line every so many epochs.
    warm_start : bool, default=False
        Whether `fit` goes on with weights and optimizer from where they are.
    momentum : float, default=0.9
        For 'sgd'.
    nesterovs_momentum : bool, default=True
        For 'sgd' with momentum.
    early_stopping : bool or 'auto', default='auto'
        Whether to hold rows out: those of each network are its validation rows. Equal rows are held
        out together, by the same networks, unless ``groups`` part them. True gives each network a
        fold of its own. 'auto' does so with 16 different rows a network; with fewer, networks share
        larger folds, and folds of less than 16 rows are trusted less (Notes). Nothing is held out
        of a truth table: all combinations of up to 4 values a column, 64 rows at most. Without
        validation rows a network keeps its epoch of the lowest training loss, or its last if that
        is better.
    validation_fraction : float, default=0.1
        What one network alone holds out, one row of each class at least; several hold out a fold
        each.
    beta_1 : float, default=0.9
        For 'adam': how much of the mean gradient stays from step to step.
    beta_2 : float, default=0.95
        For 'adam': likewise of the mean squared gradient.
    epsilon : float, default=1e-8
        For 'adam': added to the root of the latter, to keep steps finite.
    n_iter_no_change : int or inf, default=6
        A network stops after so many epochs without progress.
    max_fun : int, default=15000
        Most evaluations of the loss by 'lbfgs'.
    n_estimators : int, default=8
        Networks trained side by side.
    scale_inputs : {'robust', 'standard', None}, default='robust'
        'robust': median and interquartile range to 0 and 1 (where that range is 0, the median
        distance of what is not the median), then z / sqrt(1 + (z / 3)^2), which lets no outlier
        beyond 3. 'standard': mean and standard deviation to 0 and 1. Learnt from the weighted
        rows, and the same for a table dense or sparse.
    numeric_bins : int or 'auto', default='auto'
        Tell each numeric column in so many pieces between its quantiles, beside the column itself,
        as inputs of their own; 0 for none. 'auto' is 8 for 100 different rows or more with
        ``scale_inputs='robust'``, as long as that makes at most 512 inputs, else 0.
    dropout : float, default=0.0
        Part of the hidden units silenced in each training step. Not for 'lbfgs'.
    label_smoothing : float, default=0.0
        Moves the labels 0 and 1 to e / 2 and 1 - e / 2 in training, where this is e.
    max_grad_norm : float or None, default=None
        Longer gradients are scaled down to this length, network by network.
    class_weight : dict, 'balanced' or None, default=None
        Multiplies ``sample_weight`` by class; 'balanced' gives both classes the same total.
    n_jobs : int or None, default=None
        Workers among which the networks are shared out, through joblib. The result does not depend
        on it.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted; the second is the positive class.
    coefs_, intercepts_ : list of ndarray
        Weights of shape (fan_in, fan_out) and biases of shape (fan_out,), layer by layer; with a
        first axis of length ``n_estimators`` if that is above 1. With ``scale_inputs`` 'standard'
        or None they compute on raw inputs, for the scaling is folded in. The inputs are the columns
        of X, followed by the codes of ``numeric_bins`` where there are any. Arrays put in their
        place are what is used from then on, if they are a stack of so many inputs.
    loss_curve_ : list
        Training objective of each epoch, the mean over its batches: a float, or an array over the
        networks, NaN for those that had finished.
    validation_curve_ : list or None
        Likewise the log loss on the rows held out or given.
    validation_scores_ : list or None
        Likewise the accuracy there, which decides nothing.
    best_validation_score_ : float or None
        Highest of the validation scores; mean over the networks.
    loss_ : float
        Training objective in the last epoch, mean over the networks.
    best_loss_ : float
        Validation loss of the epochs kept, or lowest of the loss curve without one; mean over the
        networks.
    n_iter_ : int
        Epochs run by the last call.
    best_iter_ : int or ndarray of shape (n_estimators,)
        The epoch of the last call whose weights were kept, from 1 (0: those it began with).
    t_ : int
        Rows passed in training, epochs times rows.
    oof_proba_ : ndarray of shape (n_samples, 2)
        Where each network had a fold, and held the same one out in all of its training:
        probabilities for the training rows by the networks that did not train on them. Their
        epochs were chosen on the same rows, which makes each a little optimistic.
    oof_log_loss_ : float
        Weighted mean log loss of ``oof_proba_``.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had names.
    n_layers_, n_outputs_, out_activation_ : int, 1, 'logistic'
        Layers with inputs and output; what the output is.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : Several classes; no stack, no scaling.

    Notes
    -----
    A weight of 2 is the row twice. Only ratios of weights matter, but for ``alpha``, which is set
    against their sum.

    Where few different rows are the cells of a table, equal rows may be held out by different
    networks, for to hold a whole cell out would ask for extrapolation. That is so if the different
    rows are half of all combinations of the columns' values or more, come three times each or more
    in the mean, and most rows have equals of the other class (of at most 64 different rows and 4
    values a column, any row).

    Among a few validation rows some epoch is right by chance. With 'auto', epochs of a network that
    holds out n < 16 different rows are compared by ``loss + min(1, 16 / n - 1) * mean((p - r)^2) /
    (r (1 - r))``, r the base rate: the farther probabilities go from it, the more they must gain.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sknumpynet import NumpyMLPBinaryClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    >>> clf = NumpyMLPBinaryClassifier(random_state=0).fit(X_train, y_train)
    >>> clf.predict_proba(X_test).shape
    (143, 2)
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str = "relu",
        *,
        loss: str = "log_loss",
        solver: str = "adam",
        alpha: float = 0.0,
        weight_decay: float = 0.0,
        batch_size: int | str = "auto",
        learning_rate: str = "cosine",
        learning_rate_init: float | str = "auto",
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool | str = "auto",
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.95,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 6,
        max_fun: int = 15000,
        n_estimators: int = 8,
        scale_inputs: str | None = "robust",
        numeric_bins: int | str = "auto",
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        max_grad_norm: float | None = None,
        class_weight: Mapping | str | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.loss = loss
        self.solver = solver
        self.alpha = alpha
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_estimators = n_estimators
        self.scale_inputs = scale_inputs
        self.numeric_bins = numeric_bins
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.max_grad_norm = max_grad_norm
        self.class_weight = class_weight
        self.n_jobs = n_jobs

    # Fitting ------------------------------------------------------------------------------------

    @with_callbacks
    def fit(
        self,
        X: Table,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        X_val: Table | None = None,
        y_val: ArrayLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train on a table.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Numbers, none missing. float32 is computed in float32, everything else in float64.
            C-contiguous floats, memory maps among them, and CSR are read in place.
        y : array-like of shape (n_samples,)
            Labels of two classes: numbers, strings, booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            A weight of 0 leaves a row out, 2 counts it twice.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together, such as those of one patient: a number or name a row. Rows
            of a group are held out together, by networks that train on none of them; there must be
            at least as many groups as networks, and two. Groups that share equal rows are held out
            as one, unless that makes one larger than a fold. Where no rows are held out
            (``early_stopping=False``, `X_val` given) groups do nothing.
        X_val, y_val, sample_weight_val : like X, y and sample_weight, default=None
            Rows to judge every epoch of every network by, instead of rows held out from X;
            ``early_stopping`` must not be False then. ``class_weight`` counts here too.

        Returns
        -------
        self : NumpyMLPBinaryClassifier
            Fitted.

        Raises
        ------
        ValueError
            For parameters or data that cannot be used. After an error the estimator is as it was
            before.
        KeyboardInterrupt
            Before training has begun, and where the workers are processes.

        Warns
        -----
        ConvergenceWarning
            When networks have diverged, or were cut off by ``max_iter`` before they had stopped by
            themselves; 'cosine' ends at ``max_iter`` by design.
        NotLearningWarning
            When all networks have stopped by themselves, no better than telling every row the base
            rate; whenever what is kept is worse than that by more than 1 nat a row, and by more
            than 10 over all rows that it is judged by.
        UserWarning
            When training was interrupted from the keyboard: each network keeps its best epoch so
            far, or what its first had come to.
        """
        check_parameters({name: getattr(self, name) for name in RULES})
        tasks = self._tasks(X, y, sample_weight)
        learn = NumpyMLPBinaryClassifier._fit
        validation = X_val, y_val, sample_weight_val
        return self._learn(tasks, learn, X, y, sample_weight, groups, validation)

    @own_arithmetic
    def _fit(self, tasks, X, y, sample_weight, groups, validation):
        """`fit`, of a copy: only its outcome reaches the estimator. Returns what to warn of."""
        goes_on = self.warm_start and hasattr(self, "coefs_")
        X, y = self._check_rows(X, y, reset=not goes_on)
        classes = two_classes(y)
        rows = self._weighted_rows(X, y, sample_weight, classes)
        groups = check_groups(groups, len(y))
        validation, n_judging = self._validation_rows(X, *validation, classes), None
        kind = folds.different_rows(X, rows.index)
        if goes_on:
            self._check_continuation(classes)
        else:
            self._begin(rows, kind, classes)
        if validation is None:
            rows, n_judging = self._hold_out(rows, kind, groups, classes)
        is_auto = isinstance(self.early_stopping, str)
        is_truth_table = is_auto and validation is None and rows.fold is None
        if not (goes_on or is_truth_table):  # whose few steps must lead from 0 to either label
            self._start_at_base_rate(rows)
        doubts = self._train(rows, validation, tasks, n_judging=n_judging)
        try:
            self._expose_out_of_fold(rows, goes_on)
        except KeyboardInterrupt:
            doubts.append(self._interruption())
        return doubts

    def _learn(self, tasks, learn, *args):
        """What ``learn`` makes of a copy becomes this estimator in one step, or nothing does.

        Whoever reads it meanwhile, in another thread, sees the old state or the new one; whatever
        goes wrong, and however often it is interrupted, it has one of the two. So warnings, which
        may be errors, come last.
        """
        before = vars(self)
        try:
            with tasks or nullcontext():
                given = dict(before)
                copy = twin(self, dict(given))
                doubts = learn(copy, tasks, *args)
                by_others = {  # callbacks
                    name: value
                    for name, value in dict(before).items()
                    if name not in given or value is not given[name]
                }
                self.__dict__ = vars(copy) | by_others
        except BaseException:
            self.__dict__ = before
            raise
        for message, category in doubts:
            warnings.warn(message, category, stacklevel=4)
        return self

    def _can_partial_fit(self):
        if str(self.solver) == "lbfgs":  # whatever it is: check_parameters will say so
            raise AttributeError(
                "partial_fit needs solver='adam' or 'sgd'; 'lbfgs' looks at all rows at once."
            )
        if isinstance(self.early_stopping, bool | np.bool_) and self.early_stopping:
            raise AttributeError(
                "partial_fit does not support early_stopping=True, having no epochs to choose "
                "from; set early_stopping='auto' or call fit."
            )
        return True

    @available_if(_can_partial_fit)
    @with_callbacks
    def partial_fit(
        self,
        X: Table,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Pass once over some rows with all networks: for data that comes in pieces.

        The first call learns the scaling of the inputs and draws the initial weights, so begin with
        rows that are typical of the rest. No rows are held out and the last weights are kept;
        "cosine" is constant here, for a stream has no end.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.
        y : array-like of shape (n_samples,)
            As in `fit`, but they may be of one class only.
        classes : array-like of shape (2,), default=None
            All labels that will ever come. Needed in the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`, but after the first call all may be 0.

        Returns
        -------
        self : NumpyMLPBinaryClassifier
            Fitted.

        Raises
        ------
        ValueError
            As in `fit`, and for labels that are not in ``classes``.
        """
        check_parameters({name: getattr(self, name) for name in RULES})
        tasks = self._tasks(X, y, sample_weight)
        learn = NumpyMLPBinaryClassifier._partial_fit
        return self._learn(tasks, learn, X, y, classes, sample_weight)

    @own_arithmetic
    def _partial_fit(self, tasks, X, y, classes, sample_weight):
        """`partial_fit`, of a copy, like `_fit`."""
        goes_on = hasattr(self, "coefs_")
        X, y = self._check_rows(X, y, reset=not goes_on)
        classes = self._stream_classes(y, classes, goes_on)
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' counts all rows, and partial_fit sees a piece; give a "
                "dict, such as {0: 1, 1: 5}."
            )
        rows = self._weighted_rows(X, y, sample_weight, classes, is_piece=True, goes_on=goes_on)
        if goes_on:
            self._check_continuation(classes)
        else:
            kind = folds.different_rows(X, rows.index)
            self._begin(rows, kind, classes, is_stream=True)
            self._start_at_base_rate(rows)
        if not len(rows.index):
            return []
        doubts = self._train(rows, None, tasks, is_stream=True)
        self._expose_out_of_fold(rows, goes_on)
        return doubts

    def _tasks(self, X, y, sample_weight):
        """What tells callbacks of the epochs; None where there are none."""
        if not hasattr(self, "_skl_callbacks"):
            return None
        n_epochs = int(self.max_iter) * (int(self.n_estimators) if self.solver == "lbfgs" else 1)
        return EpochTasks(self, n_epochs, X, y, sample_weight)

    def _check_rows(self, X, y, reset):
        """X as C-contiguous floats or canonical CSR, y as a column of labels."""
        with naming("y"):
            if y is None:
                raise ValueError(
                    "fit requires y to be passed, but the target y is None; give a label a row."
                )
            check_complete(y)
            y = column_or_1d(y, warn=True)
            assert_all_finite(y, input_name="y")
            check_labels(y)
            check_classification_targets(y)
        dtype = (np.float64, np.float32)
        with columns_named(X):
            X = validate_data(self, X, reset=reset, accept_sparse="csr", dtype=dtype, order="C")
        with naming("X and y"):
            check_consistent_length(X, y)
        return canonical(X), y

    def _stream_classes(self, y, classes, goes_on):
        if classes is None and not goes_on:
            raise ValueError(
                "classes must be passed on the first call to partial_fit; give both labels, "
                "such as classes=[0, 1]."
            )
        with naming("classes"):
            given = None if classes is None else np.unique(column_or_1d(classes))
            known = self.classes_ if goes_on else two_classes(given, "classes")
        if given is not None and not np.array_equal(given, known):
            raise ValueError(
                f"classes={shortened(repr(classes))} differs from the classes of earlier calls, "
                f"{known}; leave it out, or begin anew with fit or a clone."
            )
        return known

    def _weighted_rows(self, X, y, sample_weight, classes, is_piece=False, goes_on=False):
        """The rows of positive weight."""
        check_known(y, classes, "y")
        weight = check_weight(sample_weight, len(y), "sample_weight", may_be_zero=goes_on)
        is_positive = y == classes[1]
        if not is_piece:
            check_both_count(is_positive, weight, classes)
        if self.class_weight is not None:
            with naming("class_weight"):
                self._class_factors = compute_class_weight(
                    self.class_weight, classes=classes, y=y, sample_weight=weight
                )
            weight = weight * self._class_factors[is_positive.astype(int)]
            weight = check_weight(
                weight,
                len(y),
                "sample_weight times class_weight",
                may_be_zero=goes_on,
            )
            if not is_piece:
                check_both_count(is_positive, weight, classes)
        return rows_that_count(X, is_positive, weight)

    def _validation_rows(self, X, X_val, y_val, sample_weight_val, classes):
        """The rows given to judge by, or None."""
        if X_val is None:
            if y_val is not None or sample_weight_val is not None:
                raise ValueError("y_val or sample_weight_val came without X_val; give X_val too.")
            return None
        if y_val is None:
            raise ValueError("X_val came without y_val; give the labels of its rows too.")
        if not self.early_stopping:
            raise ValueError(
                "X_val came with early_stopping=False, which would not look at it; set "
                "early_stopping='auto', or leave X_val out."
            )
        with naming("X_val"), columns_named(X_val):
            X_val = validate_data(self, X_val, reset=False, accept_sparse="csr", dtype=X.dtype)
        with naming("y_val"):
            check_complete(y_val, "y_val")
            y_val = column_or_1d(y_val)
            check_labels(y_val, "y_val")
            check_consistent_length(X_val, y_val)
            check_known(y_val, classes, "y_val")
        weight = check_weight(sample_weight_val, len(y_val), "sample_weight_val")
        is_positive = y_val == classes[1]
        if self.class_weight is not None:
            weight = weight * self._class_factors[is_positive.astype(int)]
            weight = check_weight(weight, len(y_val), "sample_weight_val times class_weight")
        return rows_that_count(canonical(X_val), is_positive, weight)

    def _layout(self):
        sizes = self.hidden_layer_sizes
        hidden = (sizes,) if np.ndim(sizes) == 0 else tuple(sizes)
        return Layout((self.n_features_in_ + self._scaling.n_codes, *map(int, hidden), 1))

    def _begin(self, rows, kind, classes, is_stream=False):
        """Forget what was learnt before; scaling and initial weights for these rows."""
        kept = {"n_features_in_", "feature_names_in_", *self.get_params(deep=False)}
        for name in [name for name in vars(self) if name.endswith("_") and name not in kept]:
            delattr(self, name)
        self.classes_ = classes
        self.n_outputs_, self.out_activation_, self.t_ = 1, "logistic", 0
        with naming("random_state"):
            generator = check_random_state(self.random_state)
        self._seed = int(generator.randint(np.iinfo(np.int32).max))
        self._n_passes, self._optimizer, self._dealing = 0, {"solver": None}, None
        scaling = learn_scaling(self.scale_inputs, rows.X, rows.index, rows.weight, is_stream)
        self._scaling = replace(scaling, bins=self._learn_bins(rows, kind.max() + 1))
        layout, networks = self._layout(), range(self.n_estimators)
        if networks.stop * layout.n_params > np.iinfo(np.intp).max // 8:
            raise ValueError(
                "hidden_layer_sizes and n_estimators ask for more parameters than any array can "
                "hold; give fewer units or networks."
            )
        params = initial_params(layout, self.activation, self._seed, networks, rows.X.dtype)
        self._scaling.fold_into(layout.views(params)[0])
        self._expose_params(layout, params)

    def _start_at_base_rate(self, rows):
        """Make the last bias, 0 so far, the log-odds of the rows that each network trains on.

        From 0 it does not get as far as a rare class asks for: to 1.5e-4 where that is 1e-7.
        """
        last = self._fitted_layout().views(self._params)[-1]
        sides = rows.weight * (rows.sign < 0), rows.weight * (rows.sign > 0)
        for network in range(self.n_estimators):
            totals = [side.sum(where=rows.trains(network)) for side in sides]
            if not all(totals):  # it holds out the only row of a class
                totals = [side.sum() for side in sides]
            if all(totals):  # not so in a piece of one class
                last[network, -1] += np.log(totals[1]) - np.log(totals[0])  # one may be nearly all

    def _learn_bins(self, rows, n_rows):
        """Codes for the numeric columns; None where there are to be none."""
        n_bins = self.numeric_bins
        if n_bins == "auto":
            n_bins = BINS if self.scale_inputs == "robust" and n_rows >= FEWEST_BINNED else 0
        if not n_bins:
            return None
        bins = learn_binning(rows.X, rows.index, rows.weight, n_bins)
        is_wide = bins is not None and len(bins.source) > MOST_CODES
        return None if is_wide and self.numeric_bins == "auto" else bins

    def _check_continuation(self, classes):
        """Going on with networks of another shape, or for other labels, is an error."""
        layout = self._layout()
        shape = (self.n_estimators, *layout.layer_sizes)
        fitted = (len(self._stacked_params()), *self._fitted_layout().layer_sizes)
        if shape != fitted:
            raise ValueError(
                f"cannot go on with {describe(fitted)}: the parameters now ask for "
                f"{describe(shape)}; set them back, or set warm_start=False and call fit."
            )
        for name in BUILT_WITH:
            value = self._built_with[name]
            if getattr(self, name) != value:
                raise ValueError(
                    f"cannot go on with {name}={getattr(self, name)!r}: the networks were built "
                    f"with {name}={value!r}; set it back, or set warm_start=False and call fit."
                )
        if not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"cannot go on with the classes {classes}: the networks were trained to tell "
                f"{self.classes_} apart; set warm_start=False to begin anew."
            )

    def _hold_out(self, rows, kind, groups, classes):
        """The rows with a fold each, and how many different rows each fold has.

        The latter only where "auto" is to mind how few they are. Without folds, and None, where
        none are to be held out.
        """
        if not self.early_stopping:
            return rows, None
        is_auto, n_folds = self.early_stopping == "auto", self.n_estimators
        is_positive, unit, what = rows.sign > 0, kind, "row"
        if groups is not None:
            unit, what = folds.joined_groups(groups[rows.index], kind, n_folds), "group"
        elif table := folds.kind_of_table(rows.X, rows.index, is_positive, kind):
            if table == "counted":
                kind = unit = np.arange(len(kind))  # each row says something new of its cell
            elif is_auto:
                return rows, None
        n_units, n_given, least = unit.max() + 1, len(kind), n_folds
        if groups is not None:
            n_given, least = n_units, max(n_folds, 2)
        elif is_auto and n_folds > 1:
            n_folds = least = min(n_folds, max(2, n_units // folds.FEWEST_HELD))
        if n_given < least:
            raise ValueError(
                f"each of n_estimators={self.n_estimators} network(s) holds out a fold of its own, "
                f"but there are {n_given} {what}s of positive weight; give more {what}s, fewer "
                "networks, or set early_stopping=False."
            )
        if n_units < 2:
            return rows, None
        n_folds = min(n_folds, n_units)  # where rows are equal, several networks hold out the same
        per_class = [rows.weight[is_positive == label].sum() for label in (False, True)]
        if not is_auto and min(per_class) < 2 * rows.weight.min():
            raise ValueError(
                "early_stopping=True holds rows of each class out, but class "
                f"{classes.tolist()[np.argmin(per_class)]!r} has one row only; give more rows, or "
                "set early_stopping='auto'."
            )
        dealt = folds.row_keys(rows.X, self._seed)[rows.index], is_positive, unit
        if n_folds > 1:
            fold = folds.deal(*dealt, n_folds)
        else:
            fold = folds.hold_out(*dealt, plain(self.validation_fraction))
        n_judging = np.array([len(np.unique(kind[fold == of])) for of in range(n_folds)])
        if not n_judging.all():  # a row of each class
            return rows, None
        return replace(rows, fold=fold), n_judging if is_auto else None

    def _plan(self, rows, is_stream):
        names = [name for name in Plan.__annotations__ if hasattr(self, name)]
        shared = {name: plain(getattr(self, name)) for name in names}
        n_rows = len(rows.index)
        shared["batch_size"] = min(self._rows_per_step(rows), n_rows)
        if self.learning_rate_init == "auto":
            shared["learning_rate_init"] = RELATIVE_RATE
            shared["relative_rate"] = relative_rates(self._layout(), self.activation)
        if is_stream:
            shared["max_iter"] = 1
            if self.learning_rate == "cosine":
                shared["learning_rate"] = "constant"
        return Plan(**shared, seed=self._seed)

    def _rows_per_step(self, rows):
        if self.batch_size != "auto":
            return int(self.batch_size)
        n_rows = len(rows.index)
        if n_rows <= FULL_BATCH:
            return n_rows
        is_very_wide = self.n_features_in_ >= VERY_WIDE  # then a step is the optimizer's, mostly
        return LARGEST_BATCH if is_very_wide else min(LARGEST_BATCH, max(64, n_rows // 30))

    def _problem(self, rows, validation=None, n_judging=None):
        """What to minimise on these rows."""
        return Problem(
            self._fitted_layout(),
            self.activation,
            self._scaling,
            rows,
            validation,
            loss=self.loss,
            alpha=plain(self.alpha),
            label_smoothing=plain(self.label_smoothing),
            dropout=0.0 if self.solver == "lbfgs" else plain(self.dropout),
            seed=self._seed,
            n_judging=n_judging,
        )

    def _unfolded_params(self, dtype):
        """A copy of the parameters as training has them: of scaled inputs."""
        params = self._stacked_params().astype(dtype)
        self._scaling.unfold_from(self._fitted_layout().views(params)[0])
        return params

    def _train(self, rows, validation, tasks, is_stream=False, n_judging=None):
        """Train the stack, on several workers if asked, and expose it; return what to warn of."""
        self._built_with = plain_parameters(self)  # what readers go by, whatever is set later
        plan = self._plan(rows, is_stream)
        problem = self._problem(rows, validation, n_judging)
        layout, params = problem.layout, self._unfolded_params(rows.X.dtype)
        optimizer = plan.make_optimizer(params)
        if self._optimizer["solver"] == self.solver:
            optimizer.resume(self._optimizer["n_steps"], self._optimizer["state"])

        def observers(networks):
            if tasks:
                tasks.attributes = partial(self._attributes, layout, rows)
                yield tasks
            if self.verbose:
                yield EpochPrinter(self.verbose, networks, self.n_estimators)

        trained = train_stack(
            problem,
            params,
            optimizer,
            plan,
            # Callbacks are told of the whole stack, so it is trained in one place.
            n_jobs=1 if tasks else self.n_jobs,
            keeps_best=not is_stream,
            observers=observers,
            n_passes=self._n_passes,
            n_seen=self.t_,
        )
        self._expose(layout, rows, trained)
        doubts = list(self._doubts(plan, trained))
        if not (is_stream or trained.was_interrupted or (tasks and tasks.has_stopped)):
            doubts += self._doubts_of_learning(rows, validation or rows, trained)
        return doubts

    def _attributes(self, layout, rows, trained):
        """What a copy has that was fitted as far as that."""
        fitted = twin(self, dict(vars(self)))
        fitted._expose(layout, rows, trained)
        return vars(fitted)

    def _expose(self, layout, rows, trained):
        """Set the fitted attributes."""
        alone = self.n_estimators == 1
        n_epochs = len(trained.loss_curve)
        self._scaling.fold_into(layout.views(trained.params)[0])
        self._expose_params(layout, trained.params)
        self._optimizer = {"solver": None}
        if (optimizer := trained.optimizer) is not None:  # plain: a file of it needs no trust
            state = {"n_steps": optimizer.n_steps, "state": optimizer.state}
            self._optimizer = {"solver": self.solver, **state}
        self._n_passes += n_epochs
        self.t_ += n_epochs * len(rows.index)
        self.n_iter_ = n_epochs
        curves = {
            "loss_curve_": trained.loss_curve,
            "validation_curve_": trained.validation_curve,
            "validation_scores_": trained.accuracy_curve,
        }
        for name, curve in curves.items():
            new = None if curve is None else list(curve[:, 0].tolist() if alone else curve)
            setattr(self, name, new if new is None else (getattr(self, name, None) or []) + new)
        scores = self.validation_scores_
        self.best_validation_score_ = float(np.fmax.reduce(scores).mean()) if scores else None
        self.loss_ = float(np.mean(trained.last_loss))
        self.best_loss_ = float(trained.best_score.mean())
        self.best_iter_ = int(trained.best_epoch[0]) if alone else trained.best_epoch
        for name in ("oof_proba_", "oof_log_loss_"):
            vars(self).pop(name, None)

    def _doubts(self, plan, trained):
        """Yield a message and its category for each way in which training did not end well."""
        n_networks = f"of {self.n_estimators} networks" if self.n_estimators > 1 else "network"
        if n_diverged := trained.has_diverged.sum():
            yield (
                f"{n_diverged} {n_networks} diverged: loss or weights were no longer finite. The "
                "best weights before that are kept. Lower learning_rate_init (it is "
                f"{self.learning_rate_init!r}), scale the inputs, or set max_grad_norm=1.0.",
                ConvergenceWarning,
            )
        if trained.was_interrupted:
            yield self._interruption(n_waiting=(trained.best_epoch == 0).sum())
            return
        n_cut_off = (~trained.has_finished).sum()
        ends_by_itself = plan.solver != "lbfgs" and plan.learning_rate == "cosine"
        if n_cut_off and plan.max_iter > 1 and not ends_by_itself:
            yield (
                f"{n_cut_off} {n_networks} had not converged after max_iter={plan.max_iter}; "
                "give a larger max_iter or a larger tol.",
                ConvergenceWarning,
            )

    def _interruption(self, n_waiting=0):
        few = f" ({n_waiting} of {self.n_estimators} networks had ended none)" if n_waiting else ""
        return (
            f"fit was interrupted after {self.n_iter_} epochs{few}; the best weights so far are "
            "kept. To go on from them, set warm_start=True and call fit again.",
            UserWarning,
        )

    def _doubts_of_learning(self, rows, judged, trained):
        """Likewise for a fit that is far worse than the base rate, or has ended no better."""
        is_judged = trained.validation_curve is not None
        if not is_judged and (
            self.loss != "log_loss" or self.alpha or self.label_smoothing or self.dropout
        ):
            return  # the score is no log loss
        if trained.has_diverged.any():
            return  # which has been told
        rate = np.average(rows.sign > 0, weights=rows.weight)
        share = np.average(judged.sign > 0, weights=judged.weight)
        prior = -xlogy(share, rate) - xlog1py(1 - share, -rate)  # one class may weigh nearly all
        loss, gain = trained.best_score.mean(), (1 - LEARNT) * prior
        chance = CHANCE * (judged.weight.max() / judged.weight.sum())
        if is_judged:
            gain = min(gain, chance)
        is_ruined = loss - prior > max(RUINED, chance)
        has_ended = len(rows.index) >= FEWEST_BINNED and trained.has_finished.all()
        if not is_ruined and not (has_ended and loss >= prior - gain):
            return
        if self.scale_inputs is None:
            suspect = "inputs come as they are; set scale_inputs='robust'"
        elif self.learning_rate_init != "auto":
            suspect = f"learning_rate_init={self.learning_rate_init!r}; set 'auto'"
        elif penalty := self.alpha or self.weight_decay or self.dropout or self.label_smoothing:
            suspect = f"the penalty of {plain(penalty):g}; set it to 0"
        elif self.activation == "identity":
            suspect = "activation='identity' cannot bend; set 'relu'"
        else:
            suspect = "the columns may have nothing to do with the labels"
        yield (
            f"nothing was learnt: the log loss {'on rows held out ' * is_judged}is {loss:.4g}, and "
            f"{prior:z.4g} for telling every row the base rate of {rate:.3f}. The first suspect: "
            f"{suspect}. sknumpynet.diagnose(clf, X, y) tells more.",
            NotLearningWarning,
        )

    def _expose_params(self, layout, params):
        """Hold the parameters as one array, and show its layers as coefs_ and intercepts_."""
        self._params = params
        which = 0 if len(params) == 1 else slice(None)
        layers = layout.views(params)
        self.coefs_ = [layer[which, ..., :-1, :] for layer in layers]
        self.intercepts_ = [layer[which, ..., -1, :] for layer in layers]
        self._shown = self.coefs_.copy(), self.intercepts_.copy()
        self.n_layers_ = len(layers) + 1

    def _stack(self):
        """Layout and parameters, as one array, of whatever stands in coefs_ and intercepts_."""
        if are_identical((self.coefs_, self.intercepts_), self._shown):
            sizes = self.coefs_[0].shape[-2], *(coef.shape[-1] for coef in self.coefs_)
            return Layout(sizes), self._params
        n_inputs = self.n_features_in_ + self._scaling.n_codes
        return pack(self.coefs_, self.intercepts_, n_inputs)

    def _fitted_layout(self):
        return self._stack()[0]

    def _stacked_params(self):
        return self._stack()[1]

    def _expose_out_of_fold(self, rows, goes_on):
        """Predict every training row with the networks that held it out, if they always have."""
        has_folds = rows.fold is not None and self.n_estimators > 1
        dealing = crc32(rows.index.tobytes() + rows.fold.tobytes()) if has_folds else None
        before, self._dealing = (self._dealing if goes_on else dealing), dealing
        if dealing is None or dealing != before:
            self._dealing = None
            return
        total = np.zeros((rows.X.shape[0], 2))
        for network in range(self.n_estimators):
            held = rows.index[~rows.trains(network)]
            logits = self._logits(rows.X, network, held)[0]
            total[held] += expit(np.column_stack([-logits, logits]))
        left_out = np.flatnonzero(total.sum(axis=1) == 0)  # weight 0: no network trained on them
        if len(left_out):
            logits = self._logits(rows.X, slice(None), left_out)
            total[left_out] = expit(np.stack([-logits, logits], axis=2)).mean(axis=0)
        total /= total.sum(axis=1, keepdims=True)
        of_truth = total[rows.index, (rows.sign > 0).astype(int)]
        tiny = np.finfo(rows.X.dtype).tiny
        log_loss = -np.average(np.log(np.maximum(of_truth, tiny)), weights=rows.weight)
        vars(self).update(oof_proba_=total.astype(rows.X.dtype), oof_log_loss_=log_loss)

    # Predicting ---------------------------------------------------------------------------------

    def _as_it_stands(self):
        """For one answer: what it is now, whatever another thread trains it to meanwhile."""
        return twin(self, vars(self))

    @one_blas_thread
    def _check_and_ask(self, X):
        """Logits of rows as they come."""
        return self._logits(self._check_new_rows(X))

    def _logits(self, X, network=slice(None), index=None):
        """Logits of checked rows, network by network."""
        layout, params = self._stack()
        params, scaling = np.atleast_2d(params[network]), self._scaling.folded()
        logits = predict_logits(layout, self._built_with["activation"], params, X, scaling, index)
        logits[np.isnan(logits)] = 0  # infinity less infinity: no evidence for either class
        return logits

    def _check_new_rows(self, X):
        check_is_fitted(self, "coefs_")
        dtype = (np.float64, np.float32)
        with columns_named(X):
            return canonical(validate_data(self, X, reset=False, accept_sparse="csr", dtype=dtype))

    @quiet_arithmetic()
    def decision_function(self, X: Table) -> np.ndarray:
        """Compute the log-odds of the positive class, ``classes_[1]``.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_samples,)
            The logarithm of p / (1 - p), p the mean probability over the networks. Above 0 exactly
            where `predict` says ``classes_[1]``.
        """
        logits = self._as_it_stands()._check_and_ask(X)
        if len(logits) == 1:
            largest = np.finfo(logits.dtype).max
            log_odds = logits[0].clip(-largest, largest)
        else:
            logits.clip(*logit_range(logits.dtype), out=logits)
            log_odds = np.log(expit(logits).sum(axis=0)) - np.log(expit(-logits).sum(axis=0))
        log_odds[abs(log_odds) <= np.finfo(log_odds.dtype).eps] = 0  # as good as a tie
        return log_odds

    @quiet_arithmetic()
    def predict_proba(self, X: Table) -> np.ndarray:
        """Probability of each class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            In the order of ``classes_``; between 0 and 1, both excluded.
        """
        return probabilities(self.decision_function(X))

    @quiet_arithmetic()
    def predict_log_proba(self, X: Table) -> np.ndarray:
        """Natural logarithm of the probability of each class; finite even where that is tiny.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_samples, 2)
            In the order of ``classes_``.
        """
        log_odds = self.decision_function(X)
        return -np.logaddexp(0, np.column_stack([log_odds, -log_odds]))

    @quiet_arithmetic()
    def predict(self, X: Table) -> np.ndarray:
        """The more probable class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_samples,)
            Each one of ``classes_``.
        """
        fitted = self._as_it_stands()
        is_positive = fitted.decision_function(X) > 0
        return fitted.classes_[is_positive.astype(int)]

    @quiet_arithmetic()
    def predict_proba_members(self, X: Table) -> np.ndarray:
        """Probability of the positive class, network by network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_estimators, n_samples)
            Their mean is ``predict_proba(X)[:, 1]``; their spread shows how sure the stack is.
        """
        return probabilities(self._as_it_stands()._check_and_ask(X))[..., 1]

    # scikit-learn's protocols -------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_class = False
        return tags

    def __sklearn_is_fitted__(self):  # whatever a subclass calls its parameters
        return hasattr(self, "coefs_")

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        params.doc_link = "#"  # a parameter's help shows only with a link: this one leads nowhere
        return params

    def __getstate__(self):
        state = dict(super().__getstate__())
        if "coefs_" in state:
            del state["_params"], state["_shown"]  # stand in coefs_ and intercepts_
            state["_scaling"] = asdict(self._scaling)
        return sealed(state)

    def __setstate__(self, state):
        state = unsealed(state, type(self).__name__)
        super().__setstate__(state)
        if "coefs_" in state:
            bins = state["_scaling"]["bins"]
            scaling = Scaling(**state["_scaling"])
            self._scaling = replace(scaling, bins=None if bins is None else Binning(**bins))
            n_inputs = self.n_features_in_ + self._scaling.n_codes
            self._expose_params(*pack(self.coefs_, self.intercepts_, n_inputs))


# For a subclass whose constructor leaves parameters out.
for _name, _parameter in signature(NumpyMLPBinaryClassifier).parameters.items():
    setattr(NumpyMLPBinaryClassifier, _name, _parameter.default)


def twin(estimator, state):
    """Another estimator of its class, with this dict of attributes."""
    other = object.__new__(type(estimator))
    other.__dict__ = state
    return other


def rows_that_count(X, is_positive, weight):
    """The rows of positive weight, as the engine takes them."""
    index = np.flatnonzero(weight)
    sign = np.where(is_positive[index], 1, -1).astype(X.dtype)
    return Rows(X, index, sign, weight[index])


def describe(shape):
    """A stack in words."""
    n_estimators, *sizes = shape
    return f"{n_estimators} network(s) of layers {'-'.join(map(str, sizes))}"


@cache
def logit_range(dtype):
    """Logits whose probabilities, both of them, are above 0."""
    limit = -np.log(np.finfo(dtype).tiny) - 1
    return -limit, limit


def probabilities(log_odds):
    """Both probabilities on a new last axis, kept from being rounded to 0 and 1."""
    limit = -np.log(np.finfo(log_odds.dtype).eps)
    both = np.empty((*log_odds.shape, 2), log_odds.dtype)
    log_odds.clip(-limit, limit, out=both[..., 1])
    np.negative(both[..., 1], out=both[..., 0])
    return expit(both, out=both)
