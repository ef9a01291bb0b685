"""All that the scripts of this folder measure and draw, by one command, one after the other.

    python benchmarks/everything.py --data FOLDER --raw FOLDER
    python benchmarks/everything.py accuracy narrow

What each prints goes to a text of its name in the results folder, where it is looked up, not run
again, the next time; what pictures show goes to measured/, pictures to docs/. All of it takes most
of a day: the networks of pytabkit three hours, mutation one or two, the laws half an hour.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MEASURED = ROOT / "benchmarks" / "measured"
FULL = ["accuracy.py", "--budget", "full"]
QUICK = [  # all but the networks of pytabkit
    *("ours", "RandomForest", "ExtraTrees", "LogisticRegression"),
    *("MLPClassifier", "MLPClassifier, early stopping"),
    *("HistGradientBoosting", "CatBoost", "LightGBM", "XGBoost"),
]
SLOWER = [
    *("ours", "ours, 16 networks", "ours and HistGradientBoosting"),
    *("HistGradientBoosting", "CatBoost"),
]
RUNS = {  # name -> script and its options
    "accuracy": ["accuracy.py", "--record", MEASURED / "accuracy.csv"],
    "accuracy-full": [*FULL, "--splits", "1"],
    "accuracy-splits": [*FULL, "--estimators", *QUICK],
    "slower": ["accuracy.py", "--estimators", *SLOWER],
    "slower-full": [*FULL, "--splits", "1", "--estimators", *SLOWER],
    "narrow": ["narrow.py"],
    "few-rows": ["few_rows.py"],
    "few-rows-thresholds": ["few_rows.py", "--thresholds", "--draws", "6"],
    "few-rows-cells": ["few_rows.py", "--cells", "--draws", "6"],
    "few-rows-copies": ["few_rows.py", "--copies"],
    "steps": ["speed.py", "steps", "--output", MEASURED / "steps.csv"],
    "fits": ["speed.py", "fits"],
    "fits-all-threads": ["speed.py", "fits", "--threads", "all"],
    "words": ["speed.py", "words"],
    "predictions": ["speed.py", "predictions"],
    "import": ["speed.py", "import"],
    "growth": [
        *("scaling.py", "rows", "columns", "sparse columns", "networks", "workers"),
        *("--output", MEASURED / "growth.csv"),
    ],
    "memmap": ["scaling.py", "memmap"],
    "rows": ["rows.py", "--limit", "7200"],
    "imbalance": ["imbalance.py"],
    "tuning": ["tuning.py"],
    "diagnosis": ["diagnosis.py"],
    "explanations": ["explanations.py"],
    "pictures": ["pictures.py"],
    "laws": ["-m", "pytest", ROOT / "tests" / "test_laws.py", "--hypothesis-profile=thorough"],
    "fuzz": [ROOT / "tests" / "fuzz.py", "--cases", "10000", "--seed", "0"],
    "fuzz-readers": [ROOT / "tests" / "fuzz_readers.py", "--cases", "5000", "--seed", "0"],
    "load": ["load.py", "--seconds", "60", "--fits", "1000"],
    "mutation": ["mutation.py"],
}


def main():
    """Run what has no text yet, and print all texts."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--data", default=os.environ.get("SKNUMPYNET_DATA"), metavar="FOLDER")
    parser.add_argument("--raw", default=os.environ.get("SKNUMPYNET_RAW"), metavar="FOLDER")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="FOLDER")
    options = parser.parse_args()
    if unknown := set(options.names) - set(RUNS):
        parser.error(f"no benchmark is called {sorted(unknown)}; there are {list(RUNS)}")
    if options.data:
        os.environ["SKNUMPYNET_DATA"] = str(Path(options.data).resolve())
    if options.raw:
        os.environ["SKNUMPYNET_RAW"] = str(Path(options.raw).resolve())
    options.results.mkdir(parents=True, exist_ok=True)
    failed = []
    for name in options.names or RUNS:
        script, *arguments = RUNS[name]
        text = options.results / f"{name}.txt"
        if not text.exists():
            unfinished = text.with_suffix(".part")
            with unfinished.open("w", encoding="utf-8") as file:
                script = script if script == "-m" else ROOT / "benchmarks" / script
                command = [sys.executable, script, *arguments]
                ended = subprocess.run(command, cwd=options.results, stdout=file, check=False)
            if ended.returncode:
                failed.append(name)
            else:
                unfinished.replace(text)
        print(f"\n== {name}", text.read_text() if text.exists() else "failed", sep="\n", flush=True)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
