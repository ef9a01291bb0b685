"""The optimizers: SGD with momentum, and Adam.

An optimizer holds arrays of the shape of the parameters and knows neither layers nor losses. It is
a plain object of arrays and numbers, so it can be pickled. `take` selects the networks that are
still running.
"""

import copy
import math

import numpy as np

# Values of a block: the ten operations of Adam on it stay in the last-level cache. Blocks for the
# first-level cache cost more in calls than they save (665,000 float32: 1.8 ns a value in blocks of
# 8,192, 1.0 in these). Without blocks a step takes a tenth longer from three million values on.
BLOCK = 1 << 18


class Optimizer:
    """Base class: a step count, and named state arrays of the shape of the parameters."""

    def __init__(self, params, names):
        self.n_steps = 0
        # Unlike zeros_like, zeros takes no memory before it is written to: training copies these.
        self.state = {name: np.zeros(params.shape, params.dtype) for name in names}

    def step(self, params, grad, learning_rate, relative_rate=None):
        """One update of ``params``, in place; ``grad`` is overwritten.

        Parameters
        ----------
        params, grad : ndarray of shape (n_estimators, n_params)
        learning_rate : float
            In units of the parameter per unit of gradient (SGD), in units of the parameter (Adam).
        relative_rate : ndarray broadcast against params, optional
            Multiplies the learning rate, parameter by parameter.
        """
        self.n_steps += 1
        if params.size <= BLOCK:
            self.update(params, grad, learning_rate, relative_rate, **self.state)
            return
        if relative_rate is not None:
            relative_rate = np.broadcast_to(relative_rate, params.shape)
        n_networks, n_params = params.shape
        for network in range(n_networks):
            for start in range(0, n_params, BLOCK):
                block = network, slice(start, start + BLOCK)
                rates = None if relative_rate is None else relative_rate[block]
                state = {name: array[block] for name, array in self.state.items()}
                self.update(params[block], grad[block], learning_rate, rates, **state)

    def take(self, networks):
        """The state of some networks of the stack: a copy by index, a view by slice."""
        other = copy.copy(self)
        other.state = {name: array[networks] for name, array in self.state.items()}
        return other

    def resume(self, n_steps, state):
        """Continue from a step count and state arrays, which are copied."""
        self.n_steps = n_steps
        for name, array in self.state.items():
            array[...] = state[name]

    def put(self, networks, other):
        """The inverse of `take`: write the state of ``other`` back."""
        for name, array in self.state.items():
            array[networks] = other.state[name]
        self.n_steps = max(self.n_steps, other.n_steps)

    @staticmethod
    def join(parts):
        """The optimizer of a whole stack from those of its parts."""
        whole = copy.copy(parts[0])
        whole.state = {
            name: np.concatenate([part.state[name] for part in parts]) for name in whole.state
        }
        whole.n_steps = max(part.n_steps for part in parts)
        return whole


class SGD(Optimizer):
    """Gradient descent with momentum.

        v <- momentum v - rate g ;  params <- params + v
        with Nesterov's momentum    params <- params + momentum v - rate g

    Parameters
    ----------
    params : ndarray of shape (n_estimators, n_params)
        Only its shape and dtype are read.
    momentum : float
    nesterov : bool

    Notes
    -----
    Sutskever et al. (2013), in the form of Bengio, Boulanger-Lewandowski and Pascanu (2013,
    equation 7), which keeps the parameters after the look-ahead: the same as scikit-learn's.
    """

    def __init__(self, params, *, momentum, nesterov):
        super().__init__(params, ["velocity"])
        self.momentum, self.nesterov = momentum, nesterov

    def update(self, params, grad, learning_rate, relative_rate, velocity):
        """The formula above, on any block of the arrays."""
        grad *= learning_rate
        if relative_rate is not None:
            grad *= relative_rate
        velocity *= self.momentum
        velocity -= grad
        if self.nesterov:
            params -= grad
            np.multiply(velocity, self.momentum, out=grad)
            params += grad
        else:
            params += velocity


class Adam(Optimizer):
    """Adam, adaptive moments.

        m <- b1 m + (1 - b1) g ;  v <- b2 v + (1 - b2) g^2
        params -= rate * m_hat / (sqrt(v_hat) + epsilon),
        m_hat = m / (1 - b1^t),  v_hat = v / (1 - b2^t)

    Parameters
    ----------
    params : ndarray of shape (n_estimators, n_params)
        Only its shape and dtype are read.
    beta_1, beta_2, epsilon : float

    Notes
    -----
    Kingma and Ba (2015), algorithm 1. Differs from it only in the order of arithmetic: the moments
    are kept without their factors 1 - b; these are multiplied into the rate and into epsilon,
    together with the bias corrections. That leaves ten operations on arrays.
    """

    def __init__(self, params, *, beta_1, beta_2, epsilon):
        super().__init__(params, ["first_moment", "second_moment"])
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self._least = float(np.finfo(params.dtype).tiny)

    def update(self, params, grad, learning_rate, relative_rate, first_moment, second_moment):
        """The formula above, on any block of the arrays."""
        unit_1 = (1 - self.beta_1) / (1 - self.beta_1**self.n_steps)
        unit_2 = math.sqrt((1 - self.beta_2) / (1 - self.beta_2**self.n_steps))
        first_moment *= self.beta_1
        first_moment += grad
        np.square(grad, out=grad)
        second_moment *= self.beta_2
        second_moment += grad
        np.sqrt(second_moment, out=grad)
        grad += max(self.epsilon / unit_2, self._least)  # not 0, as epsilon may be in float32
        np.divide(first_moment, grad, out=grad)
        grad *= learning_rate * (unit_1 / unit_2)
        if relative_rate is not None:
            grad *= relative_rate
        params -= grad


# Name -> function that makes an optimizer for these params with the settings of a plan.
OPTIMIZERS = {
    "adam": lambda params, plan: Adam(
        params, beta_1=plan.beta_1, beta_2=plan.beta_2, epsilon=plan.epsilon
    ),
    "sgd": lambda params, plan: SGD(
        params, momentum=plan.momentum, nesterov=plan.nesterovs_momentum
    ),
}
