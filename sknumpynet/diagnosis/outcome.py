"""Questions about the predictions."""

from typing import NamedTuple

import numpy as np

from ..fit_warnings import CHANCE
from .leaks import auc_of
from .report import Finding
from .training import afresh
from .trials import N_ERRORS

N_ERRORS_OF_BEST = 4.5  # of the ranking of held-out rows, by which the best epoch was chosen
RANK_ERROR = 0.05  # of the ROC AUC; with a larger one, even a fair signal may be missed


def is_constant(evidence):
    """The same probability for every row."""
    spread = np.median(evidence.passed.logits.std(axis=1))
    if not spread <= 0.05:  # NaN for infinite log-odds
        return
    p = float(np.mean(evidence.probability))
    prior = " It has learnt only the base rate." if abs(p - evidence.base_rate) < 0.05 else ""
    yield Finding(
        "constant_prediction",
        "error",
        "",
        p,
        f"Every row gets the same probability, {p:.3f}; the base rate is "
        f"{evidence.base_rate:.3f}.{prior}",
        step="give columns that differ from row to row and have to do with y",
    )


def has_no_signal(evidence):
    """On held-out rows neither the loss nor the ranking is better than chance makes them.

    Nor does a logistic regression rank better, or a simple model with curves and products tell the
    labels.
    """
    is_positive, linear = evidence.is_positive, evidence.linear_probability
    if evidence.judged_loss is None or linear is None:
        return
    of_linear = rank_of(linear, is_positive[evidence.few_positions])
    told = evidence.told_by_columns[0] * np.sqrt(len(evidence.few_positions))
    if of_linear.errors > N_ERRORS or told > N_ERRORS_OF_BEST:
        return
    if evidence.out_of_fold is None:
        gained, ranked = (evidence.prior_loss - evidence.judged_loss) * evidence.n_rows, ""
        is_chance, is_sure = gained < CHANCE, True
    else:
        rank, (gained, error) = rank_of(evidence.out_of_fold, is_positive), evidence.gained_by_row
        ranked = f", ROC AUC {rank.auc:.3f} where chance has 0.5 +- {rank.error:.3f}"
        is_chance = gained <= N_ERRORS * error and rank.errors < N_ERRORS_OF_BEST
        is_sure = rank.errors < N_ERRORS and rank.error < RANK_ERROR
    if is_chance:
        yield Finding(
            "no_signal",
            "error" if is_sure else "warning",
            "",
            evidence.gain,
            f"On rows held out it is no better than the base rate ({evidence.gain:+.1%} of its "
            f"loss gone{ranked}): the labels have nothing to do with the columns, as if they had "
            "been shuffled" + ("." if is_sure else ", or too little to show in so few rows."),
            step="check that the rows of X and y belong together, and that X can tell y at all",
        )


class Rank(NamedTuple):
    """A ROC AUC, the standard error of that of random numbers, and what is beyond 1/2 in these."""

    auc: float
    error: float
    errors: float


def rank_of(p, is_positive):
    """How probabilities rank rows by label, beside how random numbers may."""
    n_positive = np.count_nonzero(is_positive)
    n_negative = len(is_positive) - n_positive
    error = np.sqrt((n_positive + n_negative + 1) / (12 * n_positive * n_negative))
    auc = auc_of(p, is_positive)
    return Rank(auc, error, (auc - 0.5) / error)


def is_as_linear(evidence):
    """No better than a logistic regression."""
    has_hidden = len(evidence.layout.layer_sizes) > 2
    if has_hidden and evidence.gain > 0.1 and evidence.loss > evidence.linear_loss:
        lead = 1 - evidence.linear_loss / evidence.loss
        yield Finding(
            "no_better_than_linear",
            "note",
            "",
            lead,
            f"A logistic regression has a log loss of {evidence.linear_loss:.4f} here, "
            f"{lead:.1%} less: hidden layers find nothing more in these columns.",
            afresh(evidence.clf, hidden_layer_sizes=()),
        )


def has_memorised(evidence):
    """Far better on training rows than on validation rows, or without any to compare with."""
    part, n_params, n_rows = evidence.gain, evidence.layout.n_params, evidence.n_rows
    gap = (evidence.loss - evidence.training_loss.mean()) / evidence.prior_loss
    cannot_stop = evidence.clf.early_stopping or evidence.clf.judged_on == "stream"
    if evidence.judged_loss is None and part > 0.9 and n_params > n_rows:
        yield Finding(
            "overfitting",
            "note",
            "",
            part,
            f"{part:.0%} of the base rate's loss is gone on the rows it trained on, with "
            f"{n_params} weights for {n_rows} rows; no rows were held out to say how much of that "
            "lasts.",
            {} if cannot_stop else {"early_stopping": "auto"},
            "judge it by rows that it has not seen, such as by cross_val_score",
        )
    elif gap > 0.35:
        yield Finding(
            "overfitting",
            "note",
            "",
            gap,
            f"The log loss is {evidence.training_loss.mean():.4f} on rows trained on, "
            f"{evidence.loss:.4f} on others: what was learnt is theirs alone.",
            step="give more rows or fewer columns, or try dropout or weight_decay",
        )


def is_uncalibrated(evidence):
    """Probabilities that differ from the fraction of positives."""
    if evidence.judged_loss is None:
        return
    p, weight = evidence.probability, evidence.weight
    bins = np.minimum((p * 10).astype(int), 9)
    total, positive, told = (
        np.bincount(bins, weight * of_row, 10) for of_row in (1, evidence.is_positive, p)
    )
    error = np.abs(positive - told).sum() / total.sum()
    by_chance = np.sqrt(told).sum() / total.sum()
    # A rare class has small probabilities, which are far off as multiples.
    mean, chance = np.average(p, weights=weight), 5 * np.sqrt(evidence.base_rate / len(p))
    is_multiple = not evidence.base_rate / 2 - chance < mean < 2 * evidence.base_rate + chance
    if error > max(0.1, 2 * by_chance) or is_multiple:
        params = {"class_weight": None} if evidence.clf.class_weight is not None else {}
        yield Finding(
            "uncalibrated",
            "warning",
            "",
            error,
            f"Probabilities are off by {error:.3f} in the mean; their mean is "
            f"{mean:.3f}, the base rate {evidence.base_rate:.3f}.",
            params,
            "put it in CalibratedClassifierCV",
        )


def is_hidden_by_threshold(evidence):
    """Ranks well, and yet hardly ever predicts the rarer class."""
    p, is_rare, rate = evidence.probability, evidence.is_positive, evidence.base_rate
    if rate > 0.5:
        p, is_rare, rate = 1 - p, ~is_rare, 1 - rate
    found = np.average(p[is_rare] > 0.5, weights=evidence.weight[is_rare])
    if rate < 0.2 and found < 0.4 and evidence.gain > 0.03:
        yield Finding(
            "threshold_hides_rare_class",
            "note",
            "",
            found,
            f"{rate:.1%} of the rows are of the rarer class, and predict finds {found:.0%} of "
            "them: few have a probability above 0.5, though the probabilities tell the classes "
            "apart.",
            step="choose the threshold by TunedThresholdClassifierCV, or work with predict_proba",
        )
