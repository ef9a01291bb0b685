"""The optimizers: SGD with momentum, and Adam.

An optimizer holds arrays of the shape of the parameters and knows neither layers nor losses. It is
a plain object of arrays and numbers, so it can be pickled. `take` selects the networks that are
still running.
"""

import copy
import math
from inspect import signature

import numpy as np

# Values of a block: the ten operations of Adam on it stay in the last-level cache. Blocks for the
# first-level cache cost more in calls than they save (665,000 float32: 1.8 ns a value in blocks of
# 8,192, 1.0 in these). Without blocks a step takes a tenth longer from three million values on.
BLOCK = 1 << 18


class Optimizer:
    """Base class: a step count, and named state arrays of the shape of the parameters.

    A kind of optimizer takes ``params``, of which only shape and dtype are read, and the settings
    of a plan that its constructor names. ``is_adaptive`` says whether a parameter's step is about
    as long as the learning rate, however long the gradient.
    """

    is_adaptive = False

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
    momentum : float
    nesterovs_momentum : bool

    Notes
    -----
    Sutskever et al. (2013), in the form of Bengio, Boulanger-Lewandowski and Pascanu (2013,
    equation 7), which keeps the parameters after the look-ahead: the same as scikit-learn's.
    """

    def __init__(self, params, *, momentum, nesterovs_momentum):
        super().__init__(params, ["velocity"])
        self.momentum, self.nesterov = momentum, nesterovs_momentum

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
    beta_1, beta_2, epsilon : float

    Notes
    -----
    Kingma and Ba (2015), algorithm 1. Differs from it only in the order of arithmetic: the moments
    are kept without their factors 1 - b; these are multiplied into the rate and into epsilon,
    together with the bias corrections. That leaves ten operations on arrays.
    """

    is_adaptive = True

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


OPTIMIZERS = {"adam": Adam, "sgd": SGD}


def settings_of(name):
    """The settings of a plan that an optimizer takes; none for another name, such as L-BFGS's."""
    return [*signature(OPTIMIZERS[name]).parameters][1:] if name in OPTIMIZERS else []


def make_optimizer(name, params, plan):
    """A fresh optimizer of that name for these params, with the settings of a plan."""
    settings = {setting: getattr(plan, setting) for setting in settings_of(name)}
    return OPTIMIZERS[name](params, **settings)


def is_adaptive(name):
    """Whether an optimizer's steps are as long as the rate; None for L-BFGS, which has no rate."""
    return OPTIMIZERS[name].is_adaptive if name in OPTIMIZERS else None
