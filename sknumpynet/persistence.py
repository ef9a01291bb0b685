"""What a file of the estimator holds: plain values and arrays, each with a checksum of its value.

`sealed` makes a state plain, and adds version and checksums; `unsealed` is the inverse. A checksum
is of a value, not of how it is represented: pickling may turn the bytes of labels round, lay out
arrays anew, or give Python's own number for NumPy's, and what is printed differs between versions.
"""

import warnings
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from zlib import crc32

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

from ._version import __version__
from .columns import columns_from
from .engine.inputs.binning import Binning
from .engine.inputs.encoding import Encoding
from .engine.inputs.gaps import Gaps
from .engine.inputs.levels import Levels
from .engine.inputs.scaling import Scaling
from .fitted_attributes import names_of_inputs
from .weights import networks_in

PARTS = {"scaling": Scaling, "binning": Binning, "gaps": Gaps, "levels": Levels}  # of an encoding
FOLLOWS = ("_stack", "_shown", "input_names_")  # from the rest of a state
FORMAT = 2  # of the checksums; files without this number are of version 0.1.0
SEAL = ("_version", "_format", "_checksums")
OF_BYTES = "biufcSUmM"  # kinds of array whose bytes are their values
CHECKED_IN_0_1_0 = (
    "coefs_", "intercepts_", "_scaling", "_built_with", "classes_", "n_features_in_",
)  # fmt: skip


def sealed(state):
    """The state of an estimator in plain values, with its version and a checksum of each."""
    state = plain_state(state) | {"_version": __version__, "_format": FORMAT}
    return state | {"_checksums": {name: checksum([name, state[name]]) for name in state}}


def unsealed(state, estimator_name):
    """The state that was sealed.

    Raises
    ------
    ValueError
        If an attribute is not what it was, or has another name. What a subclass has added or left
        out is no matter.

    Warns
    -----
    InconsistentVersionWarning
        If the file is of another version.
    """
    state = dict(state)
    version, number = state.get("_version"), state.get("_format", 1)
    if number not in (1, FORMAT):
        raise ValueError(
            f"this file of a {estimator_name} has the format {number!r}, of which version "
            f"{__version__} knows nothing; read it with the version that wrote it, {version!r}, or "
            "take another copy of it."
        )
    if not (is_intact if number == FORMAT else is_intact_0_1_0)(state):
        raise ValueError(
            f"this file of a {estimator_name} is damaged or altered: what it holds is not what it "
            "was written with; take another copy of it, or fit again."
        )
    if version != __version__:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=estimator_name,
                current_sklearn_version=__version__,
                original_sklearn_version=version,
            ),
            stacklevel=3,
        )
    state = {name: value for name, value in state.items() if name not in (*SEAL, "_checksum")}
    if "coefs_" not in state:
        return state
    return with_stack(state if number == FORMAT else from_0_1_0(state))


def plain_state(state):
    """A state whose stack is plain: its params stand in coefs_ and intercepts_.

    Names of inputs are left out: they follow from the encoding and the names of columns.
    """
    if "_stack" not in state:
        return state
    plain = {name: value for name, value in state.items() if name not in FOLLOWS}
    columns = None if state["_columns"] is None else asdict(state["_columns"])
    return plain | {"_encoding": asdict(state["_stack"].encoding), "_columns": columns}


def with_stack(state):
    """The inverse of `plain_state`."""
    plain = state.pop("_encoding")
    parts = {
        name: None if plain.get(name) is None else kind(**plain[name])
        for name, kind in PARTS.items()
    }
    encoding = Encoding(plain["n_features"], **parts, n_categorical=plain.get("n_categorical", 0))
    activation, columns = state["_built_with"]["activation"], state["_columns"]
    columns = None if columns is None else columns_from(columns)
    return state | {
        "_columns": columns,
        "_stack": networks_in(state["coefs_"], state["intercepts_"], activation, encoding),
        "input_names_": names_of_inputs(encoding, columns, state.get("feature_names_in_")),
    }


def is_intact(state):
    """Whether every attribute is the one that was sealed."""
    checksums = state.get("_checksums")
    if not isinstance(checksums, dict) or "_version" not in state:
        return False
    names = state.keys() - {"_checksums"}
    if checksums.keys() - names and names - checksums.keys():
        return False  # a name was altered
    kept = checksums.keys() & names
    return all(checksum([name, state[name]]) == checksums[name] for name in kept)


def checksum(value, start=0, within=()):
    """CRC-32 of a value.

    Of numbers, text, bytes, arrays, random states, and lists and dicts of these, however deep.
    That of any other object does not depend on what it holds: how another version represents it,
    nobody knows.

    Parameters
    ----------
    value : object
    start : int, default=0
        The checksum of what comes before.
    within : tuple of int, default=()
        The containers around the value, which it may hold again.

    Returns
    -------
    int
    """
    if isinstance(value, np.random.RandomState):
        value = value.get_state(legacy=False)
    if isinstance(value, dict | set | frozenset | list | tuple):
        if id(value) in within:
            return crc32(b"itself", start)
        within, items = (*within, id(value)), value
        if isinstance(value, dict):
            items = value.items()
        if not isinstance(value, list | tuple):  # the order is no part of the value
            items = sorted(checksum(item, within=within) for item in items)
        start = crc32(f"{len(items)} in".encode(), start)
        for item in items:
            start = checksum(item, start, within)
        return start
    if isinstance(value, np.ndarray | np.generic) and not isinstance(value, str | bytes):
        array = np.asarray(value)
        if array.ndim or array.dtype.kind not in "biuf":
            return checksum_of_array(array, start, within)
        value = array.item()
    return crc32(in_words(value), start)


def checksum_of_array(array, start, within):
    """CRC-32 of shape, type and values: little-endian, in C order; of objects one by one."""
    dtype = array.dtype.newbyteorder("<")
    if array.dtype.char in "gG":  # of ten bytes and six that mean nothing
        high = array.astype(np.complex128 if array.dtype.char == "G" else np.float64)
        return checksum([high, (array - high).astype(high.dtype)], start, within)
    if array.dtype.kind not in OF_BYTES:
        return checksum([array.shape, array.tolist()], start, within)
    values = np.ascontiguousarray(array, dtype)
    start = crc32(f"{dtype.str} {array.shape}".encode(), start)
    return crc32(values.view(np.uint8) if values.size else b"", start)


def in_words(value):
    """What to take the checksum of, for a value that is no container."""
    if isinstance(value, str):
        return b"text " + value.encode("utf-8", "surrogatepass")
    if isinstance(value, bytes | bytearray):
        return b"bytes " + value
    if isinstance(value, bool | Integral):
        return f"whole {int(value):x}".encode()  # decimal digits have a limit
    if isinstance(value, Fraction):
        return f"ratio {value.numerator:x} {value.denominator:x}".encode()
    if isinstance(value, Decimal):
        return f"decimal {value}".encode()
    if isinstance(value, Real | complex):
        return repr(complex(value) if isinstance(value, complex) else float(value)).encode()
    return repr(value).encode() if value is None or isinstance(value, range) else b"object"


# Files of version 0.1.0 ---------------------------------------------------------------------------


def is_intact_0_1_0(state):
    """Whether what predictions depend on is what a file of version 0.1.0 was written with.

    Its checksum is of the representation: of labels in either byte order, of NumPy's text as it
    printed it then or prints it today.
    """
    if "_checksums" in state or "_version" not in state:
        return False
    if "coefs_" not in state:
        return True
    if not all(name in state for name in CHECKED_IN_0_1_0):
        return False
    checked = {name: state[name] for name in CHECKED_IN_0_1_0}
    classes = checked["classes_"]
    for legacy in (False, "1.25"):
        with np.printoptions(legacy=legacy):
            for written in (classes, classes.astype(classes.dtype.newbyteorder())):
                values = list((checked | {"classes_": written}).values())
                if checksum_0_1_0(values) == state.get("_checksum"):
                    return True
    return False


def checksum_0_1_0(value, start=0):
    """CRC-32 of the bytes of numeric arrays, of what else is written of the rest."""
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple):
        for item in value:
            start = checksum_0_1_0(item, start)
        return start
    if isinstance(value, np.ndarray) and value.dtype != object:
        value = np.ascontiguousarray(value)
        return crc32(value, crc32(f"{value.dtype} {value.shape}".encode(), start))
    return crc32(str(getattr(value, "tolist", lambda: value)()).encode(), start)


def from_0_1_0(state):
    """A state of version 0.1.0 with the attributes of today."""
    scaling = dict(state.pop("_scaling"))
    binning, n_features = scaling.pop("bins"), state["n_features_in_"]
    if binning is not None:  # bins of equal weight, in each of which values are spread evenly
        first = np.searchsorted(binning["source"], np.arange(n_features))
        n_bins = np.bincount(binning["source"], minlength=n_features)[binning["source"]]
        number = np.arange(len(n_bins)) - first[binning["source"]]
        mean = (1 - (number + 0.5) / n_bins).astype(binning["low"].dtype)
        binning = {**binning, "mean": mean}
    encoding = {"n_features": n_features, "scaling": scaling, "binning": binning}
    has_factors = state.get("class_weight") is not None
    factors = state.get("_class_factors") if has_factors else None
    is_single = state["coefs_"][0].dtype == np.float32
    built_with = {"precision": "float32" if is_single else "float64"}
    built_with |= {"categorical_features": "from_dtype", **state["_built_with"]}
    return state | {
        "_encoding": encoding,
        "_columns": None,
        "_built_with": built_with,
        "_class_factors": factors,
    }
