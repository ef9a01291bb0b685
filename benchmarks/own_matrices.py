"""Is a learner's mistake named? Drawn networks, mistakes written out as a learner would.

    python benchmarks/own_matrices.py                 # 300 networks a mistake
    python benchmarks/own_matrices.py --networks 50 --only slope_of_z sign

Two programs get the gradients, each with every mistake, and neither uses the library: one by
products of matrices with rows of data in rows, X @ W + b; one row by row, W @ x + b with columns,
adding up. Networks differ in layers, units, activation, loss, rows, data and size of weights. A
mistake that leaves the gradients of a network as they are, or that its shapes do not allow, is not
counted there. Named means that the result names this mistake and no other; of two mistakes, both.
"""

import argparse
from itertools import pairwise
from time import process_time

import numpy as np

from sknumpynet import compare_gradients

# fmt: off
F = {  # f(z), f'(z), and the formula that people write of a, if there is one
    "logistic": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: logistic_slope(z),
        lambda a: a * (1 - a),
    ),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, lambda a: 1 - a**2),
    "relu": (lambda z: np.where(z > 0, z, 0.0), lambda z: (z > 0) * 1.0, None),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1, 0.01),
        None,
    ),
    "silu": (
        lambda z: z / (1 + np.exp(-z)),
        lambda z: 1 / (1 + np.exp(-z)) + z * logistic_slope(z),
        None,
    ),
    "identity": (lambda z: z, lambda z: np.ones_like(z), None),
}
# fmt: on
RATES = (0.01, 2.0)
SEEN = 1e-12  # a network without a larger gradient is drawn again: all its rows are saturated


def logistic_slope(z):
    """exp(-z) / (1 + exp(-z))^2, without overflow."""
    return np.exp(-abs(z)) / (1 + np.exp(-abs(z))) ** 2


# The mistakes that there are: the codes that name them, and where they can be made ---------------

ANY = lambda case: True  # noqa: E731
DEEP = lambda case: len(case["W"]) > 2  # noqa: E731
BY_A = lambda case: F[case["activation"]][2] is not None  # noqa: E731
LOG = lambda case: case["loss"] == "log_loss"  # noqa: E731
SQUARED = lambda case: case["loss"] == "squared_error"  # noqa: E731
SQUARE = lambda case: DEEP(case) and case["W"][1].shape[0] == case["W"][1].shape[1]  # noqa: E731
ZOO = {
    "right": ((), ANY),
    "not divided by the rows": (("not_divided",), ANY),
    "divided by the rows twice": (("divided_twice",), ANY),
    "divided by the columns": (("divided_by_columns",), ANY),
    "sign": (("sign",), ANY),
    "twice": (("twice",), ANY),
    "half": (("half",), ANY),
    "times a rate": (("scaled",), ANY),
    "a penalty in dW": (("penalty",), ANY),
    "y of another shape than p": (("labels_broadcast",), ANY),
    "dW transposed": (("transposed",), ANY),
    "dW2 transposed": (("transposed",), DEEP),
    "slope of z, everywhere": (("slope_of_z",), BY_A),
    "slope of z, hidden": (("slope_of_z",), BY_A),
    "slope of a, everywhere": (("slope_of_a",), ANY),
    "slope of a, hidden": (("slope_of_a",), ANY),
    "no hidden slope": (("hidden_slope_missing",), ANY),
    "no slope in layer 1": (("hidden_slope_missing",), DEEP),
    "one output slope too many": (("output_slope_added",), LOG),
    "no output slope": (("output_slope_missing",), SQUARED),
    "weights after their update": (("weights_updated",), ANY),
    "biases left out in forward pass": (("bias_left_out",), ANY),
    "output bias left out": (("bias_left_out",), ANY),
    "db zeros": (("zeros",), ANY),
    "db summed, dW mean": (("not_divided",), ANY),
    "dW summed, db mean": (("not_divided",), ANY),
    "db not summed": (("not_summed",), ANY),
    "db one number a layer": (("summed_over_units",), ANY),
    "db over the wrong axis": (("wrong_axis",), ANY),
    "last row only": (("last_row",), ANY),
    "delta of the layer above in dW": (("delta_of_other_layer",), SQUARE),
    "delta from two layers above": (("delta_of_other_layer",), SQUARE),
    "own output for input": (("own_output",), SQUARE),
    "z for a": (("z_for_a",), ANY),
    "relu slope on the wrong side": (
        ("slope_on_other_side",),
        lambda case: case["activation"] in ("relu", "leaky_relu"),
    ),
    "tanh in place of logistic": (("other_activation",), lambda c: c["activation"] == "logistic"),
    "relu in place of tanh": (("other_activation",), lambda case: case["activation"] == "tanh"),
    "a * (1 - a) with tanh": (("other_slope",), lambda case: case["activation"] == "tanh"),
    "weights not transposed on the way back": (("weights_not_turned",), SQUARE),
    "half of the cross-entropy": (("half_of_cross_entropy",), LOG),
    "no sigmoid at the output": (("z_for_p",), ANY),
    "class for probability": (("class_for_p",), LOG),
    "slope of z, not divided": (("slope_of_z", "not_divided"), BY_A),
    "sign, not divided": (("sign", "not_divided"), ANY),
    "no hidden slope, db zeros": (("hidden_slope_missing", "zeros"), ANY),
    "no hidden slope, biases left out": (("hidden_slope_missing", "bias_left_out"), ANY),
    "weights updated, sign": (("weights_updated", "sign"), ANY),
    "noise on dW1": (("wrong",), ANY),
}


def drawn(rng):
    """A network with its data, as a dict: rows in rows, W of shape (inputs, units)."""
    n_rows, n_inputs = int(rng.integers(3, 60)), int(rng.integers(2, 7))
    units = [int(rng.integers(2, 8)) for _ in range(rng.integers(1, 4))]
    if rng.random() < 0.5:  # square ones, such as 2-5-5-1
        units = [units[0]] * len(units)
        n_inputs = units[0] if rng.random() < 0.4 else n_inputs
    if rng.random() < 0.15:
        n_rows = n_inputs
    sizes = [n_inputs, *units, 1]
    scale = rng.choice([0.5, 1.0, 2.0])
    X = rng.normal(size=(n_rows, n_inputs))
    if rng.random() < 0.2:
        X = (X > 0) * 1.0
    y = rng.integers(0, 2, n_rows)
    y[:2] = 0, 1
    return {
        "W": [rng.normal(size=s) * scale for s in pairwise(sizes)],
        "b": [rng.normal(size=size) for size in sizes[1:]],
        "X": X,
        "y": y.astype(float),
        "activation": str(rng.choice(list(F))),
        "loss": str(rng.choice(["log_loss", "squared_error"])),
        "rate": float(np.exp(rng.uniform(*np.log(RATES)))),
        "noise": rng.normal(size=(n_inputs, units[0])),
    }


# A program with rows in rows ---------------------------------------------------------------------


def by_products(case, wrong):  # long, because a learner's program is one piece
    """dW and db of shapes (inputs, units) and (units,)."""
    W, b, X, y = case["W"], case["b"], case["X"], case["y"].reshape(-1, 1)
    n, layers, name = len(X), len(W), case["activation"]
    if "tanh in place of logistic" in wrong:
        name = "tanh"
    if "relu in place of tanh" in wrong:
        name = "relu"
    f, df, df_of_a = F[name]

    z, a = [], [X]
    for i in range(layers):
        bias = b[i]
        if "biases left out in forward pass" in wrong or (
            "output bias left out" in wrong and i == layers - 1
        ):
            bias = 0
        z.append(np.dot(a[i], W[i]) + bias)
        a.append(f(z[i]) if i < layers - 1 else F["logistic"][0](z[i]))
    p = a[-1]

    def slope(i):
        _, dg, dg_of_a = F["logistic"] if i == layers - 1 else (f, df, df_of_a)
        everywhere = i < layers - 1 or case["loss"] == "squared_error"
        if "slope of z, everywhere" in wrong and everywhere:
            return dg_of_a(z[i])
        if "slope of z, hidden" in wrong and i < layers - 1:
            return dg_of_a(z[i])
        if "slope of a, everywhere" in wrong and everywhere:
            return dg(a[i + 1])
        if "slope of a, hidden" in wrong and i < layers - 1:
            return dg(a[i + 1])
        if "no hidden slope" in wrong and i < layers - 1:
            return 1
        if "no slope in layer 1" in wrong and i == 0:
            return 1
        if "relu slope on the wrong side" in wrong and i < layers - 1:
            return np.where(z[i] < 0, 1.0, 0.01 if name == "leaky_relu" else 0.0)
        if "a * (1 - a) with tanh" in wrong and i < layers - 1:
            return a[i + 1] * (1 - a[i + 1])
        return dg(z[i])

    error = p - y
    if "y of another shape than p" in wrong:
        error = p - case["y"]
        d = error * p * (1 - p) if case["loss"] == "squared_error" else error
        nothing = [None] * (layers - 1)
        return [*nothing, np.dot(a[-2].T, d) / n], [*nothing, d.sum(axis=0) / n]
    if "sign" in wrong:
        error = y - p
    if "half of the cross-entropy" in wrong:
        error = -(y / p) * p * (1 - p)
    if "no sigmoid at the output" in wrong:
        error = z[-1] - y
    if "class for probability" in wrong:
        error = np.round(p) - y
    if "twice" in wrong:
        error = 2 * error
    if "half" in wrong:
        error = error / 2

    delta = [None] * layers
    delta[-1] = error
    if case["loss"] == "squared_error" and "no output slope" not in wrong:
        delta[-1] = error * slope(layers - 1)
    if "one output slope too many" in wrong:
        delta[-1] = delta[-1] * p * (1 - p)
    for i in range(layers - 2, -1, -1):
        V, d = W[i + 1], delta[i + 1]
        if (
            "delta from two layers above" in wrong
            and i + 2 < layers
            and (W[i + 2].shape[0] == W[i].shape[1])
        ):
            V, d = W[i + 2], delta[i + 2]
        if "weights after their update" in wrong:
            V = V - case["rate"] * np.dot(a[i + 1].T, d) / n
        if "weights not transposed on the way back" in wrong and V.shape[0] == V.shape[1]:
            V = V.T
        delta[i] = np.dot(d, V.T) * slope(i)

    dW, db = [], []
    for i in range(layers):
        inputs, d = a[i], delta[i]
        if (
            "delta of the layer above in dW" in wrong
            and i + 1 < layers
            and (delta[i + 1].shape == d.shape)
        ):
            d = delta[i + 1]
        if "own output for input" in wrong and a[i + 1].shape == inputs.shape:
            inputs = a[i + 1]
        if "z for a" in wrong and i > 0:
            inputs = z[i - 1]
        if "last row only" in wrong:
            dW.append(np.outer(inputs[-1], d[-1]))
            db.append(d[-1].copy())
            continue
        dW.append(np.dot(inputs.T, d) / n)
        db.append(np.sum(delta[i] if inputs is not a[i] else d, axis=0) / n)
    return changed(case, wrong, dW, db, delta, n)


def changed(case, wrong, dW, db, delta, n):
    """What is done to gradients after they are there; delta with rows in rows."""
    if "not divided by the rows" in wrong:
        dW, db = [g * n for g in dW], [g * n for g in db]
    if "divided by the rows twice" in wrong:
        dW, db = [g / n for g in dW], [g / n for g in db]
    if "divided by the columns" in wrong:
        m = case["X"].shape[1]
        dW, db = [g * n / m for g in dW], [g * n / m for g in db]
    if "times a rate" in wrong:
        dW, db = [case["rate"] * g for g in dW], [case["rate"] * g for g in db]
    if "a penalty in dW" in wrong:
        dW = [g + case["rate"] / n * w for g, w in zip(dW, case["W"], strict=True)]
    if "dW transposed" in wrong:
        dW = [g.T for g in dW]
    if "dW2 transposed" in wrong:
        dW = [g.T if i == 1 else g for i, g in enumerate(dW)]
    if "db zeros" in wrong:
        db = [np.zeros(len(g)) for g in db]
    if "db summed, dW mean" in wrong:
        db = [g * n for g in db]
    if "dW summed, db mean" in wrong:
        dW = [g * n for g in dW]
    if "db not summed" in wrong:
        db = [d / n for d in delta]
    if "db one number a layer" in wrong:
        db = [np.sum(d) / n for d in delta]
    if "db over the wrong axis" in wrong:
        db = [d.sum(axis=1) / d.shape[1] for d in delta]
    if "noise on dW1" in wrong:
        dW = [dW[0] + 0.1 * abs(dW[0]).max() * case["noise"], *dW[1:]]
    return dW, db


# A program row by row, with columns --------------------------------------------------------------


def row_by_row(case, wrong):  # long, likewise
    """The same by loops over rows, layers and units; W as (units, inputs), b as columns."""
    W, b = [w.T for w in case["W"]], [bias.reshape(-1, 1) for bias in case["b"]]
    n, layers, name = len(case["X"]), len(W), case["activation"]
    name = "tanh" if "tanh in place of logistic" in wrong else name
    name = "relu" if "relu in place of tanh" in wrong else name
    dW, db = [np.zeros(w.shape) for w in W], [np.zeros(bias.shape) for bias in b]
    of_rows = []
    if "y of another shape than p" in wrong:
        return all_labels_at_once(case)
    W_back = W
    if "weights after their update" in wrong:
        right_W = row_by_row_updated(case, wrong)
        W_back = right_W
    for r in range(n):
        x, y = case["X"][r].reshape(-1, 1), case["y"][r]
        z, a = [], [x]
        for i in range(layers):
            zi = W[i] @ a[i]
            forgets = "biases left out in forward pass" in wrong
            forgets = forgets or ("output bias left out" in wrong and i == layers - 1)
            if not forgets:
                zi = zi + b[i]
            z.append(zi)
            a.append(F[name][0](zi) if i < layers - 1 else 1 / (1 + np.exp(-zi)))
        deltas = deltas_of_row(case, wrong, W_back, z, a, y, name)
        for i in range(layers):
            d, inputs, d_of_bias = deltas[i], a[i], deltas[i]
            if (
                "delta of the layer above in dW" in wrong
                and i + 1 < layers
                and (len(deltas[i + 1]) == len(d))
            ):
                d = d_of_bias = deltas[i + 1]
            if "own output for input" in wrong and len(a[i + 1]) == len(inputs):
                inputs = a[i + 1]
            if "z for a" in wrong and i > 0:
                inputs = z[i - 1]
            if "last row only" in wrong:
                dW[i], db[i] = d @ inputs.T / n, d_of_bias / n
            else:
                dW[i] = dW[i] + d @ inputs.T / n
                db[i] = db[i] + d_of_bias / n
        of_rows.append(deltas)
    delta = [np.concatenate([d[i] for d in of_rows], axis=1) for i in range(layers)]
    dW, db = changed(
        case, wrong, [g.T for g in dW], [g.ravel() for g in db], [d.T for d in delta], n
    )
    db = [
        g.reshape(-1, 1) if np.size(g) == len(bias) else np.transpose(g)
        for g, bias in zip(db, b, strict=True)
    ]
    return [g.T for g in dW], db


def all_labels_at_once(case):
    """The output's gradients with y a column where p is a row; below, the program fails."""
    a, y = case["X"].T, case["y"].reshape(-1, 1)
    for i, (w, bias) in enumerate(zip(case["W"], case["b"], strict=True)):
        inputs, z = a, w.T @ a + bias.reshape(-1, 1)
        a = F[case["activation"] if i < len(case["W"]) - 1 else "logistic"][0](z)
    delta = a - y
    if case["loss"] == "squared_error":
        delta = delta * a * (1 - a)
    nothing, n = [None] * (len(case["W"]) - 1), len(case["X"])
    return [*nothing, delta @ inputs.T / n], [*nothing, delta.mean(axis=1)]


def deltas_of_row(case, wrong, W_back, z, a, y, name):
    """delta of each layer, for one row, columns."""
    layers, p = len(z), a[-1]
    df, df_of_a = F[name][1:]
    deltas = [None] * layers
    error = {True: y - p, False: p - y}["sign" in wrong]
    if "half of the cross-entropy" in wrong:
        error = -y * (1 - p)
    if "no sigmoid at the output" in wrong:
        error = z[-1] - y
    if "class for probability" in wrong:
        error = (1.0 if p[0, 0] >= 0.5 else 0.0) - y + 0 * p
    if "twice" in wrong:
        error = error * 2
    if "half" in wrong:
        error = error * 0.5
    if case["loss"] == "squared_error" and "no output slope" not in wrong:
        of_output = p * (1 - p)
        if "slope of z, everywhere" in wrong:
            of_output = z[-1] * (1 - z[-1])
        if "slope of a, everywhere" in wrong:
            s = 1 / (1 + np.exp(-p))
            of_output = s * (1 - s)
        error = error * of_output
    if "one output slope too many" in wrong:
        error = error * p * (1 - p)
    deltas[-1] = error
    for i in reversed(range(layers - 1)):
        back = np.zeros((len(z[i]), 1))
        V, d = W_back[i + 1], deltas[i + 1]
        skips = "delta from two layers above" in wrong and i + 2 < layers
        if skips and W_back[i + 2].shape[1] == len(z[i]):
            V, d = W_back[i + 2], deltas[i + 2]
        turned = "weights not transposed on the way back" in wrong and V.shape[0] == V.shape[1]
        for unit in range(len(z[i])):
            for above in range(len(d)):
                weight = V[unit, above] if turned else V[above, unit]
                back[unit, 0] += weight * d[above, 0]
        if "slope of z, everywhere" in wrong or "slope of z, hidden" in wrong:
            bends = df_of_a(z[i])
        elif "slope of a, everywhere" in wrong or "slope of a, hidden" in wrong:
            bends = df(a[i + 1])
        elif "no hidden slope" in wrong or ("no slope in layer 1" in wrong and i == 0):
            bends = 1
        elif "relu slope on the wrong side" in wrong:
            bends = np.where(z[i] < 0, 1.0, {"relu": 0.0, "leaky_relu": 0.01}[name])
        elif "a * (1 - a) with tanh" in wrong:
            bends = a[i + 1] - a[i + 1] ** 2
        else:
            bends = df(z[i])
        deltas[i] = back * bends
    return deltas


def row_by_row_updated(case, wrong):
    """The weights of all layers above the first as they are after the step, from the top down."""
    W = [w.T.copy() for w in case["W"]]
    for i in reversed(range(1, len(W))):
        now = dict(case, W=case["W"])
        gradient = np.zeros(W[i].shape)
        for r in range(len(case["X"])):
            x, z, a = case["X"][r].reshape(-1, 1), [], []
            a.append(x)
            for w, bias in zip(now["W"], now["b"], strict=True):
                z.append(w.T @ a[-1] + bias.reshape(-1, 1))
                last = len(z) == len(W)
                a.append(1 / (1 + np.exp(-z[-1])) if last else F[case["activation"]][0](z[-1]))
            deltas = deltas_of_row(case, wrong, W, z, a, case["y"][r], case["activation"])
            gradient += deltas[i] @ a[i].T
        W[i] = W[i] - case["rate"] * gradient / len(case["X"])
    return W


# Judging -----------------------------------------------------------------------------------------


def parts_of(kind):
    """The mistakes of a line of the zoo."""
    both = {
        "slope of z, not divided": {"slope of z, hidden", "not divided by the rows"},
        "sign, not divided": {"sign", "not divided by the rows"},
        "no hidden slope, db zeros": {"no hidden slope", "db zeros"},
        "no hidden slope, biases left out": {"no hidden slope", "biases left out in forward pass"},
        "weights updated, sign": {"weights after their update", "sign"},
    }
    return both.get(kind, {kind})


def are_close(ones, others):
    """Whether two programs have the same gradients, as far as they have them."""
    return all(
        one is None
        or (np.shape(one) == np.shape(other) and abs(one - other).max() <= 1e-5 * abs(other).max())
        for one, other in zip(ones, others, strict=True)
    )


def said_of(case, kind, program):
    """The codes that are named, or None where the mistake changes nothing."""
    dW, db = program(case, parts_of(kind))
    right_dW, _ = program(case, set())
    if max(abs(gradient).max() for gradient in right_dW) < SEEN:
        return None
    for part in parts_of(kind) if kind != "right" else ():
        less_dW, less_db = program(case, parts_of(kind) - {part})
        if are_close([*dW, *db], [*less_dW, *less_db]):
            return None
    weights, biases, X = case["W"], case["b"], case["X"]
    if program is row_by_row:
        weights, biases = [w.T for w in weights], [bias.reshape(-1, 1) for bias in biases]
        X = X.T
    result = compare_gradients(
        weights, biases, X, case["y"], (dW, db), activation=case["activation"], loss=case["loss"]
    )
    return {fault.code for verdict in result.verdicts for fault in verdict.faults}


def main():
    """Print a line for each mistake."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--networks", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", default=list(ZOO))
    parser.add_argument("--misses", action="store_true", help="print what was said instead")
    arguments = parser.parse_args()
    print(f"{'mistake':<40}{'named':>12}{'%':>8}{'ms':>8}")
    totals = np.zeros(2, int)
    for kind in arguments.only:
        expected, fits = ZOO[kind]
        rng = np.random.default_rng([arguments.seed, list(ZOO).index(kind)])
        named, total, tried, start = 0, 0, 0, process_time()
        while total < arguments.networks and tried < 20 * arguments.networks:
            tried += 1
            case, program = drawn(rng), (by_products, row_by_row)[tried % 2]
            if not fits(case):
                continue
            said = said_of(case, kind, program)
            if said is None:
                continue
            total += 1
            named += said == set(expected)
            if said != set(expected) and arguments.misses:
                sizes = "-".join(str(w.shape[0]) for w in case["W"])
                print(f"  {sizes}-1 {case['activation']} {case['loss']} {len(case['X'])}: {said}")
        milliseconds = 1000 * (process_time() - start) / max(total, 1)
        share = 100 * named / max(total, 1)
        print(f"{kind:<40}{named:>6}/{total:<5}{share:>8.1f}{milliseconds:>8.0f}", flush=True)
        if kind != "right":
            totals += named, total
    print(f"{'all mistakes':<40}{totals[0]:>6}/{totals[1]:<5}{100 * totals[0] / totals[1]:>8.1f}")


if __name__ == "__main__":
    main()
