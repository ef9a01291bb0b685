"""The estimator: the story of a fit, predictions, and scikit-learn's protocols."""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from . import fit_warnings, training_setup
from .all_or_nothing import learn_in_a_copy, twin
from .arithmetic import own_arithmetic, quiet_arithmetic
from .blas import one_blas_thread
from .callbacks import CallbackSupportMixin, epoch_tasks, observers_of, with_callbacks
from .engine.initializers import start_at_base_rate
from .engine.prediction import log_odds, logits_to_trust, out_of_fold, probabilities
from .fitted_attributes import attributes_of, forget, importances, names_of_inputs
from .parameters import RULES, check_has_partial_fit, check_parameters, plain_parameters
from .persistence import sealed, unsealed
from .rows import (
    Units,
    checksum_of_folds,
    hold_out,
    learn_target_means,
    stream_classes,
    table_and_labels,
    training_rows,
    validation_rows,
)
from .tables import learn_table, read_table
from .validation import check_groups, two_classes
from .weights import are_identical, networks_in
from .workers import train_stack

Table: TypeAlias = ArrayLike | sparse.sparray | sparse.spmatrix
LastFit = namedtuple("LastFit", "stack columns parameters class_factors seed is_as_trained dealing")


class NumpyMLPBinaryClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """A multilayer perceptron for two classes, trained as a stack of networks side by side.

    Each network maps a row x to the log-odds z of the positive class::

        a_0 = x ;  a_l = f(a_(l-1) W_l + b_l) ;
        z = a_L w + b ;  p = 1 / (1 + exp(-z)),

    and is trained to minimise the weighted mean loss plus
    ``alpha / (2 * sum of weights) * sum of squared weights``. The probability is the mean over the
    networks. A raw table will do: see the Notes.

    With early stopping each network holds out a part of the rows, a fold of its own where there are
    several networks, and keeps the epoch of the lowest log loss on it. Every row then trains all
    networks but one or some. Their prediction for it is out of fold: ``oof_proba_``.

    Its parameters, by what they decide::

        network    hidden_layer_sizes, activation, loss
        training   solver, batch_size, learning_rate, learning_rate_init, power_t, shuffle,
                   momentum, nesterovs_momentum, beta_1, beta_2, epsilon, averaging, max_grad_norm
        penalties  alpha, weight_decay, dropout, label_smoothing
        stopping   max_iter, max_fun, tol, early_stopping, validation_fraction, n_iter_no_change
        inputs     scale_inputs, numeric_bins, categorical_features
        weights    class_weight
        stack      n_estimators, random_state, n_jobs
        running    precision, warm_start, verbose

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Units of each hidden layer. ``()`` is logistic regression.
    activation : {'identity', 'logistic', 'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'gelu', \
            'silu', 'mish'}, default='relu'
        The function f of a hidden unit's pre-activation.
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
        The rate goes down half a cosine wave to 0 at ``max_iter``; stays; is divided by
        (rows seen + 1)^power_t; or by 5 after ``n_iter_no_change`` epochs without progress.
    learning_rate_init : float or 'auto', default='auto'
        Rate of the first step. 'auto' is, layer by layer, 3 % of the standard deviation of the
        initial weights, 5 % where weights are averaged.
    power_t : float, default=0.5
        Exponent of 'invscaling'.
    max_iter : int or 'auto', default='auto'
        Most epochs (passes over the rows); for 'lbfgs', most iterations. 'auto' is 200, but 12,000
        steps at most, 3 epochs at least.
    shuffle : bool, default=True
        Whether to visit the rows in a new order each epoch.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, folds, batches, dropout; the same for any ``n_jobs``.
    tol : float, default=1e-4
        A loss is progress when it is lower than the best by more than this. For 'lbfgs', the
        largest component of the gradient at which to stop.
    verbose : bool or int, default=False
        Print a line every so many epochs.
    warm_start : bool, default=False
        Whether `fit` continues with the weights of the last call, and with the optimizer of one
        that was to be continued so, or was a `partial_fit`.
    momentum : float, default=0.9
        For 'sgd'.
    nesterovs_momentum : bool, default=True
        For 'sgd' with momentum.
    early_stopping : bool or 'auto', default='auto'
        Whether to hold rows out: those of each network are its validation rows. Equal rows are held
        out together, by the same networks, unless ``groups`` part them. True gives each network a
        fold. 'auto' does so with 16 different rows a network; with fewer, networks share larger
        folds, and folds of less than 16 rows are trusted less (Notes). Nothing is held out of a
        truth table: all combinations of up to 4 values a column, 64 rows at most. Without such rows
        a network keeps its epoch of the lowest training loss, or its last if that is better.
    validation_fraction : float, default=0.1
        What one network alone holds out, one row of each class at least; several have folds.
    beta_1 : float, default=0.9
        For 'adam': how much of the mean gradient stays from step to step.
    beta_2 : float, default=0.95
        For 'adam': likewise of the mean squared gradient.
    epsilon : float, default=1e-8
        For 'adam': added to the root of the latter, to keep steps finite.
    n_iter_no_change : int, inf or 'auto', default='auto'
        A network stops after so many epochs without progress. 'auto' is 6, but 60 steps at least
        and 1,000 at most, 2 epochs at least.
    max_fun : int, default=15000
        Most evaluations of the loss by 'lbfgs'.
    n_estimators : int or 'auto', default='auto'
        Networks trained side by side. 'auto' is 8, or 4 for more than 50,000 rows, copies of a row
        counting as one; 8 for `partial_fit`; where training goes on, as many as there are.
    scale_inputs : {'robust', 'standard', None}, default='robust'
        Of numbers. 'robust': median and interquartile range to 0 and 1 (where that range is 0, the
        median distance of what is not the median), then z / sqrt(1 + (z / 3)^2), which lets no
        outlier beyond 3. 'standard': mean and standard deviation to 0 and 1.
    numeric_bins : int or 'auto', default='auto'
        Bins of each column of numbers, target means among them: inputs of their own; 0 for none.
        They have equal weight, but a value that would take three edges or more becomes one edge,
        and the other rows share the bins anew. 'auto' is 8 for 100 different rows or more with
        ``scale_inputs='robust'``, as long as that makes at most 512 inputs, else 0; from 2,000 on
        up to 16, as many as make some 256 inputs.
    categorical_features : array-like of bool, int or str, 'from_dtype' or None, \
            default='from_dtype'
        The categorical columns: by position or name, or a mask; None for no column. 'from_dtype':
        those of a frame that are category, text or boolean, those of an array of dtype object that
        hold text or booleans.
    precision : {'auto', 'float32', 'float64'}, default='auto'
        Arithmetic of the networks. 'auto' is float32 for a table of float32 and, but for 'lbfgs',
        for 100 different rows or more, else float64; where training goes on, what it was. Columns
        are scaled as they come, so that large offsets and units lose nothing.
    dropout : float, default=0.0
        Part of the hidden units silenced in each training step. Not for 'lbfgs'.
    label_smoothing : float, default=0.0
        Moves the labels 0 and 1 to e / 2 and 1 - e / 2 in training, where this is e.
    averaging : bool or 'auto', default='auto'
        Whether to judge and keep an average of the weights, over about the last tenth of the steps.
        'auto' does so for 'adam' with validation rows. Not for 'lbfgs', nor in `partial_fit`.
    max_grad_norm : float or None, default=None
        Longer gradients are scaled down to this length, network by network.
    class_weight : dict, 'balanced' or None, default=None
        Multiplies ``sample_weight`` by class; 'balanced' gives both classes the same total.
    n_jobs : int or None, default=None
        Workers that share the networks, through joblib. The result does not depend on it.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        The labels, sorted; the second is the positive class.
    coefs_, intercepts_ : list of ndarray
        Weights of shape (fan_in, fan_out) and biases of shape (fan_out,), layer by layer; with a
        first axis of length ``n_estimators`` if that is above 1. With ``scale_inputs`` 'standard'
        or None they compute on raw inputs, for the scaling is folded in. The inputs are those of
        ``input_names_``. Arrays put in their place, of so many inputs, are used from then on.
    loss_curve_ : list
        Training objective of each epoch, the mean over its batches: a float, or an array over the
        networks, NaN for those that had finished.
    validation_curve_ : list or None
        Log loss on the validation rows of each epoch, in the same form.
    validation_scores_ : list or None
        Accuracy on the validation rows, in the same form; nothing depends on it.
    best_validation_score_ : float or None
        Highest of the validation scores; mean over the networks.
    loss_ : float
        Training objective in the last epoch, mean over the networks.
    best_loss_ : float
        Validation loss of the epochs kept, else lowest training loss; mean over the networks.
    n_iter_ : int
        Epochs run by the last call.
    best_iter_ : int or ndarray of shape (n_estimators,)
        The epoch of the last call whose weights were kept, from 1 (0: those it began with).
    t_ : int
        Rows passed in training, epochs times rows.
    oof_proba_ : ndarray of shape (n_samples, 2)
        Where each network held the same fold out in all of its training: probabilities for the
        training rows by the networks that did not train on them. Their epochs were chosen on the
        same rows, which makes each a little optimistic.
    oof_log_loss_ : float
        Weighted mean log loss of ``oof_proba_``.
    feature_importances_ : ndarray of shape (n_features,)
        Set by `fit`: how far each column moves the log-odds of held-out rows, summing to 1; its
        mean absolute contribution. `importance` says what it is worth.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of str
        Their names, where X had names.
    input_names_ : ndarray of str
        What each input of the first layer is: "age", "age 30 to 41", "age is missing",
        "city = Oslo", "city, target mean". Columns without a name are x0, x1 and so on.
    n_layers_, n_outputs_, out_activation_ : int, 1, 'logistic'
        Layers with inputs and output; what the output is.

    See Also
    --------
    sklearn.neural_network.MLPClassifier : Several classes; no stack, no scaling.

    Notes
    -----
    Missing are NaN, None, NA and NaT. A missing number is 0 after scaling; where training rows miss
    some, an input says so. Of a categorical column each of the 30 most frequent levels with 3 rows
    at least is an input, missing among them; all are 0 for a rare or unknown level. With more than
    20 levels, a number more is the target mean: log-odds of (positives + 10 r) / (rows + 10) of the
    level, r the base rate. Training rows have that of the other seven of eight folds. A level that
    is an input has the base rate, else networks would read labels in the mean. A date is two
    numbers, days since the first and day of the month, and levels: month, weekday, hour.

    A weight of 2 is the row twice, in whatever is learnt of columns too. Only ratios of weights
    matter, but for ``alpha``, which is set against their sum.

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
    >>> from sknumpynet import NumpyMLPBinaryClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> clf = NumpyMLPBinaryClassifier(random_state=0).fit(X[:400], y[:400])
    >>> clf.predict_proba(X[400:]).shape
    (169, 2)
    """

    def __init__(  # long, because scikit-learn reads the signature and sets each attribute by name
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
        max_iter: int | str = "auto",
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
        n_iter_no_change: float | str = "auto",
        max_fun: int = 15000,
        n_estimators: int | str = "auto",
        scale_inputs: str | None = "robust",
        numeric_bins: int | str = "auto",
        categorical_features: ArrayLike | str | None = "from_dtype",
        precision: str = "auto",
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        averaging: bool | str = "auto",
        max_grad_norm: float | None = None,
        class_weight: Mapping | str | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.hidden_layer_sizes, self.activation, self.loss = hidden_layer_sizes, activation, loss
        self.solver, self.batch_size, self.shuffle = solver, batch_size, shuffle
        self.learning_rate, self.learning_rate_init = learning_rate, learning_rate_init
        self.power_t, self.averaging, self.max_grad_norm = power_t, averaging, max_grad_norm
        self.momentum, self.nesterovs_momentum = momentum, nesterovs_momentum
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.alpha, self.weight_decay = alpha, weight_decay
        self.dropout, self.label_smoothing = dropout, label_smoothing
        self.max_iter, self.max_fun, self.tol = max_iter, max_fun, tol
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.scale_inputs, self.numeric_bins = scale_inputs, numeric_bins
        self.categorical_features, self.class_weight = categorical_features, class_weight
        self.n_estimators, self.random_state, self.n_jobs = n_estimators, random_state, n_jobs
        self.precision, self.warm_start, self.verbose = precision, warm_start, verbose

    _columns = None  # how those of a raw table become numbers; None for a table of numbers

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
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Numbers, texts, categories, booleans, dates; values may be missing. C-contiguous floats,
            memory maps among them, and CSR are read in place.
        y : array-like of shape (n_samples,)
            Labels of two classes: numbers, strings, booleans.
        sample_weight : array-like of shape (n_samples,), default=None
            A weight of 0 leaves a row out, 2 counts it twice.
        groups : array-like of shape (n_samples,), default=None
            Which rows belong together, such as those of one patient: a number or name a row. Rows
            of a group are held out together, by networks that train on none of them; there must be
            at least as many groups as networks, and two. Groups that share equal rows are held out
            as one, unless that makes one larger than a fold. Folds of target means keep them whole.
        X_val, y_val, sample_weight_val : like X, y and sample_weight, default=None
            Validation rows for all networks, instead of rows held out from X;
            ``early_stopping`` must not be False then. ``class_weight`` counts here too.

        Returns
        -------
        self : NumpyMLPBinaryClassifier
            Fitted.

        Raises
        ------
        ValueError
            For parameters or data that cannot be used. The estimator is then as it was before.
        KeyboardInterrupt
            Before training has begun, and where the workers are processes.

        Warns
        -----
        ConvergenceWarning
            When networks diverged, or ``max_iter`` cut them off; 'cosine' ends there by design.
        NotLearningWarning
            When all networks have stopped by themselves, no better than predicting the base rate
            for every row; whenever the weights kept are worse than that by more than 1 nat a row,
            and by more than 10 nats over all validation rows.
        UserWarning
            When training was interrupted from the keyboard: each network keeps its best epoch so
            far, or its weights within the first.
        """
        check_parameters({name: getattr(self, name) for name in RULES})
        tasks, learn = epoch_tasks(self, X, y, sample_weight), NumpyMLPBinaryClassifier._fit
        validation = X_val, y_val, sample_weight_val
        return learn_in_a_copy(self, tasks, learn, X, y, sample_weight, groups, validation)

    @own_arithmetic
    def _fit(self, tasks, X, y, sample_weight, groups, validation):
        """Fit a copy of the estimator, see `learn_in_a_copy`; returns the warnings."""
        params = plain_parameters(self)
        goes_on = params.warm_start and hasattr(self, "coefs_")
        y, rows, factors, stack = self._rows(params, X, y, sample_weight, two_classes, goes_on)
        groups, n_judging = check_groups(groups, len(y)), None
        units = Units.of(rows, self._columns, self._seed)
        training_setup.decide_shape(params, rows, units)
        rows = rows.in_dtype(params.precision)
        encoding = stack.encoding if goes_on else None
        self._columns = learn_target_means(self._columns, rows, units, groups, encoding)
        dtype, classes = rows.X.dtype, self.classes_
        validation = validation_rows(self, self._columns, *validation, classes, factors, dtype)
        stack = stack or self._drawn_stack(params, rows, units)
        if validation is None:
            rows, n_judging = hold_out(rows, units, groups, params, classes=classes)
        has_validation = validation is not None or rows.fold is not None
        # Not of a truth table: its few steps must lead from 0 to either label.
        if not goes_on and (has_validation or params.early_stopping != "auto"):
            start_at_base_rate(stack, rows)
        messages = self._train(params, factors, stack, rows, tasks, validation, n_judging)
        messages += fit_warnings.like_ids(self._columns, rows)
        try:
            judged = rows, validation, units, self._columns
            self.feature_importances_ = importances(self._stack, *judged)
            self._expose_out_of_fold(rows, goes_on)
        except KeyboardInterrupt:
            messages += fit_warnings.interrupted(self.n_iter_)
        return messages

    @available_if(check_has_partial_fit)
    @with_callbacks
    def partial_fit(
        self,
        X: Table,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Pass once over some rows with all networks: for data that comes in pieces.

        The first call learns scaling and levels and draws the initial weights, so begin with rows
        that are typical of the rest. No rows are held out, and the last weights are kept; "cosine"
        is constant here, for a stream has no end. No target means are learnt, nor read of those
        that `fit` learnt: a row that was in it would find its label there.

        After a `fit` without ``warm_start``, which keeps no state of the optimizer, the optimizer
        begins anew: the moments of Adam, the velocity of SGD.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
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
        tasks, learn = epoch_tasks(self, X, y, sample_weight), NumpyMLPBinaryClassifier._partial_fit
        return learn_in_a_copy(self, tasks, learn, X, y, classes, sample_weight)

    @own_arithmetic
    def _partial_fit(self, tasks, X, y, classes, sample_weight):
        """Train a copy on a piece of a stream, like `_fit`."""
        params = plain_parameters(self)
        goes_on = hasattr(self, "coefs_")
        known = self.classes_ if goes_on else None
        _, rows, factors, stack = self._rows(
            params, X, y, sample_weight, lambda y: stream_classes(y, classes, known), goes_on, True
        )
        if not goes_on:
            units = Units.of(rows, self._columns, self._seed)
            training_setup.decide_shape(params, rows, units, is_stream=True)
        rows = rows.in_dtype(params.precision)
        stack = stack or self._drawn_stack(params, rows, units, is_stream=True)
        if not len(rows.index):
            return []
        if not goes_on:
            start_at_base_rate(stack, rows)
        messages = self._train(params, factors, stack, rows, tasks, is_stream=True)
        self._expose_out_of_fold(rows, goes_on)
        return messages

    def _rows(self, params, X, y, sample_weight, classes_of, goes_on, is_stream=False):
        """Labels, training rows, class weights, and the stack to go on with, if fitting does.

        Else forgets what was fitted, and learns how columns become numbers.
        """

        def read(X):
            if goes_on:
                X = read_table(self, self._columns, X, order="C", writes_means=False)
                if is_stream and self._columns is not None:
                    self._columns.write_base_rates(X)
                return X
            X, self._columns = learn_table(self, X, sample_weight, is_stream=is_stream)
            return X

        X, y = table_and_labels(X, y, read)
        classes, stack = classes_of(y), networks(self) if goes_on else None
        weights, may_be_empty = (sample_weight, classes, params.class_weight), is_stream and goes_on
        rows, factors = training_rows(X, y, *weights, is_piece=is_stream, goes_on=may_be_empty)
        if goes_on:
            training_setup.keep_shape(params, stack, self._built_with)
            known = self._built_with, classes, self.classes_
            training_setup.check_continuation(params, stack, *known)
            return y, rows, factors, stack
        kept = {"n_features_in_", "feature_names_in_", *self.get_params(deep=False)}
        forget(vars(self), kept)
        self.classes_, self.n_outputs_, self.out_activation_, self.t_ = classes, 1, "logistic", 0
        self._seed = training_setup.draw_seed(self.random_state)
        self._n_passes, self._optimizer, self._dealing = 0, {"solver": None}, None
        return y, rows, factors, None

    def _drawn_stack(self, params, rows, units, is_stream=False):
        """The stack that training starts from, drawn for these rows, and shown."""
        stack = training_setup.make_stack(params, rows, units, self._columns, self._seed, is_stream)
        self._show(stack)
        named = getattr(self, "feature_names_in_", None)
        self.input_names_ = names_of_inputs(stack.encoding, self._columns, named)
        return stack

    def _train(
        self, params, factors, stack, rows, tasks, validation=None, n_judging=None, is_stream=False
    ):
        """Train the stack, on several workers if asked, and show it; returns the warnings."""
        training_setup.decide_course(params, rows, validation, is_stream)
        judged_on = training_setup.what_judges(rows, validation, is_stream)
        self._built_with = vars(params) | {"judged_on": judged_on}  # for readers
        self._class_factors = factors
        plan = training_setup.make_plan(params, stack, rows, self._seed, is_stream)
        problem = training_setup.make_problem(
            params, stack.unfolded(params.precision), rows, self._seed, validation, n_judging
        )
        optimizer = training_setup.make_optimizer(plan, problem.stack.params, self._optimizer)
        if tasks:
            tasks.attributes = lambda now: vars(twin(self, dict(vars(self)))._expose(rows, now))
        trained = train_stack(
            problem,
            optimizer,
            plan,
            # Callbacks are told of the whole stack, so it is trained in one place.
            n_jobs=1 if tasks else params.n_jobs,
            keeps_best=not is_stream,
            observers=observers_of(tasks, params),
            n_passes=self._n_passes,
            n_seen=self.t_,
        )
        if not (is_stream or params.warm_start):  # else two thirds of a file would be its state
            trained.optimizer = None
        self._expose(rows, trained)
        messages = [*fit_warnings.ended_badly(params, plan, trained)]
        if not (is_stream or trained.was_interrupted or (tasks and tasks.has_stopped)):
            messages += fit_warnings.nothing_learnt(params, rows, validation, trained)
        return messages

    def _expose(self, rows, trained):
        """Set the fitted attributes; returns the estimator."""
        self._show(trained.stack.folded())
        self._optimizer = training_setup.plain_optimizer(trained.optimizer, self._built_with)
        self._n_passes += len(trained.loss_curve)
        vars(self).update(attributes_of(trained, len(rows.index), vars(self)))
        for name in ("oof_proba_", "oof_log_loss_", "feature_importances_"):
            vars(self).pop(name, None)
        return self

    def _show(self, stack):
        """Hold a folded stack, and show its layers as coefs_ and intercepts_."""
        self.coefs_, self.intercepts_ = stack.coefs_and_intercepts()
        self.n_layers_ = len(self.coefs_) + 1
        self._stack, self._shown = stack, (self.coefs_.copy(), self.intercepts_.copy())

    def _expose_out_of_fold(self, rows, goes_on):
        """Predict every training row with the networks that held it out, if they always have."""
        dealing = checksum_of_folds(rows) if len(self._stack) > 1 else None
        before, self._dealing = (self._dealing if goes_on else dealing), dealing
        if dealing is None or dealing != before:
            self._dealing = None
            return
        self.oof_proba_, self.oof_log_loss_ = out_of_fold(self._stack, rows)

    # Predicting ---------------------------------------------------------------------------------

    @one_blas_thread
    def _logits(self, X):
        """Logits of unchecked rows, by the networks of now: a thread may train it meanwhile."""
        fitted = twin(self, vars(self))
        check_is_fitted(fitted, "coefs_")
        return logits_to_trust(networks(fitted), read_table(fitted, fitted._columns, X))

    @quiet_arithmetic()
    def decision_function(self, X: Table) -> np.ndarray:
        """Compute the log-odds of the positive class, ``classes_[1]``.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_samples,)
            The logarithm of p / (1 - p), p the mean probability over the networks. Above 0 exactly
            where `predict` says ``classes_[1]``.
        """
        return log_odds(self._logits(X))

    @quiet_arithmetic()
    def predict_proba(self, X: Table) -> np.ndarray:
        """Probability of each class.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
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
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
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
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_samples,)
            Each one of ``classes_``.
        """
        fitted = twin(self, vars(self))  # a thread may train it meanwhile
        is_positive = fitted.decision_function(X) > 0
        return fitted.classes_[is_positive.astype(int)]

    @quiet_arithmetic()
    def predict_proba_members(self, X: Table) -> np.ndarray:
        """Probability of the positive class, network by network.

        Parameters
        ----------
        X : array-like, frame or sparse matrix of shape (n_samples, n_features)
            Rows of the columns it was fitted on.

        Returns
        -------
        ndarray of shape (n_estimators, n_samples)
            Their mean is ``predict_proba(X)[:, 1]``; their spread shows how sure the stack is.
        """
        return probabilities(self._logits(X))[..., 1]

    # scikit-learn's protocols -------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def __sklearn_is_fitted__(self):  # whatever a subclass calls its parameters
        return hasattr(self, "coefs_")

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        params.doc_link = "#"  # a parameter's help shows only with a link: this one leads nowhere
        return params

    def __getstate__(self):
        return sealed(super().__getstate__())

    def __setstate__(self, state):
        state = unsealed(state, type(self).__name__)
        super().__setstate__(state)
        if "coefs_" in state:
            self._show(self._stack)


# For a subclass whose constructor leaves parameters out.
for _name, _parameter in signature(NumpyMLPBinaryClassifier).parameters.items():
    setattr(NumpyMLPBinaryClassifier, _name, _parameter.default)


def networks(estimator):
    """The networks of a fitted estimator: whatever stands in coefs_ and intercepts_."""
    stack, shown = estimator._stack, (estimator.coefs_, estimator.intercepts_)
    if are_identical(shown, estimator._shown):
        return stack
    return networks_in(*shown, stack.activation, stack.encoding)


def last_fit(estimator):
    """What `fitted` needs of the last fit: a `LastFit`."""
    stack, facts = networks(estimator), (estimator._built_with, estimator._class_factors)
    facts += estimator._seed, stack is estimator._stack, estimator._dealing
    return LastFit(stack, estimator._columns, *facts)
