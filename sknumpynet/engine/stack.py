"""A stack of networks: what training starts from and what comes of it.

Whoever predicts, diagnoses, draws, exports or writes files does so from a `Stack`.
"""

from dataclasses import dataclass, replace

import numpy as np

from .inputs.encoding import Encoding
from .layout import Layout


@dataclass(frozen=True, eq=False)
class Stack:
    """Networks of one layout side by side, and how they read a table.

    Parameters
    ----------
    layout : Layout
    activation : str
        A name in `activations.ACTIVATIONS`.
    encoding : Encoding
        From the columns of the table to the inputs of the first layer.
    params : ndarray of shape (n_networks, n_params)
    is_folded : bool, default=False
        Whether the first layer's weights contain what can be folded into them of the encoding.
    """

    layout: Layout
    activation: str
    encoding: Encoding
    params: np.ndarray
    is_folded: bool = False

    def __len__(self):
        return len(self.params)

    @property
    def layers(self):
        """Views of the params, see `Layout.views`."""
        return self.layout.views(self.params)

    @property
    def to_apply(self):
        """The encoding that the first layer expects of its inputs."""
        return self.encoding.folded() if self.is_folded else self.encoding

    def with_params(self, params):
        """The same networks with other params."""
        return replace(self, params=params)

    def folded(self):
        """The stack that computes the same from raw columns, as far as that is possible."""
        params = self.params.copy()
        self.encoding.fold_into(self.layout.views(params)[0])
        return replace(self, params=params, is_folded=True)

    def unfolded(self, dtype):
        """The stack as training has it, of encoded inputs; a copy, with params of this dtype."""
        params = self.params.astype(dtype)
        if self.is_folded:
            self.encoding.unfold_from(self.layout.views(params)[0])
        return replace(self, params=params, is_folded=False)
