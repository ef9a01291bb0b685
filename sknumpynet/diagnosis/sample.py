"""The rows that trials have: a sample, and which of it is held out of them."""

import numpy as np
from scipy import sparse

from ..engine.folds import deal
from ..fitted import columns_of
from ..rows import Units

MOST_ROWS, FEWEST_ROWS, MOST_INPUTS = 2_000, 400, 900_000  # rows of a trial; rows times inputs
FEWEST_OF_A_CLASS = 12  # below, trials are judged on the rows that they train on
FEW_ROWS = 700  # up to which every row is held out once; of more, a third of the rows
N_FOLDS = 3
FEWEST_CODES, ROWS_A_CODE = 4, 4  # levels of a column of codes, and rows a level in the mean


class Sample:
    """Rows to try fits on.

    Parameters
    ----------
    evidence : Evidence

    Attributes
    ----------
    X : ndarray or CSR array of shape (n_rows, n)
        The table of numbers without target means, which a fit learns itself.
    y, weight : ndarray of shape (n_rows,)
        Whether each row is positive, and its weight of training.
    categorical : ndarray of bool of shape (n,)
        The columns that hold numbers of levels.
    folds : list of (ndarray, ndarray)
        Pairs of rows to train on and rows to judge by.
    judged : ndarray
        The latter of all pairs.
    chosen : ndarray of shape (n_rows,)
        Where the rows stand among ``evidence.few``.
    """

    def __init__(self, evidence):
        few, columns = evidence.few, columns_of(evidence.clf)
        self.table, width = evidence.table, few.X.shape[1]
        # In the order in which they were given: without shuffling, training depends on it.
        self.chosen = np.argsort(few.index[: most_rows(width)])
        rows = few.take(self.chosen)
        n_means = 0 if columns is None else len(columns.means)
        n_numbers = width if columns is None else columns.of_levels.start - n_means
        kept = np.r_[:n_numbers, n_numbers + n_means : width]
        self.X = rows.X[rows.index]
        self.X = self.X[:, kept] if n_means else self.X
        self.y, self.weight = rows.sign > 0, rows.weight
        self.categorical = np.arange(len(kept)) >= n_numbers
        self.folds = self._folds(Units.of(rows, columns, 0))
        self.judged = np.concatenate([held for _, held in self.folds])

    def __len__(self):
        return len(self.y)

    def _folds(self, units):
        """Pairs of rows; one pair of all rows twice where they are too few."""
        everything, folds = np.arange(len(self)), []
        has_enough = np.bincount(self.y, minlength=2).min() >= FEWEST_OF_A_CLASS
        if has_enough and units.table != "listed":  # of a truth table no row tells another
            fold = deal(units.order, self.y, units.observed, N_FOLDS)
            sides = (fold == of for of in range(N_FOLDS))
            folds = [(everything[~is_held], everything[is_held]) for is_held in sides]
        if not folds or not all(0 < self.y[part].mean() < 1 for pair in folds for part in pair):
            return [(everything, everything)]
        return folds if len(self) <= FEW_ROWS else folds[:1]

    @property
    def is_held_out(self):
        """Whether trials are judged on rows that they do not train on."""
        train, held = self.folds[0]
        return train is not held

    def like_codes(self):
        """Columns of numbers in the sample that hold whole numbers, each in several rows."""
        if sparse.issparse(self.X):
            return []
        table = self.table
        is_number = np.array([kind == "number" for kind in table.kinds]) & ~table.of_levels
        return [at for at in table.place[is_number].tolist() if self._is_like_codes(at)]

    def _is_like_codes(self, at):
        values = self.X[:, at]
        values = values[~np.isnan(values)]
        if (values != np.rint(values)).any():
            return False
        return FEWEST_CODES <= len(np.unique(values)) <= len(values) / ROWS_A_CODE


def most_rows(width):
    """How many rows of so many columns trials have at most."""
    return int(np.clip(MOST_INPUTS / inputs_of(width), FEWEST_ROWS, MOST_ROWS))


def have_both_labels(few):
    """Whether the rows of trials are of both classes; a rare one may not be among them."""
    return len(np.unique(few.sign[: most_rows(few.X.shape[1])])) == 2


def inputs_of(width, n_bins="auto"):
    """About how many inputs so many columns make, by default or in so many bins."""
    return max(width, min(9 * width, 512)) if n_bins == "auto" else (1 + n_bins) * width
