"""CatBoost, LightGBM and XGBoost with default parameters, on one thread: those that are installed.

The extra "bench" installs all three. Each takes arrays and data frames; of a frame's texts CatBoost
takes strings, the others the category dtype.
"""

from contextlib import suppress

import pandas as pd

BOOSTERS = {}  # name -> make

with suppress(ImportError):
    from catboost import CatBoostClassifier

    class CatBoost(CatBoostClassifier):
        """CatBoost, told which columns of a data frame are strings."""

        def fit(self, X, y):
            """Fit with these as ``cat_features``."""
            is_frame = isinstance(X, pd.DataFrame)
            strings = list(X.select_dtypes(["object", "string"])) if is_frame else None
            return super().fit(X, y, cat_features=strings)

    BOOSTERS["CatBoost"] = lambda: CatBoost(
        random_seed=0, thread_count=1, verbose=0, allow_writing_files=False
    )
with suppress(ImportError):
    from lightgbm import LGBMClassifier

    BOOSTERS["LightGBM"] = lambda: LGBMClassifier(random_state=0, n_jobs=1, verbose=-1)
with suppress(ImportError):
    from xgboost import XGBClassifier

    BOOSTERS["XGBoost"] = lambda: XGBClassifier(
        random_state=0, n_jobs=1, tree_method="hist", enable_categorical=True
    )
