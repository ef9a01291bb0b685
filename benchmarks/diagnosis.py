"""Does `diagnose` name the cause, and does its remedy mend it? A zoo of failures, and the healthy.

Each failure is made on purpose, 20 seeds each. It is named if the leading finding is that cause,
and the parameters that it recommends are the right ones. Then the remedy of the leading finding is
applied as a user would, and the estimator trained again. It is mended if, on rows that no fit has
seen, what it takes off the loss of the base rate is no less than four fifths of what a default fit
on sound data takes off. Of the healthy fits whatever is said beyond notes that are true is listed.
"""

import argparse
import os
import time
from collections import Counter
from typing import NamedTuple

import numpy as np
from diagnosis_failures import ZOO, Failure, fit, gain, gain_of_default, quietly
from diagnosis_healthy import HEALTHY
from diagnosis_tables import UNSEEN, cancer, circles, moons, table, xor
from joblib import Parallel, delayed

from sknumpynet import diagnose

__all__ = ["ZOO", "Failure", "cancer", "circles", "fit", "moons", "quietly", "table", "xor"]


class Outcome(NamedTuple):
    """What came of one failure: the leading finding, whether it is right, whether it helps.

    ``gain`` is what the failing fit takes off the loss of the base rate, ``of_default`` what a
    default fit on sound data does.
    """

    leading: str
    is_mended: bool
    is_named: bool
    gain: float
    of_default: float


def gain_of_mended(failure, clf, X, y, weight, finding, seed):
    """What the estimator reaches once the remedy is applied."""
    if finding.params:
        clf = failure.train_again(clf.set_params(**finding.params), X, y, *weight)
        return gain(clf, *failure.as_it_comes(seed + UNSEEN))
    clf = failure.begin_anew(clf, *failure.mended(finding, seed))
    return gain(clf, *failure.mended(finding, seed + UNSEEN))


def put_to_the_test(failure, seed):
    """The outcome of one failure."""
    clf, X, y, *weight = failure.make(seed)
    findings = diagnose(clf, X, y, *weight).findings
    gained = gain(clf, *failure.as_it_comes(seed + UNSEEN))
    of_default = gain_of_default(failure.sound, seed)
    if not findings:
        return Outcome("nothing", False, False, gained, of_default)
    leading, is_mended = findings[0], False
    is_named = failure.is_named_by(leading)
    if is_named or leading.params:  # words about another cause mend nothing
        try:
            reached = gain_of_mended(failure, clf, X, y, weight, leading, seed)
            is_mended = reached >= of_default - 0.2 * abs(of_default)
        except Exception as error:  # a remedy that raises is none
            return Outcome(f"{leading.code}: {error!r:.60}", False, is_named, gained, of_default)
    return Outcome(leading.code, is_mended, is_named, gained, of_default)


def said_of(healthy, seed):
    """What is wrongly said of a sound fit, as lines."""
    clf, X, y, *weight = healthy.make(seed)
    findings = diagnose(clf, X, y, *weight).findings
    return [str(each) for each in findings if not healthy.allows(each)]


def print_failures(zoo, n_seeds, run):
    """The table of the zoo, then its sums."""
    outcomes = run(delayed(put_to_the_test)(each, seed) for each in zoo for seed in range(n_seeds))
    print(f"{'of ' + str(n_seeds) + ' seeds':<26}named mended   gain of        else")
    every = []
    for failure in zoo:
        some = [next(outcomes) for _ in range(n_seeds)]
        print(line_of(failure, some), flush=True)
        every += some
    for what in ("is_named", "is_mended"):
        share = np.mean([getattr(each, what) for each in every])
        print(f"{what.removeprefix('is_')}: {share:.1%} of {len(every)}")
    n_nothing = sum(each.leading == "nothing" for each in every)
    print(f"told that nothing stands in its way: {n_nothing}")


def line_of(failure, outcomes):
    """How often it was named and mended, the median gains, what else was named."""
    named, mended, gained, sound = (
        [getattr(each, of) for each in outcomes]
        for of in ("is_named", "is_mended", "gain", "of_default")
    )
    others = dict(Counter(each.leading for each in outcomes if not each.is_named))
    n_sound = sum(each.gain >= 0.5 * each.of_default for each in outcomes if failure.fails)
    return (
        f"{failure.make.__name__:<26}{sum(named):>5}{sum(mended):>7}"
        f"{np.median(gained):>7.2f} of {np.median(sound):.2f}  {others or ''}"
        + (f"  {n_sound} learn more than half" if n_sound else "")
    )


def print_healthy(n_seeds, folder, run):
    """What is wrongly said of the healthy."""
    jobs = [(healthy, seed) for healthy in HEALTHY for seed in range(n_seeds)]
    said = run(delayed(said_of)(*job) for job in jobs)
    alarms = 0
    for (healthy, seed), lines in zip(jobs, said, strict=True):
        alarms += bool(lines)
        for line in lines:
            print(f"healthy {healthy.make.__name__} {seed}: {line}", flush=True)
    print(f"of {len(jobs)} healthy fits, with false alarms: {alarms}")
    for name, clf, X, y in from_data_sets(folder) if folder else ():
        for finding in diagnose(clf, X, y).findings:
            print(f"data set {name}: {finding}", flush=True)


def from_data_sets(folder):
    """Name, then estimator and data, of a default fit on each data set of a folder."""
    from accuracy import from_folder, prepared, splits

    for name, (X, y, categorical) in from_folder(folder):
        _, train, test = next(splits(y, "small"))
        rows, _ = prepared(X, categorical, train, test, standardised=False)
        yield name, fit(rows, y[train], 0), rows, y[train]


def print_time():
    """Seconds of processor time for a failing fit of 20,000 rows of 50 columns."""
    X = np.random.default_rng(0).normal(size=(20_000, 50))
    y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(int)
    clf = fit(X, y, 0, learning_rate_init=1e-7, max_iter=3)
    for given in ({"trials": True}, {"trials": False}):
        begun = time.process_time()
        diagnose(clf, X, y, **given)
        print(f"20,000 x 50, {given}: {time.process_time() - begun:.1f} s")


def main():
    """Print the table of the zoo, what is said of the healthy, and how long it takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=20, metavar="N")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="a finding, or how it is made")
    parser.add_argument("--healthy", action="store_true", help="the healthy alone")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="processes")
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    options = parser.parse_args()
    run = Parallel(options.jobs, return_as="generator")
    zoo = [each for each in ZOO if {each.code, each.make.__name__} & set(options.only or ())]
    if not options.healthy:
        print_failures(zoo if options.only else ZOO, options.seeds, run)
    if not options.only:
        print_healthy(max(1, options.seeds // 8), options.data, run)
        print_time()


if __name__ == "__main__":
    main()
