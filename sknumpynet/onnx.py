"""ONNX: importing this module teaches skl2onnx the estimator, alone and as a step of a pipeline.

The graph computes what `predict_proba` computes, with the networks on the first axis:

    columns  ->  bent columns, then codes  ->  layer, activation, layer, ...  ->  logits
             ->  log-probability of each class  ->  mean probability of the stack  ->  label

Its outputs are float64 for inputs of float64, else float32. Operations on raw columns are float64
in any case: float32 has seven digits, and a column such as 1e6 + noise loses them when its center
is subtracted, by the scaling or, where that is folded in, by the first layer.
"""

import numpy as np

from .arithmetic import quiet_arithmetic
from .classifier import NumpyMLPBinaryClassifier
from .engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from .engine.inputs.scaling import FAR, SOFT_LIMIT
from .engine.prediction import logit_range
from .fitted import as_fitted, stack_of
from .validation import listed

try:
    from skl2onnx import update_registered_converter
    from skl2onnx.algebra import onnx_ops
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
    from skl2onnx.common.utils_classifier import get_label_classes
except ImportError as error:
    raise ImportError(
        'sknumpynet.onnx needs skl2onnx; run pip install "sknumpynet[onnx]".'
    ) from error

LOWEST_OPSET = 9  # Erf came with it


class Operators:
    """ONNX's operators, as in ``op.Add(z, 1.0)``, of one opset; floats become one type.

    Parameters
    ----------
    opset : int
    dtype : numpy.float32 or numpy.float64
    """

    def __init__(self, opset, dtype):
        self.opset, self.dtype = opset, dtype

    def __getattr__(self, name):
        operator = getattr(onnx_ops, f"Onnx{name}")

        def add(*inputs, **attributes):
            return operator(*map(self._typed, inputs), op_version=self.opset, **attributes)

        return add

    def _typed(self, value):
        is_array = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        return np.asarray(value, self.dtype) if is_array or isinstance(value, float) else value

    def to_dtype(self, x):
        """x in this type."""
        return self.Cast(x, to=self.dtype)

    def clip(self, x, low, high):
        """x, cut off at low and high; Clip itself takes its limits differently in every opset."""
        return self.Min(self.Max(x, float(low)), float(high))

    def layer(self, a, weights):
        """W^T a + b of rows a, for all networks; b is the last row of the weights."""
        return self.Add(self.MatMul(a, weights[:, :-1]), weights[:, -1:])


def negative_expm1(op, z):
    """exp(z) - 1 where z < 0, else 0."""
    return op.Sub(op.Exp(op.Min(z, 0.0)), 1.0)


def selu(op, z):
    """a = s z where z > 0, else s alpha (exp(z) - 1)."""
    below = op.Mul(negative_expm1(op, z), SELU_ALPHA)
    return op.Mul(op.Add(op.Max(z, 0.0), below), SELU_SCALE)


def gelu(op, z):
    """a = z (1 + erf(z / sqrt(2))) / 2, erf in float32: onnxruntime has it in no other type."""
    erf = op.Erf(op.Cast(op.Mul(z, 0.5**0.5), to=np.float32))
    return op.Mul(op.Mul(z, 0.5), op.Add(op.to_dtype(erf), 1.0))


def mish(op, z):
    """a = z tanh(log(1 + e)) = z n / (n + 2), n = e (e + 2), e = exp(z); from 20 on it is z."""
    e = op.Exp(op.Min(z, 20.0))
    n = op.Mul(e, op.Add(e, 2.0))
    return op.Mul(z, op.Div(n, op.Add(n, 2.0)))


# Without Elu, Selu, LeakyRelu and Softplus: onnxruntime has them in float32 only.
ACTIVATIONS = {
    "identity": lambda op, z: z,
    "logistic": lambda op, z: op.Sigmoid(z),
    "tanh": lambda op, z: op.Tanh(z),
    "relu": lambda op, z: op.Relu(z),
    "leaky_relu": lambda op, z: op.Max(z, op.Mul(z, LEAK)),
    "elu": lambda op, z: op.Max(z, negative_expm1(op, z)),
    "selu": selu,
    "gelu": gelu,
    "silu": lambda op, z: op.Mul(z, op.Sigmoid(z)),
    "mish": mish,
}


def bent(op, x, scaling):
    """The columns as `Scaling.apply` computes them where ``bends`` is True."""
    if scaling.center is not None:
        x = op.Sub(x, scaling.center)
    z = op.clip(op.Mul(x, scaling.factor), -FAR, FAR)
    third = op.Mul(z, 1 / SOFT_LIMIT)
    return op.Div(z, op.Sqrt(op.Add(op.Mul(third, third), 1.0)))


def codes(op, x, bins):
    """The codes as `Binning.apply` computes them."""
    above = op.Sub(op.Gather(x, bins.source, axis=1), bins.low)
    return op.clip(op.Div(above, bins.width), 0, 1)


def logits(op, x, stack):
    """Logits of all networks, of shape (n_estimators, n_rows, 1)."""
    exact, layers = Operators(op.opset, np.float64), stack.layers
    scaling, binning = stack.encoding.scaling, stack.encoding.binning
    x = exact.to_dtype(x)
    a = bent(exact, x, scaling) if scaling.bends else x
    if binning is not None:
        a = exact.Concat(a, codes(exact, x, binning), axis=1)
    of_first = op if scaling.bends else exact
    z = op.to_dtype(of_first.layer(of_first.to_dtype(a), layers[0]))
    for layer in layers[1:]:
        z = op.layer(ACTIVATIONS[stack.activation](op, z), layer)
    z = op.Where(op.IsNaN(z), 0.0, z)  # infinity less infinity: no evidence for either class
    # 0 for each row, but NaN for a row with a missing value, whose probability is unknown.
    gap = exact.MatMul(exact.clip(x, -FAR, FAR), np.zeros((stack.encoding.n_features, 1)))
    return op.Add(z, op.to_dtype(gap))


def log_sums(op, z):
    """Logarithm of the sum of the networks' probabilities, class by class: (n_rows, 2).

    Computed from logits 0 and z instead of -z / 2 and z / 2; no probability is rounded to 0.
    """
    log_p = op.LogSoftmax(op.Mul(z, np.array([0.0, 1.0])), axis=2)
    return op.ReduceLogSumExpApi18(log_p, axes=[0], keepdims=0)


def output_shapes(operator):
    """Set the shapes and types of the outputs in skl2onnx; labels are int64 or text."""
    graph_labels(operator.scope_inst, operator.raw_operator)
    calculate_linear_classifier_output_shapes(operator)


def graph_labels(scope, clf):
    """Both labels as int64 or text, the only types that ONNX has for labels.

    Raises ValueError for labels that the conversion would change.
    """
    classes = get_label_classes(scope, clf)
    kind = classes.dtype.kind
    if kind == "U" or all(isinstance(label, str) for label in classes.tolist()):
        return classes.astype(str)
    if kind in "biuf":
        labels = classes.tolist()
        if all(label == label // 1 and -(2**63) <= label < 2**63 for label in labels):
            return np.array([int(label) for label in labels], np.int64)
    raise ValueError(
        f"the labels {listed(classes)} of dtype {classes.dtype} are neither text nor whole numbers "
        "of 64 bits with a sign, and ONNX has no others; fit on y.astype(str), or convert with "
        "options={'nocl': True} for labels 0 and 1."
    )


@quiet_arithmetic()
def convert(scope, operator, container):
    """Add the graph of the module's docstring to the container.

    With the option ``raw_scores`` it returns log-odds instead of probabilities: the second column
    is `decision_function`, the first its negative.
    """
    if container.target_opset < LOWEST_OPSET:
        raise ValueError(
            f"target_opset={container.target_opset} lacks operators that the estimator needs; give "
            f"{LOWEST_OPSET} or more."
        )
    stack, x = stack_of(as_fitted(operator.raw_operator)), operator.inputs[0]
    dtype = np.float64 if isinstance(x.type, DoubleTensorType) else np.float32
    op, finfo = Operators(container.target_opset, dtype), np.finfo(dtype)
    limits = finfo.min, finfo.max
    if len(stack) > 1:
        limits = logit_range(np.result_type(dtype, stack.params))
    log_p = log_sums(op, op.clip(logits(op, x, stack), *limits))
    if container.get_options(operator.raw_operator, {"raw_scores": False})["raw_scores"]:
        scores = op.MatMul(log_p, np.array([[1.0, -1.0], [-1.0, 1.0]]))
    else:
        p = op.Exp(op.Sub(log_p, float(np.log(len(stack)))))
        scores = op.clip(p, finfo.eps, 1 - finfo.eps)
    label = op.Gather(
        graph_labels(scope, operator.raw_operator), op.ArgMax(scores, axis=1, keepdims=0), axis=0
    )
    for result, output in zip((label, scores), operator.outputs, strict=True):
        op.Identity(result, output_names=[output]).add_to(scope, container)


update_registered_converter(
    NumpyMLPBinaryClassifier,
    "SknumpynetBinaryClassifier",
    output_shapes,
    convert,
    options={
        "zipmap": [True, False, "columns"],
        "nocl": [True, False],
        "raw_scores": [True, False],
    },
)
