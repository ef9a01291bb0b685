"""Reads rows of a table as inputs of the first layer."""

import numpy as np
from scipy import sparse

from .gaps import has_gaps
from .sparse import SparseInputs, stays_sparse


class Reader:
    """Reads rows into arrays that it keeps: what was read before is overwritten.

    Parameters
    ----------
    encoding : Encoding
    dtype : dtype
        Of the inputs.
    """

    def __init__(self, encoding, dtype):
        self.encoding, self.dtype = encoding, np.dtype(dtype)
        self.table = self.sparse_inputs = None
        self.room = {}

    def read(self, X, index):
        """The inputs of the rows ``X[index]``.

        Parameters
        ----------
        X : ndarray or CSR array of shape (n, n_features)
        index : slice or ndarray of int

        Returns
        -------
        ndarray of shape (n_inputs + 1, n_rows), or CSR array of shape (n_rows + 1, n_inputs)
            The last row is all 1, the input of the biases. Sparse rows of a wide table stay sparse,
            see `SparseInputs.read`.
        """
        if stays_sparse(X):
            if self.sparse_inputs is None:
                self.sparse_inputs = SparseInputs(self.encoding, self.dtype)
            return self.sparse_inputs.read(X[index])
        if X is not self.table:  # to look for gaps batch by batch would take 2 µs a step
            self.table, self.has_gaps = X, has_gaps(X)
        if isinstance(index, slice) or sparse.issparse(X):
            rows = X[index]
        else:
            rows = self._array("rows", (len(index), X.shape[1]), X.dtype)
            X.take(index, axis=0, out=rows, mode="clip")  # other modes make a copy
        n_rows, columns = rows.shape[0], rows.T
        wider = np.result_type(X.dtype, self.dtype)
        if self.encoding.repeats or sparse.issparse(rows):
            columns = self._array("columns", columns.shape, wider)
            if sparse.issparse(rows):
                rows.T.astype(wider, copy=False).toarray(out=columns)
            else:
                columns[...] = rows.T
        inputs = self._array("inputs", (self.encoding.n_inputs + 1, n_rows), self.dtype)
        scratch = self._array("scratch", (self.encoding.n_scratch, n_rows), wider)
        self.encoding.apply(columns, inputs[:-1], scratch, self.has_gaps)
        inputs[-1] = 1
        return inputs

    def _array(self, name, shape, dtype):
        """A contiguous array in the room of that name, which grows as needed."""
        size, room = shape[0] * shape[1], self.room.get(name)
        if room is None or room.size < size or room.dtype != dtype:
            room = self.room[name] = np.empty(size, dtype)
        return room[:size].reshape(shape)
