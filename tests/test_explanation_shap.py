"""shap's plots draw our explanations, of tables of numbers and of raw tables."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknumpynet import explain

shap = pytest.importorskip("shap", reason="shap is not installed")
mpl = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
pd = pytest.importorskip("pandas", reason="pandas is not installed")
mpl.use("agg")
import matplotlib.pyplot as plt  # noqa: E402

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 3))
Y = (X[:, 0] + rng.normal(size=80) > 0).astype(int)
RAW = pd.DataFrame(
    {
        "age": np.where(np.arange(80) % 7 > 0, X[:, 0], np.nan),
        "city": np.array(["Oslo", "Rome", None], object)[rng.integers(3, size=80)],
        "is_new": X[:, 1] > 0,
        "since": pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(900, size=80), "D"),
    }
)
RAW.loc[::9, "since"] = pd.NaT
PLOTS = {
    "waterfall": lambda given: shap.plots.waterfall(given[0], show=False),
    "bar of one row": lambda given: shap.plots.bar(given[0], show=False),
    "bar": lambda given: shap.plots.bar(given, show=False),
    "beeswarm": lambda given: shap.plots.beeswarm(given, show=False),
    **{
        f"scatter {at}": lambda given, at=at: shap.plots.scatter(given[:, at], show=False)
        for at in range(3)
    },
    "scatter of dates": lambda given: shap.plots.scatter(given[:, -1], show=False),
}
# shap compares objects with NaN where a table holds both numbers and text.
of_shap = pytest.mark.filterwarnings("ignore:invalid value encountered in:RuntimeWarning")


@pytest.fixture(autouse=True)
def _closed_figures():
    yield
    plt.close("all")


@of_shap
@pytest.mark.parametrize("draw", PLOTS.values(), ids=PLOTS)
@pytest.mark.parametrize("table", [X, RAW], ids=["numbers", "raw"])
def test_the_plots_of_shap_draw_an_explanation(small, table, draw):
    draw(explain(small().fit(table, Y), table).to_shap())
    plt.gcf().canvas.draw()
    assert any(ax.has_data() for ax in plt.gcf().axes)


def test_shap_is_given_what_adds_up_and_what_the_columns_hold(small):
    clf = small(precision="float64").fit(RAW, Y)
    given = explain(clf, RAW).to_shap()
    assert_allclose(given.base_values + given.values.sum(axis=1), clf.decision_function(RAW))
    assert given.feature_names == [*RAW]
    age, city, is_new, since = given.data.T
    assert_allclose(age.astype(float), RAW["age"], rtol=1e-6)
    assert_array_equal(city, RAW["city"].fillna("missing"))
    assert_array_equal(is_new, RAW["is_new"].astype(str))
    of_year = (RAW["since"].dt.day_of_year - 1) / 365.25
    assert_allclose(since.astype(float), RAW["since"].dt.year + of_year, rtol=0, atol=0.004)
