"""Do the tests notice when the engine is wrong? Breaks it in one place at a time, and runs them.

    python benchmarks/mutation.py                # every module of the engine: over an hour
    python benchmarks/mutation.py losses folds inputs/scaling

Each mutant is one change of mutmut's (a number, an operator, an argument, a value left out), or a
condition turned round, or a call left out. It is killed when a test fails or does not end in time:
a test of the module's own file, else of the engine, else of the estimator. Printed are the mutants
that survive, and how many there were. All happens in a temporary copy. mutmut itself leaves out
decorated functions and what stands outside of functions, so only its changes are used.
"""

import argparse
import ast
import difflib
import gc
import os
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

import hypothesis
import libcst as cst
import pytest
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).parents[1]
ENGINE = Path("sknumpynet", "engine")
TESTED_ELSEWHERE = {"differences": "tests/test_gradients.py"}  # module -> tests of its own
ESTIMATOR = [f"tests/test_{name}.py" for name in ("classifier", "going_on", "bad_input")]


def tests_of(name):
    """Whose tests -> which, in the order in which they are tried."""
    folder, _, module = f"engine/{name}".rpartition("/")
    own = TESTED_ELSEWHERE.get(name, f"tests/{folder}/test_{module}.py")
    return {"its own tests": [own], "the engine's": ["tests/engine"], "the estimator's": ESTIMATOR}


def turned_round(node):
    """If and while the other way round."""
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def left_out(node):
    """A call for its effect, not made."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


OPERATORS = [*mutation_operators, (cst.If | cst.While, turned_round), (cst.Expr, left_out)]


class Changes(cst.CSTVisitor):
    """Pairs of a node and what may stand in its place."""

    def __init__(self):
        self.found = []

    def on_visit(self, node):
        """Enter the changes of this node; whether to go into its children."""
        for kind, operator in OPERATORS:
            if isinstance(node, kind):
                self.found += [(node, other) for other in operator(node)]
        return not isinstance(node, cst.Annotation | cst.Decorator)


def mutants(code):
    """Every other module that one change makes of this one, without repeats."""
    module, changes = cst.parse_module(code), Changes()
    module.visit(changes)
    trees = {ast.dump(ast.parse(code)): code}
    for node, other in changes.found:
        mutant = module.deep_replace(node, other).code
        trees.setdefault(ast.dump(ast.parse(mutant)), mutant)
    return list(trees.values())[1:]


def run_tests(tests, time_limit):
    """In a process of its own, which exits with pytest's code."""
    signal.alarm(time_limit)  # ends the process
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # a failure need not be small
    hypothesis.settings.register_profile("brief", phases=phases)
    hypothesis.settings.load_profile("brief")
    # Without waiting for processes that tests started.
    os._exit(pytest.main(["-x", "-p", "no:cacheprovider", *tests]))


def is_killed(tests, time_limit):
    """Whether a test fails or does not end."""
    process = get_context("fork").Process(target=run_tests, args=(tests, time_limit))
    process.start()
    process.join()
    return process.exitcode != 0


def report(name):
    """Try all mutants of a module; print those that survive."""
    path, tests, limits = ENGINE / f"{name}.py", tests_of(name), {}
    code, killed = path.read_text(), dict.fromkeys(tests, 0)
    for whose, which in tests.items():
        start = time.perf_counter()
        if is_killed(which, 1000):
            sys.exit(f"{name}: {whose} fail as it is")
        limits[whose] = 10 + round(5 * (time.perf_counter() - start))
    found = mutants(code)
    for number, mutant in enumerate(found):
        path.write_text(mutant)
        os.utime(path, (number, number))  # or Python may take the compiled mutant before for it
        killer = next((who for who in tests if is_killed(tests[who], limits[who])), None)
        if killer is None:
            lines = difflib.unified_diff(code.splitlines(), mutant.splitlines(), n=0, lineterm="")
            print(f"\n{name} {number} survives", *list(lines)[2:], sep="\n", flush=True)
        else:
            killed[killer] += 1
    path.write_text(code)
    counts = ", ".join(f"{n} by {whose}" for whose, n in killed.items())
    print(f"\n{name}: {len(found)} mutants, {sum(killed.values())} killed: {counts}", flush=True)


def main():
    """Copy, mutate, report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    files = (ROOT / ENGINE).rglob("[a-z]*.py")
    every = sorted(path.relative_to(ROOT / ENGINE).with_suffix("").as_posix() for path in files)
    parser.add_argument("modules", nargs="*", default=every, help=", ".join(every))
    with tempfile.TemporaryDirectory() as folder:
        for part in ("sknumpynet", "tests"):
            shutil.copytree(ROOT / part, Path(folder, part))
        shutil.copy(ROOT / "pyproject.toml", folder)
        os.chdir(folder)
        sys.path.insert(0, folder)
        __import__("sknumpynet")  # for what it imports: 2 s, once for all mutants
        for module in [name for name in sys.modules if name.startswith("sknumpynet")]:
            del sys.modules[module]
        gc.freeze()  # pytest collects garbage ten times a run
        for name in parser.parse_args().modules:
            report(name)


if __name__ == "__main__":
    main()
