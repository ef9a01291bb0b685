"""A stack of networks, before and after training.

Prediction, diagnosis, pictures, export and files all read a `Stack`.
"""

from dataclasses import dataclass, replace

import numpy as np

from .inputs.encoding import Encoding
from .layout import Layout


@dataclass(frozen=True, eq=False)
class Stack:
    """Networks of one layout side by side, with the encoding of their inputs.

    Parameters
    ----------
    layout : Layout
    activation : str
        A name in `activations.ACTIVATIONS`.
    encoding : Encoding
        Turns columns of the table into inputs of the first layer.
    params : ndarray of shape (n_networks, n_params)
    is_folded : bool, default=False
        Whether the encoding is folded into the first layer's weights, as far as it can be.
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
        """Views of the params, layer by layer, see `Layout.views`."""
        return self.layout.views(self.params)

    @property
    def to_apply(self):
        """The encoding to apply to columns before the first layer."""
        return self.encoding.folded() if self.is_folded else self.encoding

    def coefs_and_intercepts(self):
        """Two lists of views, layer by layer; of one network without the axis of networks."""
        which = 0 if len(self) == 1 else slice(None)
        layers = [layer[which] for layer in self.layers]
        return [layer[..., :-1, :] for layer in layers], [layer[..., -1, :] for layer in layers]

    def with_params(self, params):
        """The same networks with other params."""
        return replace(self, params=params)

    def folded(self):
        """The same function, with the encoding folded into the first layer as far as possible.

        The params are copied only where that changes them. They are then as exact as the columns
        were: of 1e9 + noise in float64, params of float32 would lose the noise.
        """
        params = self.params
        if self.encoding.folded() is not self.encoding:
            params = params.astype(np.result_type(params, self.encoding.scaling.factor))
            self.encoding.fold_into(self.layout.views(params)[0])
        return replace(self, params=params, is_folded=True)

    def unfolded(self, dtype):
        """A copy for encoded inputs, as in training, with params of this dtype."""
        params = self.params.astype(np.result_type(self.params, dtype))
        if self.is_folded:
            self.encoding.unfold_from(self.layout.views(params)[0])
        if params.dtype != dtype:
            largest = np.finfo(dtype).max
            params = params.clip(-largest, largest).astype(dtype)
        return replace(self, params=params, is_folded=False)
