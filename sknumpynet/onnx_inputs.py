"""The inputs of an ONNX graph: one for each column of a raw table, and how the graph reads them."""

import numpy as np
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)

from .columns import HOLDS, IN_PARTS, columns_of_numbers, shown_name
from .fitted import columns_of

MISSING_TEXTS = ("", "nan", "None", "<NA>")  # as onnxruntime reads "", NaN, None and pandas' NA
OF_NUMBERS = ("number", "flag")  # kinds of columns whose levels are no strings


def type_of_input(column, number):
    """The type of a column's input, where ``number`` is that of numbers."""
    if has_texts(column):
        return StringTensorType
    if column.is_categorical:
        levels = column.parts[0].levels
        if all(isinstance(level, bool | np.bool_) for level in levels):
            return BooleanTensorType
        if all(level is not None and is_int64(level) for level in levels):
            return Int64TensorType
        return number if are_told_apart(levels, number) else DoubleTensorType
    return number


def has_texts(column):
    """Whether a column's levels are strings."""
    return column.is_categorical and column.kind not in OF_NUMBERS


def are_told_apart(levels, kind):
    """Whether numbers, as values of that type, are as many as before."""
    numbers = [float(level) for level in levels if level is not None]
    return kind is not FloatTensorType or len(set(np.float32(numbers).tolist())) == len(numbers)


def check_has_types(columns):
    """Raise ValueError for columns, such as dates, that ONNX has no type for."""
    for kind, parts in IN_PARTS.items():
        names = [
            each.name for each in columns.columns if each.kind == kind and not each.is_categorical
        ]
        if names:
            number = parts.such_as.replace("{}", f"X[{names[0]!r}]")
            raise ValueError(
                f"the columns {names} hold {HOLDS[kind]}, for which ONNX has no type; fit on "
                f"numbers that are made of them, such as by {number}, or leave them out."
            )


def check_inputs(inputs, clf):
    """Raise ValueError for inputs that the estimator does not know, or cannot read."""
    if columns_of(clf) is not None:
        check_has_types(columns_of(clf))
    by_name, columns = {each.raw_name: each for each in inputs}, columns_by_name(clf)
    if is_one_table(inputs, clf):
        columns = dict.fromkeys(by_name, next(iter(columns.values())))
    if set(by_name) != set(columns):
        raise ValueError(
            f"the inputs are {list(by_name)}, but the columns in fit were {list(columns)}; "
            f"{ADVICE}, and have no step before the estimator: skl2onnx makes one input of what "
            "a step returns."
        )
    for name, column in columns.items():
        check_type(name, type(by_name[name].type), column)


def check_type(name, kind, column):
    """Raise ValueError for an input whose type does not tell all levels of the column."""
    was_text, levels = has_texts(column), column.parts[0].levels
    if (kind is StringTensorType) != was_text:
        raise ValueError(
            f"the input {name!r} is a {kind.__name__}, but its column held "
            f"{'text' if was_text else 'numbers or booleans'} in fit; {ADVICE}."
        )
    if column.is_categorical and not was_text and not are_told_apart(levels, kind):
        raise ValueError(
            f"the input {name!r} is a {kind.__name__}, but float32 does not tell its levels apart; "
            f"{ADVICE}."
        )


ADVICE = "give initial_types=sknumpynet.onnx.input_types(estimator)"


def is_one_table(inputs, clf):
    """Whether a table of numbers is one input, instead of one a column."""
    return columns_of(clf) is None and len(inputs) == 1


def columns_by_name(clf):
    """The columns of a table by the names of their inputs."""
    names = getattr(clf, "feature_names_in_", range(clf.n_features_in_))
    columns = columns_of(clf) or columns_of_numbers(list(names), "float64")
    return {shown_name(column.name): column for column in columns.columns}


def table_of_numbers(op, inputs, clf):
    """The columns as `Columns.read` gives them.

    Parameters
    ----------
    op : Operators
        Of float64.
    inputs : list of Variable
    clf : NumpyMLPBinaryClassifier

    Returns
    -------
    x
        Numbers and target means, float64; None if there are none.
    levels
        Numbers of levels, int64, where an unknown level has the number after the last; None if
        there are none.
    """
    if is_one_table(inputs, clf):
        return op.to_dtype(inputs[0]), None
    columns = columns_of(clf)
    dtype = op.dtype if columns is None else np.dtype(columns.dtype).type
    by_name = {each.raw_name: each for each in inputs}
    numbers, means, levels = [], [], []
    for name, column in columns_by_name(clf).items():
        (part,), given = column.parts, by_name[name]
        if part.levels is None:
            numbers.append(op.to_dtype(op.Cast(given, to=dtype)))
            continue
        levels.append(level_of(op, given, part))
        if part.means is not None:
            means.append(op.Gather(part.means, levels[-1], axis=0))
    x, levels = (op.Concat(*each, axis=1) if each else None for each in (numbers + means, levels))
    return x, levels


def level_of(op, x, part):
    """The number of each row's level, int64."""
    unknown, kind = len(part.levels), type(x.type)
    numbers = dict(part.number_of)
    missing = numbers.pop(None, unknown)
    if kind is StringTensorType:
        numbers = {str(level): number for level, number in numbers.items()}
        return op.number_of(x, str, dict.fromkeys(MISSING_TEXTS, missing) | numbers, unknown)
    if kind is FloatTensorType:
        numbers = {float(np.float32(level)): number for level, number in numbers.items()}
        number = op.number_of(x, float, numbers, unknown)
    elif kind is DoubleTensorType:
        number = level_of_double(op, x, numbers, unknown)
    else:
        return level_of_whole(op, x, numbers, unknown)
    return op.Where(op.IsNaN(x), np.array(missing), number)


def level_of_whole(op, x, numbers, unknown):
    """`level_of` for numbers without a fraction."""
    whole = {int(level): number for level, number in numbers.items() if is_int64(level)}
    return op.number_of(op.Cast(x, to=np.int64), int, whole, unknown)


def level_of_double(op, x, numbers, unknown):
    """`level_of` for float64, which the lowest opset has no dictionary of; NaN is any level."""
    if all(map(is_int64, numbers)):
        within = op.clip(x, -(2.0**63), 2.0**63 - 1024)
        number = level_of_whole(op, within, numbers, unknown)
        is_whole = op.equal(op.to_dtype(op.Cast(within, to=np.int64)), x)
        return op.Where(is_whole, number, np.array(unknown))
    is_level = op.to_dtype(op.equal(x, np.array([list(map(float, numbers))])))
    less = np.array([list(numbers.values())], float).T - unknown  # than the number of an unknown
    return op.Cast(op.Add(op.MatMul(is_level, less), float(unknown)), to=np.int64)


def is_int64(number):
    """Whether a number is whole, and within 64 bits with a sign."""
    return -(2**63) <= number < 2**63 and number == number // 1
