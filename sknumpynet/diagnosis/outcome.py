"""Questions about the predictions."""

import numpy as np

from ..fit_warnings import CHANCE
from .leaks import FEWEST_OF_A_CLASS, auc_of
from .report import Finding

N_ERRORS = 2.5  # standard errors that may be chance
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

    Nor does a logistic regression do better.
    """
    is_positive, n_few = evidence.is_positive, len(evidence.few_positions)
    rarer = min(np.count_nonzero(is_positive), np.count_nonzero(~is_positive))
    if evidence.judged_loss is None or rarer < FEWEST_OF_A_CLASS:
        return
    if (evidence.prior_loss - evidence.linear_loss) * n_few > CHANCE:
        return
    error = rank_error(is_positive)
    if evidence.out_of_fold is None:
        is_chance = (evidence.prior_loss - evidence.judged_loss) * evidence.n_rows < CHANCE
        ranked = ""
    else:
        is_chance = is_within_chance(evidence, error)
        rank = auc_of(evidence.out_of_fold[:, np.newaxis], is_positive)[0]
        ranked = f", ROC AUC {rank:.3f} where chance has 0.5 +- {error:.3f}"
    if is_chance:
        or_weak = ", or too little to show in so few rows" if error > RANK_ERROR else ""
        yield Finding(
            "no_signal",
            "warning" if or_weak else "error",
            "",
            evidence.gain,
            f"On rows held out it is no better than the base rate ({evidence.gain:+.1%} of its "
            f"loss gone{ranked}): the labels have nothing to do with the columns, as if they had "
            f"been shuffled{or_weak}.",
            step="check that the rows of X and y belong together, and that X can tell y at all",
        )


def is_within_chance(evidence, error):
    """Whether the out-of-fold probabilities may be better than the base rate by chance alone.

    Row by row, their loss is compared with that of the base rate; ``error`` is `rank_error`.
    """
    weight, is_positive = evidence.trained_weight, evidence.is_positive
    base_rate = np.average(is_positive, weights=weight)
    losses = [
        -np.log(np.where(is_positive, p, 1 - p).clip(1e-15))
        for p in (base_rate, evidence.out_of_fold)
    ]
    gained, share = losses[0] - losses[1], weight / weight.sum()
    mean = (share * gained).sum()
    gain_error = np.sqrt(np.square(share * (gained - mean)).sum())
    rank = auc_of(evidence.out_of_fold[:, np.newaxis], is_positive)[0]
    return mean <= N_ERRORS * gain_error and rank <= 0.5 + N_ERRORS * error


def rank_error(is_positive):
    """Standard error of the ROC AUC of numbers drawn at random."""
    n_positive = np.count_nonzero(is_positive)
    n_negative = len(is_positive) - n_positive
    return np.sqrt((n_positive + n_negative + 1) / (12 * n_positive * n_negative))


def is_as_linear(evidence):
    """No better than a logistic regression."""
    has_hidden = len(evidence.layout.layer_sizes) > 2
    if has_hidden and evidence.gain > 0.1 and evidence.loss > evidence.linear_loss:
        lead = 1 - evidence.loss / evidence.linear_loss
        yield Finding(
            "no_better_than_linear",
            "note",
            "",
            lead,
            f"A logistic regression has a log loss of {evidence.linear_loss:.4f} here, "
            f"{-lead:.1%} less: hidden layers find nothing more in these columns.",
            {"hidden_layer_sizes": ()},
        )


def has_memorised(evidence):
    """Far better on training rows than on validation rows, or without any to compare with."""
    part, n_params, n_rows = evidence.gain, evidence.layout.n_params, evidence.n_rows
    gap = (evidence.loss - evidence.training_loss.mean()) / evidence.prior_loss
    if evidence.judged_loss is None and part > 0.9 and n_params > n_rows:
        yield Finding(
            "overfitting",
            "note",
            "",
            part,
            f"{part:.0%} of the base rate's loss is gone on the rows it trained on, with "
            f"{n_params} weights for {n_rows} rows; no rows were held out to say how much of that "
            "lasts.",
            {} if evidence.clf.early_stopping else {"early_stopping": "auto"},
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
    if error > max(0.1, 2 * by_chance):
        params = {"class_weight": None} if evidence.clf.class_weight is not None else {}
        yield Finding(
            "uncalibrated",
            "warning",
            "",
            error,
            f"Probabilities are off by {error:.3f} in the mean; their mean is "
            f"{np.average(p, weights=weight):.3f}, the base rate {evidence.base_rate:.3f}.",
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
