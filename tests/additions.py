"""What joins by the guides of docs/architecture.md, place by place, for `test_guides.py`."""

import re


class Place:
    """A place that a guide names, and what an addition writes there.

    Parameters
    ----------
    lacks : str
        What an addition lacks without it; empty where without it there is no addition.
    file, name : str
        As the guide has them.
    text : str
        With NAME for that of the addition.
    mark : str, optional
        A pattern of what the text is to follow; if there is none, the bracket of a table.
    is_ahead : bool, default=False
        Whether the text is to come before the mark.
    """

    def __init__(self, lacks, file, name, text, mark=None, is_ahead=False):
        self.lacks, self.file, self.name, self.is_ahead = lacks, file, name, is_ahead
        self.text = f"{text}, " if mark is None else text
        self.mark = mark or rf"^{name} = [\[{{]"

    def write(self, source, addition):
        """The source with the text of that addition."""
        mark, text = (each.replace("NAME", addition) for each in (self.mark, self.text))
        found = re.search(mark, source, flags=re.MULTILINE)
        if found is None:
            raise ValueError(f"{self.name} is no place of {self.file}, whatever the guide says")
        at = found.start() if self.is_ahead else found.end()
        return source[:at] + text + source[at:]


def defined(lacks, file, table, code, text):
    """The places of some code, and of its entry in the table that follows it."""
    yield Place(lacks, file, table, f"{code.strip()}\n\n\n", f"^{table} = ", is_ahead=True)
    yield Place(lacks, file, table, text)


def choice_of(parameter):
    """The place in the docstring of the estimator where the choices of a parameter stand."""
    mark = f"^    {parameter} : {{"
    return Place("docstring", "classifier.py", "docstring", "'NAME', ", mark)


SETTING = [
    Place("", "engine/epochs.py", "Plan", "    NAME: float = 0.9\n", "^    averaging: bool.*\n"),
    Place("", "parameters.py", "RULES", '"NAME": part("0.9 is usual")'),
    Place(
        "", "classifier.py", "constructor", "        NAME: float = 0.9,\n", "^        epsilon: .*\n"
    ),
    Place(
        "",
        "classifier.py",
        "constructor",
        "        self.NAME = NAME\n",
        "^        self.beta_1, .*\n",
    ),
    Place(
        "",
        "classifier.py",
        "docstring",
        "    NAME : float, default=0.9\n        How much of the mean squared gradient stays.\n",
        "^    n_iter_no_change : ",
        is_ahead=True,
    ),
    Place("group", "classifier.py", "docstring", "NAME, ", "^        training   "),
    Place("examples", "tests/test_parameters.py", "EXAMPLES", '"NAME": BELOW_1'),
]

ACTIVATION = [
    *defined(
        "",
        "engine/activations.py",
        "ACTIVATIONS",
        """
def apply_NAME(z, saved):
    np.abs(z, out=saved[0])
    saved[0] += 1
    z /= saved[0]


def multiply_by_NAME_slope(delta, a, saved):
    delta /= saved[0]
    delta /= saved[0]
""",
        """"NAME": Activation(
        apply_NAME, multiply_by_NAME_slope, "z / (1 + abs(z))", "1 / (1 + abs(z))**2", 1,
        is_symmetric=True, n_saved=1, has_kink=True)""",
    ),
    Place("onnx", "onnx.py", "ACTIVATIONS",
          '"NAME": lambda op, z: op.Div(z, op.Add(op.Abs(z), 1.0))'),
    choice_of("activation"),
    Place("formula", "tests/engine/formulas.py", "FORMULAS", '"NAME": lambda z: z / (1 + abs(z))'),
]  # fmt: skip

OPTIMIZER = [
    *defined(
        "",
        "engine/optimizers.py",
        "OPTIMIZERS",
        """
class Of_NAME(Optimizer):
    # RMSprop: v <- b v + (1 - b) g^2 ;  params -= rate * g / (sqrt(v) + epsilon)

    def __init__(self, params, *, square_decay, epsilon):
        super().__init__(params, ["mean_square"])
        self.decay, self.epsilon = square_decay, epsilon

    def update(self, params, grad, learning_rate, relative_rate, mean_square):
        mean_square *= self.decay
        mean_square += (1 - self.decay) * grad**2
        grad /= np.sqrt(mean_square) + self.epsilon
        grad *= learning_rate
        if relative_rate is not None:
            grad *= relative_rate
        params -= grad
""",
        '"NAME": Of_NAME',
    ),
    Place(
        "is_adaptive",
        "engine/optimizers.py",
        "is_adaptive",
        "    is_adaptive = True\n\n",
        r"^class Of_NAME\(.*\n.*\n\n",
    ),
    choice_of("solver"),
    *(
        Place(
            "setting", "classifier.py", "setting", "For 'NAME'. ", rf"^    {setting} : .*\n {{8}}"
        )
        for setting in ("epsilon", "square_decay", "averaging")
    ),
    Place(
        "closed_form",
        "tests/engine/test_optimizers.py",
        "CLOSED_FORMS",
        """"NAME": lambda grads, rates, plan: rates * grads / (plan.epsilon + np.sqrt(
        (1 - plan.square_decay)
        * np.tensordot(remembered(plan.square_decay, len(grads)), grads**2, 1)))""",
    ),
]

FINDING = [
    Place(
        "",
        "diagnosis/data.py",
        "Finding",
        '''

def NAME(evidence):
    """Rows in which every number is one and the same."""
    share = (evidence.table.values == len("NAME")).all(axis=1).mean()
    if share > 0.2:
        yield Finding("NAME", "error", "", share, f"So are {share:.0%}.", step="look at them")
''',
        r"\Z",
    ),
    Place("question", "diagnosis/__init__.py", "CAUSES", "data.NAME"),
    Place("words", "diagnosis/words.py", "PLAIN", '"NAME": "Rows say nothing."'),
    Place(
        "page", "docs/diagnosis.md", "findings", "| `NAME` | Rows say nothing. |\n",
        r"^\| finding.*\n\|-.*\n",
    ),
    *defined(
        "zoo",
        "benchmarks/diagnosis_failures.py",
        "ZOO",
        """
def NAME(seed):
    X, y = table(seed)
    X[::3] = len("NAME")
    return fit(X, y, seed, max_iter=5), X, y
""",
        'Failure(NAME, "NAME")',
    ),
]  # fmt: skip

KIND = [
    *defined(
        "",
        "columns.py",
        "IN_PARTS",
        "from . import addresses",
        """"NAME": InParts(
        addresses.learn, addresses.part, addresses.shown, "{}.map(int)")""",
    ),
    Place("type", "column_values.py", "TYPES", '"NAME": __import__("ipaddress").IPv4Address'),
    Place("form", "column_values.py", "FORMS", '"NAME": Form(float, np.nan, int)'),
    Place("holds", "columns.py", "HOLDS", '"NAME": "addresses"'),
    Place(
        "line",
        "remedies.py",
        "AS_KIND",
        """"NAME": Remedy(
        "{}.map(lambda _: __import__('ipaddress').ip_address('1.2.3.4'))",
        "polars.when(False).then({})")""",
    ),
    Place(
        "values",
        "tests/test_raw_columns.py",
        "COLUMNS",
        """"NAME": [
        __import__("ipaddress").ip_address(2**24 * (1 + row % 5) + row) for row in range(60)]""",
    ),
    Place("words", "tests/test_raw_columns.py", "HELD", '"NAME": "addresses"'),
]
OF_THEIR_OWN = {  # files that are new
    "sknumpynet/addresses.py": '''
"""What becomes of an address of the internet: a number, and its network as a level."""

import ipaddress

import numpy as np


def learn(values):
    return int(np.nanmin(values)), ["number"], ["network"]


def part(name, values, first):
    if name == "number":
        return values - first
    return np.array([None if value != value else int(value) >> 24 for value in values], object)


def shown(number, first):
    return str(ipaddress.ip_address(int(number) + first))
'''
}

ADDITIONS = {  # name, guide by which it joins, places; in an order in which one may need another
    "square_decay": ("To add a setting", SETTING),
    "softsign": ("To add an activation", ACTIVATION),
    "rmsprop": ("To add an optimizer", OPTIMIZER),
    "rows_of_one_number": ("To add a finding", FINDING),
    "address": ("To add a kind of column", KIND),
}


def what_may_lack(name):
    """What an addition lacks if a step is left out, step by step."""
    return [*dict.fromkeys(place.lacks for place in ADDITIONS[name][1] if place.lacks)]


def without(name, lacks):
    """The name of an addition that lacks something; of the whole one if that is nothing."""
    return f"{name}_without_{lacks}" if lacks else name
