"""ONNX: importing this module teaches skl2onnx the estimator, alone and as a step of a pipeline.

The graph computes what `predict_proba` computes, with the networks on the first axis and the rows
on the last one, as in `engine.network`: a first layer of 271 inputs takes two thirds of the time
that it does with rows before inputs, and a column is repeated for its codes in one piece:

    columns  ->  scaled columns, codes, gaps, levels  ->  layer, activation, layer, ...  ->  logits
             ->  log-probability of each class  ->  mean probability of the stack  ->  label

A table of numbers is one input; of a raw table, each column is one, of which `input_types` tells
name and type.

Outputs are float64 where the first input is, else float32. Operations on raw columns are float64 in
any case: float32 has seven digits, and a column such as 1e6 + noise loses them when its center
is subtracted, by the scaling or, where that is folded in, by the first layer.
"""

import numpy as np

from .arithmetic import quiet_arithmetic
from .classifier import NumpyMLPBinaryClassifier
from .engine.activations import LEAK, SELU_ALPHA, SELU_SCALE
from .engine.inputs.scaling import FAR, SOFT_LIMIT
from .engine.prediction import logit_range
from .fitted import as_fitted, columns_of, stack_of
from .validation import listed

try:
    from skl2onnx import update_registered_converter
    from skl2onnx.algebra import onnx_ops
    from skl2onnx.common.data_types import (
        DoubleTensorType,
        FloatTensorType,
        Int64TensorType,
        StringTensorType,
    )
    from skl2onnx.common.utils_classifier import get_label_classes

    from .onnx_inputs import (
        check_has_types,
        check_inputs,
        columns_by_name,
        is_int64,
        table_of_numbers,
        type_of_input,
    )
except ImportError as error:
    raise ImportError(
        'sknumpynet.onnx needs skl2onnx; run pip install "sknumpynet[onnx]".'
    ) from error

LOWEST_OPSET = 9  # Erf came with it


def input_types(estimator, dtype=np.float32):
    """Names and types of the inputs, for ``initial_types`` of `skl2onnx.to_onnx`.

    Parameters
    ----------
    estimator : NumpyMLPBinaryClassifier
        A fitted one; of a pipeline the last step, if the table passes the others unchanged.
    dtype : {numpy.float32, numpy.float64}
        Of numbers.

    Returns
    -------
    list of tuple
        Of a table of numbers one input, "X". Of a raw table one a column, named as the column is:
        strings; booleans, and whole numbers that are levels, unless training rows miss some, as
        such; all others as floats.

    Raises
    ------
    ValueError
        If a column holds dates.
    """
    clf = as_fitted(estimator)
    number = {"float32": FloatTensorType, "float64": DoubleTensorType}[np.dtype(dtype).name]
    if columns_of(clf) is None:
        return [("X", number([None, clf.n_features_in_]))]
    check_has_types(columns_of(clf))
    columns = columns_by_name(clf).items()
    return [(name, type_of_input(column, number)([None, 1])) for name, column in columns]


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

    def equal(self, x, y):
        """Whether x == y, where neither is NaN; Equal itself is of no floats before opset 11."""
        return self.Not(self.Or(self.Less(x, y), self.Greater(x, y)))

    def number_of(self, x, kind, numbers, unknown):
        """The number of each value of x, int64; that of values without one is ``unknown``.

        Parameters
        ----------
        kind : {str, int, float}
            Type of x, where float is float32.
        numbers : dict
            From values of that type to int.
        """
        numbers = numbers or {kind(): unknown}  # an empty dictionary is none in ONNX
        keys = {str: "keys_strings", int: "keys_int64s", float: "keys_floats"}[kind]
        values = {keys: list(numbers), "values_int64s": list(numbers.values())}
        of_ml = 2  # the version of the domain ai.onnx.ml
        return onnx_ops.OnnxLabelEncoder_2(x, default_int64=unknown, **values, op_version=of_ml)

    def layer(self, a, weights):
        """W^T a + b of inputs a, for all networks; b is the last row of the weights."""
        W_t = weights.swapaxes(1, 2)
        return self.Add(self.MatMul(W_t[..., :-1], a), W_t[..., -1:])


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


def scaled(op, x, is_missing, scaling):
    """The columns as `Scaling.apply` computes them, but for a factor that is folded in."""
    z = x
    if scaling.bends:
        center, factor = scaling.center[:, np.newaxis], scaling.factor[:, np.newaxis]
        z = op.clip(op.Mul(op.Sub(x, center), factor), -FAR, FAR)
        third = op.Mul(z, 1 / SOFT_LIMIT)
        z = op.Div(z, op.Sqrt(op.Add(op.Mul(third, third), 1.0)))
    missing = scaling.missing if np.ndim(scaling.missing) == 0 else scaling.missing[:, np.newaxis]
    return op.Where(is_missing, np.asarray(missing, op.dtype), z)


def codes(exact, op, x, is_missing, bins):
    """The codes as `Binning.apply` computes them; ``exact`` are operators of float64."""
    low, width, mean = (each[:, np.newaxis] for each in (bins.low, bins.width, bins.mean))
    above = exact.Sub(exact.Gather(x, bins.source, axis=0), low)
    inside = op.clip(op.to_dtype(exact.Div(above, width)), 0, 1)
    return op.Where(op.Gather(is_missing, bins.source, axis=0), mean, inside)


def inputs_of_first_layer(exact, op, x, levels, encoding):
    """The inputs as `Encoding.apply` computes them, of shape (n_inputs, n_rows).

    Parameters
    ----------
    exact, op : Operators
        Of float64, and of the type of the inputs.
    x, levels
        As `table_of_numbers` gives them.
    """
    parts = []
    if x is not None:
        x = exact.Transpose(x, perm=[1, 0])
        is_missing = exact.IsNaN(x)
        parts.append(op.to_dtype(scaled(exact, x, is_missing, encoding.scaling)))
        if encoding.binning is not None:
            parts.append(codes(exact, op, x, is_missing, encoding.binning))
        if encoding.gaps is not None:
            parts.append(op.to_dtype(op.Gather(is_missing, encoding.gaps.source, axis=0)))
    if encoding.levels is not None:
        source, level = encoding.levels.source - encoding.n_numeric, encoding.levels.level
        given = op.Gather(op.Transpose(levels, perm=[1, 0]), source, axis=0)
        parts.append(op.to_dtype(op.Equal(given, level[:, np.newaxis].astype(np.int64))))
    return op.Concat(*parts, axis=0)


def logits(op, x, levels, stack):
    """Logits of all networks, of shape (n_estimators, n_rows, 1)."""
    exact, layers, encoding = Operators(op.opset, np.float64), stack.layers, stack.to_apply
    of_first = op if encoding.scaling.bends else exact
    a = inputs_of_first_layer(exact, of_first, x, levels, encoding)
    z = op.to_dtype(of_first.layer(a, layers[0]))
    for layer in layers[1:]:
        z = op.layer(ACTIVATIONS[stack.activation](op, z), layer)
    z = op.Transpose(z, perm=[0, 2, 1])
    return op.Where(op.IsNaN(z), 0.0, z)  # infinity less infinity: no evidence for either class


def log_sums(op, z):
    """Logarithm of the sum of the networks' probabilities, class by class: (n_rows, 2).

    Computed from logits 0 and z instead of -z / 2 and z / 2; no probability is rounded to 0.
    """
    log_p = op.LogSoftmax(op.Mul(z, np.array([0.0, 1.0])), axis=2)
    return op.ReduceLogSumExpApi18(log_p, axes=[0], keepdims=0)


def output_shapes(operator):
    """Set the shapes and types of the outputs in skl2onnx; labels are int64 or text."""
    clf, scope = as_fitted(operator.raw_operator), operator.scope_inst
    check_inputs(operator.inputs, clf)
    is_text = graph_labels(scope, operator.raw_operator).dtype.kind == "U"
    (n_rows, *_), (label, scores) = operator.inputs[0].type.shape or [None], operator.outputs
    label.set_type((StringTensorType if is_text else Int64TensorType)([n_rows]))
    kind = FloatTensorType if become_dicts(scores, scope) else type(scores.type)
    scores.set_type(kind([n_rows, 2]))


def become_dicts(scores, scope):
    """Whether skl2onnx makes dicts of the scores, which ONNX has in float32 only."""
    others = [other for other in scope.operators.values() if other.type == "SklearnZipMap"]
    return any(given is scores for other in others for given in other.inputs)


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
        if all(map(is_int64, labels)):
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
    clf = as_fitted(operator.raw_operator)
    stack, scores = stack_of(clf), operator.outputs[1]
    dtype = np.float64 if isinstance(scores.type, DoubleTensorType) else np.float32
    op, finfo = Operators(container.target_opset, dtype), np.finfo(dtype)
    limits = finfo.min, finfo.max
    if len(stack) > 1:
        limits = logit_range(np.result_type(dtype, stack.params))
    table = table_of_numbers(Operators(op.opset, np.float64), operator.inputs, clf)
    log_p = log_sums(op, op.clip(logits(op, *table, stack), *limits))
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
