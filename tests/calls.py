"""A bay of twelve cities, and one small call of every public function: what `test_conformance` feeds and judges.

A function that is added to a room gets a line in `CALLS`; results are found from what these calls return.
"""

import functools
import importlib
import inspect
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import box

import gbaspatial as gba

ROOMS = (
    "autocorrelation", "causal", "data", "development", "disparity", "doctor", "export", "figures", "geography",
    "inference", "maps", "models", "opinions", "partitions", "report", "saved", "spillover", "tables", "weights",
)  # fmt: skip
CITIES = pd.Index([f"city {letter}" for letter in "abcdefghijkl"], name="city")


def _units():
    shapes = [box(113 + 0.1 * c, 22 + 0.1 * r, 113.1 + 0.1 * c, 22.1 + 0.1 * r) for r in range(3) for c in range(4)]
    return gpd.GeoDataFrame({"income": INCOME.to_numpy()}, index=CITIES, geometry=shapes, crs=4326)


_rng = np.random.default_rng(5)
INCOME = pd.Series(_rng.normal(10, 2, 12).round(2), index=CITIES, name="income")
PRICE = pd.Series((INCOME.to_numpy() * 0.5 + _rng.normal(0, 1, 12)).round(2), index=CITIES, name="price")
GROWTH = pd.Series(_rng.normal(0, 1, 12).round(2), index=CITIES, name="growth")
EVENTS = pd.Series([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], index=CITIES, name="events")
PEOPLE = pd.Series(np.arange(100, 220, 10), index=CITIES, name="people")
KIND = pd.Series(list("xxyyxyxyxxyy"), index=CITIES, name="kind")
HIGH = pd.Series([1, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0], index=CITIES, name="high")
UNITS = _units()
W = gba.weights.contiguity(UNITS, criterion="rook").row_standardized()
DATA = pd.DataFrame({"income": INCOME, "price": PRICE, "growth": GROWTH, "events": EVENTS, "kind": KIND})
PANEL = pd.concat({year: INCOME + _rng.normal(0, 1, 12).round(2) for year in (2001, 2002, 2003, 2004)})
PANEL = PANEL.swaplevel().rename_axis(["city", "year"]).rename("income")
LONG_PATHS = pd.concat({2001 + t: INCOME + PRICE / t for t in range(1, 13)}).swaplevel().rename_axis(["city", "year"])
LONG_DATA = PANEL.to_frame().assign(price=PANEL * 0.5 + _rng.normal(0, 1, 48).round(2))
LONG_SPLIT = LONG_DATA.assign(kind=KIND.reindex(LONG_DATA.index.get_level_values(0)).to_numpy())
LONGER = pd.DataFrame(np.random.default_rng(6).normal(0, 1, (144, 2)), LONG_PATHS.index, ["y", "x"])
OF_PANELS = (
    "panel_ols", "panel_slx", "panel_lag", "panel_error", "panel_sarar", "panel_durbin", "panel_durbin_error",
    "panel_gns",
)  # fmt: skip
TREATED = {"treated": ["city a", "city l"], "time": 2003}
SIDES = pd.Series(["west", "west", "east", "east"] * 3, index=CITIES, name="side")
SHARES = pd.DataFrame(np.random.default_rng(8).dirichlet([1.0, 1.0, 1.0, 1.0], 12), CITIES, list("pqrs"))
SHOCKS = pd.Series([1.0, -0.5, 0.3, 2.0], index=list("pqrs"), name="shock")
PAIRS = pd.DataFrame({"focal": CITIES[:4], "neighbor": CITIES[4:8], "weight": [1.0, 2.0, 3.0, 4.0]})
FLOWS = PAIRS.set_axis(["giver", "receiver", "value"], axis="columns")
TRADE = pd.MultiIndex.from_product([CITIES, CITIES], names=["origin", "destination"]).to_frame(index=False)
TRADE = TRADE.assign(trade=_rng.poisson(5, 144) + 1.0, km=_rng.uniform(10, 90, 144))
MINUTES = pd.DataFrame({"focal": CITIES[:-1], "neighbor": CITIES[1:], "minutes": np.arange(10.0, 21.0)})
FORMULA = "income ~ price + growth"
PERIODS = pd.DataFrame(
    {"estimate": 1.0, "lower": 0.5, "upper": 2.0}, pd.MultiIndex.from_product([[2001, 2002], ["direct", "total"]])
)


@functools.cache
def fit(name="lag"):
    return getattr(gba.models, name)(FORMULA, DATA, W)


@functools.cache
def lisa():
    return gba.autocorrelation.local_moran(INCOME, W, draws=99, rng=1)


@functools.cache
def folder():
    kept = tempfile.TemporaryDirectory()
    folder.kept = kept  # it goes when the tests end
    return Path(kept.name)


def _path(name):
    return folder() / name


@functools.cache
def parts():
    UNITS.to_crs(32649).reset_index().to_parquet(_path("units.parquet"))
    return gba.partitions.partition(_path("units.parquet"), _path("parts"), id="city", size=4)


DRAWN = {"inference": "permutation", "draws": 39, "rng": 1}
FEW = {"draws": 39, "rng": 1}
OF_ONE = (
    "moran", "geary", "gamma", "general_g", "local_moran", "local_geary", "local_g", "local_g_star", "losh", "aple",
    "lag_correlation",
)  # fmt: skip
OF_TWO = (
    "bivariate_moran", "bivariate_local_moran", "lee_l", "local_lee", "differential_moran",
    "differential_local_moran", "space_time_moran",
)  # fmt: skip
OF_NOTHING = (
    "catalog", "caveats", "city_table", "load_bay_areas", "load_capital_panel", "load_cities", "load_context",
    "load_districts",
    "load_exchange_rates", "load_firms_universities", "load_gdp", "load_industry_structure", "load_invention_grants",
    "load_links", "load_panel", "load_points", "load_prefecture_panel", "load_prefectures", "load_rail_minutes",
    "load_second_values", "load_travel_times", "load_values", "prefecture_suspects", "prefecture_variables",
    "sources", "variables",
)  # fmt: skip
OF_UNITS = (
    "contiguity", "delaunay", "gabriel", "relative_neighbors", "distance_band", "inverse_distance", "kernel",
)  # fmt: skip
OF_FORMULA = ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns", "mess")

# by room and name: positional arguments and options, made anew at every call
CALLS = {
    **{f"autocorrelation.{name}": lambda: ((INCOME, W), DRAWN) for name in OF_ONE},
    **{f"autocorrelation.{name}": lambda: ((INCOME, PRICE, W), DRAWN) for name in OF_TWO},
    "doctor.examine": lambda: ((), {}),
    "saved.read_result": lambda: ((_written("kept.json", lambda path: made("models.ols").to_json(path)),), {}),
    "autocorrelation.correlogram": lambda: ((INCOME, W), {"orders": 2, "inference": "randomization"}),
    "autocorrelation.correlogram_by_distance": lambda: (
        (INCOME, UNITS),
        {"breaks_km": 2, "inference": "randomization"},
    ),
    "autocorrelation.emerging_hot_spots": lambda: ((PANEL, W), DRAWN),
    "autocorrelation.lisa_transitions": lambda: ((PANEL, W), DRAWN),
    "autocorrelation.moran_by": lambda: ((PANEL, W), DRAWN),
    "autocorrelation.moran_matrix": lambda: ((DATA[["income", "price"]], W), DRAWN),
    "autocorrelation.multivariate_local_geary": lambda: ((DATA[["income", "price"]], W), DRAWN),
    "autocorrelation.join_count": lambda: ((HIGH, W.binary()), DRAWN),
    "autocorrelation.local_join_count": lambda: ((HIGH, W.binary()), DRAWN),
    "autocorrelation.empirical_bayes_rates": lambda: ((EVENTS, PEOPLE), {}),
    "autocorrelation.rate_probabilities": lambda: ((EVENTS, PEOPLE), {}),
    "autocorrelation.moran_rates": lambda: ((EVENTS, PEOPLE, W), DRAWN),
    "autocorrelation.local_moran_rates": lambda: ((EVENTS, PEOPLE, W), DRAWN),
    "inference.adjust": lambda: ((np.array([0.01, 0.2, 0.5]),), {}),
    "inference.adjust_by_neighbors": lambda: ((np.array([0.01, 0.2, 0.5]), np.array([1, 2, 2])), {}),
    "inference.adjust_jointly": lambda: ((np.array([1.0, 2.0]), np.arange(20.0).reshape(10, 2) % 7), {}),
    "inference.power": lambda: (("moran", W), {"rho": [0.0, 0.5], "draws": 39}),
    "inference.power_note": lambda: ((W.sparse,), {}),
    **{
        f"disparity.{name}": lambda: ((PEOPLE.astype(float),), {})
        for name in (
            *("atkinson", "coefficient_of_variation", "generalized_entropy", "gini"),
            *("herfindahl", "hoover", "kolm", "theil"),
        )
    },
    "development.perpetual_inventory": lambda: ((PANEL.abs(),), {"initial": 0.1}),
    "development.growth_accounting": lambda: ((PANEL.abs(), made("development.perpetual_inventory"), PANEL.abs()), {}),
    **{
        f"development.{name}": lambda: ((DATA[["income", "events"]].abs(),), {})
        for name in ("location_quotient", "krugman")
    },
    "development.ellison_glaeser": lambda: ((PEOPLE.astype(float), KIND, KIND.iloc[::-1].set_axis(CITIES)), {}),
    **{f"development.{name}": lambda: ((PEOPLE.astype(float),), {}) for name in ("rank_size", "primacy")},
    "development.dea": lambda: ((PEOPLE.astype(float), INCOME.abs()), {}),
    **{
        f"development.{name}": lambda: ((LONG_DATA.abs(),), {"outputs": "income", "inputs": "price"})
        for name in ("malmquist", "hicks_moorsteen")
    },
    "disparity.between_groups": lambda: ((INCOME.abs(), KIND), {"draws": 99}),
    "spillover.decay": lambda: ((fit("durbin"), UNITS), {"term": "price", "method": "delta"}),
    "spillover.scenario": lambda: ((fit("slx"), {"city c": {"price": 1.01}}), {"groups": KIND}),
    "spillover.allocate": lambda: ((fit("slx"), "price"), {"groups": KIND}),
    "spillover.balance": lambda: ((fit("durbin"),), {"term": "price", "method": "delta", "groups": KIND}),
    "development.coupling": lambda: ((LONG_DATA, {"wealth": ["income"], "prices": ["price"]}), {}),
    "causal.difference_in_differences": lambda: (("income ~ price", LONG_DATA), {**TREATED, "w": W}),
    "causal.event_study": lambda: (("income ~ 1", LONG_DATA), TREATED),
    "causal.border_discontinuity": lambda: ((INCOME, UNITS, SIDES), {"bandwidth_km": 60.0}),
    "causal.shift_share": lambda: (("growth ~ 1", DATA, SHARES, SHOCKS), {"w": W}),
    "disparity.mean_by_group": lambda: ((INCOME, KIND), {}),
    "disparity.directional_lisa": lambda: ((INCOME, PRICE, W), FEW),
    "disparity.lisa_markov": lambda: ((PANEL, W), {}),
    "disparity.markov": lambda: ((PANEL,), {"classes": 2}),
    "disparity.spatial_markov": lambda: ((PANEL, W), {"classes": 2, **FEW}),
    "disparity.beta_convergence": lambda: ((PANEL.abs(), W), {}),
    "disparity.sigma_convergence": lambda: ((PANEL.abs(),), {}),
    "disparity.spatial_gini": lambda: ((INCOME.abs(), W), FEW),
    "disparity.convergence_clubs": lambda: ((LONG_PATHS,), {}),
    "disparity.stochastic_kernel": lambda: ((PANEL.abs(), W), {}),
    "disparity.tiers": lambda: ((INCOME,), {"given": KIND, "rng": 1}),
    "disparity.rank_mobility": lambda: ((PANEL, W), FEW),
    "figures.cluster_map": lambda: ((lisa(), UNITS), {}),
    "figures.significance_map": lambda: ((lisa(), UNITS), {}),
    "figures.correlogram": lambda: ((made("autocorrelation.correlogram"),), {}),
    "figures.power_curve": lambda: ((made("inference.power"),), {}),
    "figures.rose": lambda: ((made("disparity.directional_lisa"),), {}),
    "figures.kernel_contours": lambda: ((made("disparity.stochastic_kernel"),), {}),
    "figures.rank_moves": lambda: ((made("disparity.rank_mobility"),), {}),
    "figures.transition_matrix": lambda: ((made("disparity.markov"),), {}),
    "figures.forest": lambda: ((fit().impacts(method="delta"),), {}),
    "figures.spillover_decay": lambda: ((made("spillover.decay"),), {}),
    "figures.waterfall": lambda: ((made("spillover.scenario"),), {}),
    "figures.event_times": lambda: ((made("causal.event_study"),), {}),
    "figures.bounds_by_size": lambda: ((made("causal.event_study").honest_bounds(),), {}),
    "figures.year_line": lambda: ((made("autocorrelation.moran_by"),), {}),
    "figures.period_line": lambda: ((pd.Series([0.1, 0.2], [2001, 2002], name="moran"),), {}),
    "figures.period_bands": lambda: ((PERIODS,), {}),
    "figures.map_of": lambda: ((UNITS, "income"), {"k": 3, "names": "none"}),
    "figures.flow_map": lambda: ((UNITS, FLOWS), {"names": "none"}),
    "figures.weights_map": lambda: ((UNITS, W), {"names": "none"}),
    "figures.save": lambda: ((made("figures.map_of"), _path("map.png")), {"dpi": 40}),
    "maps.atlas": lambda: ((UNITS, [gba.maps.choropleth("income", k=3)]), {"context": False}),
    "maps.choropleth": lambda: (("income",), {}),
    "maps.diverging": lambda: (("income",), {"k": 4}),
    "maps.bivariate": lambda: (("income", "price"), {"k": 2}),
    "maps.clusters": lambda: ((lisa(),), {}),
    "maps.significance": lambda: ((lisa(),), {}),
    "maps.hotspots": lambda: ((made("autocorrelation.local_g_star"),), {}),
    "maps.flows": lambda: ((FLOWS,), {}),
    "maps.links": lambda: ((W,), {}),
    "maps.points": lambda: ((UNITS.set_geometry(UNITS.to_crs(3857).centroid.to_crs(4326)),), {}),
    "maps.tiled": lambda: ((UNITS, gba.maps.choropleth("income", k=3)), {"archive": "units.pmtiles"}),
    "maps.safe_text": lambda: (("<b>",), {}),
    "tables.compare": lambda: (({"lag": fit(), "error": fit("error")},), {}),
    **{f"models.{name}": lambda: ((FORMULA, DATA, W), {}) for name in OF_FORMULA},
    **{f"models.{name}": lambda: (("income ~ price", LONG_DATA, W), {}) for name in OF_PANELS},
    "models.sma": lambda: (("growth ~ income", DATA, W), {}),
    "models.car": lambda: ((FORMULA, DATA, W.binary()), {}),
    "models.ppml": lambda: (("events ~ price", DATA), {}),
    "models.sur": lambda: ((["income ~ price", "growth ~ price"], DATA, W), {}),
    "models.rho_by_regime": lambda: (("income ~ price", DATA, W), {"regimes": "kind"}),
    "models.simulate": lambda: (("~ price", DATA, W), {"params": {"Intercept": 1, "price": 2, "rho": 0.4}, "rng": 1}),
    "models.spatial_filter": lambda: ((FORMULA, DATA, W), {}),
    "models.moran_eigenvectors": lambda: ((W,), {}),
    "models.model_probabilities": lambda: ((FORMULA, DATA, W), {}),
    "models.over_weights": lambda: ((FORMULA, DATA, {"row": W}), {}),
    "models.posterior_probabilities": lambda: (("income ~ price", LONG_DATA, W), {}),
    "models.panel_model_probabilities": lambda: (("income ~ price", LONG_DATA, W), {}),
    "models.panel_over_weights": lambda: (("income ~ price", LONG_DATA, {"row": W}), {}),
    "models.log_determinant": lambda: ((W, 0.3), {}),
    "models.posterior": lambda: ((fit(),), {}),
    "models.chow": lambda: ((gba.models.ols("income ~ price", DATA, regimes="kind"),), {}),
    "models.bias_correction": lambda: ((fit(),), {}),
    "models.detectable_effect": lambda: ((fit(),), FEW),
    "models.exact_test": lambda: ((fit(),), FEW),
    "models.wild_test": lambda: ((fit(),), FEW),
    "models.hausman": lambda: (
        tuple(
            gba.models.panel_ols("income ~ price", LONG_DATA, effects=effects, covariance="information")
            for effects in ("unit", "random")
        ),
        {},
    ),
    "models.impact_of_links": lambda: (
        (made("models.panel_lag"),),
        {"before": 2001, "after": W.union(W.power(2)).row_standardized(), "draws": 99},
    ),
    "models.panel_effects": lambda: (
        ("income ~ price", LONG_DATA.assign(side=SIDES.reindex(LONG_DATA.index, level=0)), W),
        {"region": "side", "covariance": "cluster"},
    ),
    "models.impact_of_change": lambda: ((fit(), "price"), {"add": 1.0, "method": "delta"}),
    "spillover.border_friction": lambda: (
        ("income ~ price", DATA, gba.weights.contiguity(UNITS)),
        {"groups": SIDES, "draws": 19},
    ),
    "spillover.gravity": lambda: ((TRADE, "trade ~ log(km)"), {}),
    "opinions.code": lambda: ((lisa(), "r"), {}),
    "opinions.second_opinion": lambda: ((made("autocorrelation.moran"),), {}),
    "partitions.contiguity": lambda: ((parts(),), {}),
    "partitions.distance_band": lambda: ((parts(),), {"threshold_km": 12.0}),
    "partitions.lag": lambda: ((gba.partitions.nearest(parts(), k=2), "income", _path("lag.parquet")), {}),
    "partitions.local_moran": lambda: ((gba.partitions.nearest(parts(), k=2), "income", _path("lisa.parquet")), FEW),
    "partitions.nearest": lambda: ((parts(),), {"k": 2}),
    "partitions.open_parts": lambda: ((parts().folder,), {}),
    "partitions.partition": lambda: (
        (parts().folder.parent / "units.parquet", _path("again")),
        {"id": "city", "size": 4},
    ),
    "weights.as_weights": lambda: ((W,), {}),
    "weights.block": lambda: ((KIND,), {}),
    "weights.borders": lambda: ((UNITS,), {}),
    "weights.earlier": lambda: (({2001: W, 2002: W},), {}),
    "weights.by_year": lambda: ((UNITS, [2001, 2002]), {"links": _links()}),
    "weights.combine": lambda: (({"a": W, "b": W.power(2)},), {"shares": {"a": 0.5, "b": 0.5}}),
    **{
        f"weights.{name}": lambda: ((UNITS,), {})
        for name in ("contiguity", "delaunay", "gabriel", "relative_neighbors")
    },
    **{f"weights.{name}": lambda: ((UNITS,), {}) for name in ("distance_band", "inverse_distance", "kernel")},
    "weights.economic": lambda: ((INCOME,), {}),
    "weights.exponential_decay": lambda: ((UNITS,), {"scale_km": 10.0}),
    "weights.from_matrix": lambda: ((pd.DataFrame(W.sparse.toarray(), CITIES, CITIES),), {}),
    "weights.from_pairs": lambda: ((PAIRS,), {}),
    "weights.nearest": lambda: ((UNITS,), {"k": 2}),
    "weights.travel_time": lambda: ((MINUTES,), {}),
    "weights.write": lambda: ((W, _path("w.gal")), {}),
    "weights.read": lambda: ((_written("w.csv", lambda path: gba.weights.write(W, path)),), {}),
    "geography.area_km2": lambda: ((UNITS,), {}),
    "geography.check_coverage": lambda: ((UNITS,), {}),
    "geography.describe_crs": lambda: ((4326,), {}),
    "geography.distance_km": lambda: ((UNITS,), {}),
    "geography.lonlat": lambda: ((UNITS,), {}),
    "geography.metric_crs": lambda: ((UNITS,), {}),
    "geography.representative_points": lambda: ((UNITS,), {}),
    "geography.require_crs": lambda: ((UNITS,), {}),
    "geography.require_metric": lambda: ((UNITS.to_crs(32649),), {}),
    "geography.to_metric": lambda: ((UNITS,), {}),
    "geography.shift_layer": lambda: ((UNITS,), {"source": "gcj02"}),
    **{
        f"geography.{name}": lambda: ((np.array([[113.0, 22.0]]),), {})
        for name in ("bd09_to_wgs84", "gcj02_to_wgs84", "wgs84_to_bd09", "wgs84_to_gcj02")
    },
    **{
        f"data.{name}": lambda: ((), {})
        for name in (
            "catalog",
            "caveats",
            "city_table",
            "load_bay_areas",
            "load_capital_panel",
            "load_cities",
            "load_context",
            "load_districts",
            "load_exchange_rates",
            "load_gdp",
            "load_firms_universities",
            "load_industry_structure",
            "load_invention_grants",
            "load_links",
            "load_panel",
            "load_points",
            "load_prefecture_panel",
            "load_prefectures",
            "load_rail_minutes",
            "load_second_values",
            "load_travel_times",
            "load_values",
            "prefecture_suspects",
            "prefecture_variables",
            "sources",
            "variables",
        )
    },
    "data.check_caveats": lambda: (("population",), {}),
    "data.join": lambda: ((UNITS[["geometry"]], DATA), {}),
    "data.long": lambda: ((pd.DataFrame({2001: INCOME, 2002: PRICE}), "income"), {}),
    "data.points_from": lambda: ((DATA.assign(x=113.0, lat=22.0),), {"lon": "x", "lat": "lat"}),
    "data.read_panel": lambda: ((_written("p.csv", lambda path: DATA.to_csv(path)),), {"unit": "city"}),
    "data.read_units": lambda: ((_written("u.gpkg", lambda path: UNITS.to_file(path)),), {"id": "city"}),
    **{
        f"export.{kind}": (lambda kind=kind, ending=ending: ((_path(f"a.{ending}"), UNITS), {}))
        for kind, ending in {
            "csv": "csv",
            "geojson": "geojson",
            "geoparquet": "parquet",
            "kml": "kml",
            "xlsx": "xlsx",
            "flatgeobuf": "fgb",
        }.items()
    },
    "export.geopackage": lambda: ((_path("a.gpkg"), {"bay": UNITS}), {}),
    "export.shapefile": lambda: ((_path("a.shp"), UNITS), {}),
    "export.write": lambda: ((_path("b.geojson"), UNITS), {}),
    "export.links": lambda: ((W, UNITS), {}),
    "export.describe": lambda: ((UNITS,), {"title": "Units"}),
    "export.style": lambda: ((UNITS, "income"), {"k": 3}),
    "export.qml": lambda: ((_path("a.qml"), made("export.style")), {}),
    "export.qpt": lambda: ((_path("a.qpt"), UNITS), {}),
    "export.sld": lambda: ((_path("a.sld"), made("export.style")), {}),
}
VERBS = (  # results that only methods of other results make
    lambda: made("development.coupling").obstacles(),
    lambda: made("spillover.gravity").moran(W, draws=39),
    lambda: made("spillover.gravity").without_border(draws=9),
    lambda: made("development.coupling").sensitivity(),
    lambda: made("development.dea").bootstrap(draws=100, rng=1),
    lambda: made("development.growth_accounting").sensitivity(),
    lambda: fit().bootstrap(draws=99, rng=1),
    lambda: fit().impacts(method="delta"),
    lambda: fit().impacts(method="delta").by_group(KIND, term="price"),
    lambda: fit("ols").diagnostics(),
    lambda: gba.models.lag(FORMULA, DATA, W, method="gmm").instrument_tests(),
    lambda: fit().influence(),
    lambda: made("models.panel_ols").diagnostics(),
    lambda: made("models.panel_ols").bootstrap(draws=39, rng=1),
    lambda: made("models.panel_ols").influence(by="time"),
    lambda: made("models.panel_ols").wild_test(draws=99, rng=1),
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, effects="random"),
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, method="gmm"),
    lambda: gba.models.ppml("income ~ price", LONG_DATA, effects="unit"),
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, dynamic="y"),
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, dynamic="y").impacts(draws=99),
    lambda: fit().profile(draws=99, rng=1),
    lambda: made("causal.difference_in_differences").placebo(draws=19, rng=1),
    lambda: made("causal.event_study").honest_bounds(),
    lambda: made("models.mess").impacts(),
    lambda: gba.disparity.sigma_convergence(LONG_PATHS.abs()).trend,
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, effects="unit").detectable_effect(),
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, effects="random", method="gmm"),
    lambda: gba.models.panel_lag("income ~ price", LONG_SPLIT, W, effects="unit", regimes="kind"),
    lambda: gba.models.panel_error("income ~ price", LONG_DATA, gba.weights.contiguity(UNITS), effects="twoway"),
    lambda: gba.models.panel_ols("income ~ price", LONG_DATA, effects="unit", dynamic="y", method="gmm"),
    lambda: made("models.sur").lm_tests(),
    # fits of other classes than the calls of the estimators make
    lambda: gba.models.ols(FORMULA, DATA, regimes="kind"),
    lambda: gba.models.lag(FORMULA, DATA, W, regimes="kind"),
    lambda: gba.models.lag(FORMULA, DATA, W, method="gmm"),
    lambda: gba.models.lag("income ~ price", DATA, W, method="gmm", regimes="kind", instrument_lags=1),
    lambda: gba.models.error(FORMULA, DATA, W, method="gmm"),
    lambda: gba.models.error(FORMULA, DATA, W, method="gmm", regimes="kind"),
    lambda: gba.models.rho_by_regime("income ~ price", DATA, W, regimes="kind", coefficients="regimes"),
    lambda: gba.models.rho_by_regime("income ~ price", DATA, W, regimes="kind", coefficients="common"),
    lambda: gba.models.mess(FORMULA, DATA, W, model="error"),
    lambda: gba.models.sur(["income ~ price", "growth ~ price"], DATA, W, model="error"),
    lambda: gba.models.panel_lag("income ~ price", LONG_DATA, W, correction="pairs"),
    lambda: gba.models.panel_ols("y ~ x", LONGER, effects="common", covariance="classical"),
    lambda: gba.models.panel_lag("income ~ price", LONG_SPLIT, W, correction="pairs", regimes="kind"),
    lambda: gba.disparity.theil(INCOME.abs(), kind="L"),
)
LONG = {
    "report.write_region_report",
    "report.write_report",
    "report.claims_ledger",
    "export.postgis",  # needs a database
}  # long: have tests of their own; here options are only refused


def _links():
    return pd.DataFrame({"focal": CITIES[:1], "neighbor": CITIES[-1:], "opened": [2002], "kind": ["bridge"]})


def _written(name, write):
    if not _path(name).exists():
        write(_path(name))
    return _path(name)


def function(name):
    room, _, own = name.partition(".")
    return getattr(importlib.import_module(f"gbaspatial.{room}"), own)


@functools.cache
def made(name):
    """What the call of `CALLS` returns."""
    args, options = CALLS[name]()
    return function(name)(*args, **options)


def public_functions():
    """Every function that a room hands out, by room and name."""
    found = []
    for room in ROOMS:
        module = importlib.import_module(f"gbaspatial.{room}")
        names = getattr(module, "__all__", None) or [
            name for name, one in vars(module).items() if _is_own(one, module) and not name.startswith("_")
        ]
        found += [f"{room}.{name}" for name in names if inspect.isfunction(getattr(module, name))]
    return sorted(found)


def _is_own(one, module):
    return inspect.isfunction(one) and one.__module__ == module.__name__
