"""Sparse rows as inputs of the first layer; zeros take neither time nor memory.

Centred, bent or binned, a zero is no longer 0. But its inputs are the same in every row: call the
inputs of a row of zeros the base. The difference from the base is as sparse as the rows:

    inputs_i = added_i + base ,  z_i = W^T added_i + (W^T base + b) ,
    dLoss/dW = sum_i added_i delta_i^T + base sum_i delta_i^T

A missing value is a stored NaN.

The base is mostly zeros itself: a column whose median is not 0 is stored in at least half of the
rows, and one whose mean exceeds 3 deviations in nine of ten.
"""

import numpy as np
from scipy import sparse

FAR = 3.0  # a larger base would take digits from the difference
# Number of columns from which sparse products win. With 256 columns, 2 % stored, a step of 8
# networks of 100 units takes 1.0 ms instead of 2.2 dense, with 10 % stored as long as dense; with
# 128 columns 1.4 ms and 1.4 dense, 2.0 and 1.3.
WIDE = 256


def stays_sparse(X):
    """Whether batches of X stay sparse; otherwise each is made dense."""
    return sparse.issparse(X) and X.shape[1] >= WIDE


class SparseInputs:
    """Encodes CSR rows as inputs, less the base: the inputs of a row of zeros.

    Parameters
    ----------
    encoding : Encoding
    dtype : dtype
        Dtype of the inputs.
    """

    def __init__(self, encoding, dtype):
        self.encoding, self.dtype, n_features = encoding, dtype, encoding.n_features
        self.base = np.empty(encoding.n_inputs, dtype)
        # In double precision: a center of 1e200, or of 1e-200, has no place in single.
        zeros, scratch = np.zeros((n_features, 1)), np.empty((encoding.n_scratch, 1))
        encoding.apply(zeros, self.base[:, np.newaxis], scratch)
        self.is_far = abs(self.base[:n_features]) > FAR
        (self.far,) = np.nonzero(self.is_far)
        self.base[self.far] = 0  # these columns are stored in full, with their zeros
        (self.at,) = np.nonzero(self.base)
        if encoding.binning is not None:
            self.first_code = np.searchsorted(encoding.binning.source, np.arange(n_features + 1))
        if encoding.gaps is not None:
            self.gap_input = np.full(n_features, -1)
            self.gap_input[encoding.gaps.source] = encoding.n_inputs - len(encoding.gaps.source)
            self.gap_input[encoding.gaps.source] += np.arange(len(encoding.gaps.source))

    def read(self, rows):
        """The differences of CSR rows from the base, and the base as one row more.

        Returns
        -------
        CSR array of shape (n_rows + 1, n_inputs)
        """
        n_rows, n_features = rows.shape
        row, column = np.repeat(np.arange(n_rows), np.diff(rows.indptr)), rows.indices
        added = self._scaled(rows.data, column) - self.base[column]
        parts = [(row, column, added), (np.full(len(self.at), n_rows), self.at, self.base[self.at])]
        if len(self.far):
            added[self.is_far[column]] = 0
            far = np.tile(self.far, n_rows)
            values = self._scaled(rows[:, self.far].toarray().ravel(), far)
            parts.append((np.repeat(np.arange(n_rows), len(self.far)), far, values))
        if self.encoding.binning is not None:
            entry, code = self._codes_of(column)
            values = rows.data[:, np.newaxis].astype(np.result_type(rows, self.dtype), copy=False)
            codes = np.empty((len(entry), 1), self.dtype)
            scratch = np.empty_like(codes, values.dtype)
            self.encoding.binning.at(code, entry).apply(values, codes, scratch, np.isnan(values))
            code += n_features
            parts.append((row[entry], code, codes[:, 0] - self.base[code]))
        if self.encoding.gaps is not None:
            (missing,) = np.nonzero(np.isnan(rows.data))
            place = self.gap_input[column[missing]]
            has_input = place >= 0
            ones = np.ones(has_input.sum(), self.dtype)  # of float64 they would make all so
            parts.append((row[missing[has_input]], place[has_input], ones))
        rows, columns, values = map(np.concatenate, zip(*parts, strict=True))
        return sparse.csr_array((values, (rows, columns)), shape=(n_rows + 1, len(self.base)))

    def _scaled(self, values, column):
        """Values of these columns, scaled."""
        values = values[:, np.newaxis]
        scaled, scaling = np.empty_like(values, self.dtype), self.encoding.scaling.at(column)
        scratch = np.empty_like(values, np.result_type(values, scaled))
        scaling.apply(values, scaled, scratch, np.isnan(values))
        return scaled[:, 0]

    def _codes_of(self, column):
        """All pairs (value, code of its column), given the column of each value."""
        first, n_codes = self.first_code[column], np.diff(self.first_code)[column]
        entry = np.repeat(np.arange(len(column)), n_codes)
        number = np.arange(len(entry)) - np.repeat(np.cumsum(n_codes) - n_codes, n_codes)
        return entry, first[entry] + number


def multiply(rows, W, b, out):
    """Write W^T a + b to ``out``.

    Parameters
    ----------
    rows : CSR array of shape (n_rows + 1, n_inputs)
        From `SparseInputs.read`.
    W : ndarray of shape (n_inputs, fan_out)
    b : ndarray of shape (fan_out,)
    out : ndarray of shape (fan_out, n_rows)
    """
    product = rows @ W
    product[-1] += b
    np.add(product[:-1].T, product[-1:].T, out=out)


class SparseGradient:
    """The gradient by the weights, a delta^T, of one batch of rows.

    Parameters
    ----------
    rows : CSR array of shape (n_rows + 1, n_inputs)
        From `SparseInputs.read`.
    """

    def __init__(self, rows):
        inputs, place = np.unique(rows.indices, return_inverse=True)
        self.are_few = 2 * len(inputs) < rows.shape[1]  # otherwise all at once take less time
        if self.are_few:
            shape = rows.shape[0], len(inputs)
            rows = sparse.csr_array((rows.data, place, rows.indptr), shape=shape)
        self.inputs, self.rows_t = inputs if self.are_few else slice(-1), rows.T

    def write(self, delta, out):
        """Write it to ``out`` of shape (n_inputs + 1, fan_out); delta is (fan_out, n_rows)."""
        total = delta.sum(axis=1)
        if self.are_few:
            out[...] = 0
        out[self.inputs] = self.rows_t @ np.vstack([delta.T, total])
        out[-1] = total
