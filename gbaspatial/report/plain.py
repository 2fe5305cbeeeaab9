"""English headings, terms and notes for readers of the page: no names of the API, no signs of formulas."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from gbaspatial import data
from gbaspatial.report.recipes import in_words, owner_and_recipe
from gbaspatial.results import Table, p_text

HEADINGS = {
    "p_value": "p", "p_adjusted": "p, adjusted", "p_joint": "p, joint", "std_error": "standard error", "aic": "AIC",
    "log_likelihood": "log-likelihood", "city_a": "from", "city_b": "to", "first_year": "from", "last_year": "to",
    "df": "degrees of freedom", "null": "what is tested", "net_std_error": "net, standard error", "net_lower": "net, lower", "net_upper": "net, upper", "p_rho": "p of rho",
    "p_convergence": "p of convergence",
    "p_gives_more": "p (gives more)", "tfp": "productivity", "tfp_share": "share of productivity",
    "lowest_share": "lowest share", "highest_share": "highest share", "malmquist": "Malmquist",
    "best_rank": "best rank", "worst_rank": "worst rank", "obstacle": "largest obstacle", "p_moran": "p of Moran's I",
    "moran": "Moran's I", "rho_lower": "rho, lower", "rho_upper": "rho, upper", "sd_log_first": "spread, first year",
    "sd_log_last": "spread, last year", "theil": "Theil's T", "theil_first": "Theil's T, first year",
    "theil_last": "Theil's T, last year", "p_trend": "p of trend", "p_speed": "p of speed", "gini": "Gini",
    "source_id": "source", "ratio": "ratio to the mean of all", "n": "units", "term": "variable", "log(gdp_pc_cny)": "logarithm of GDP per head",
    "log(patents_granted)": "logarithm of patents",
}  # fmt: skip
CELLS = {
    "C(tier)[T.2]": "tier 2 against tier 1", "C(tier)[T.3]": "tier 3 against tier 1",
    "log(employment)": "logarithm of employment", "W(log(employment))": "logarithm of employment, neighbors",
    "moran_residuals": "Moran's I of residuals", "lm_error": "LM error", "lm_lag": "LM lag",
    "robust_lm_error": "robust LM error", "robust_lm_lag": "robust LM lag", "lm_sarma": "LM lag and error",
    "lm_wx": "LM lags of regressors", "lm_sdm": "LM Durbin", "robust_lm_wx": "robust LM lags of regressors",
    "robust_lm_lag_sdm": "robust LM lag (Durbin)", "lm_slx_error": "LM lags of regressors and error",
    "breusch_pagan": "Breusch-Pagan", "koenker_bassett": "Koenker-Bassett", "white": "White",
    "jarque_bera": "Jarque-Bera", "HH": "high-high", "LL": "low-low", "HL": "high-low", "LH": "low-high",
    "density": "population density",
}  # fmt: skip
# what the notes of other rooms say to those who write programs
_NOTES = (
    (r"(.*?) fit\.[a-z_]+\(\) gives .*", r"\1"),
    (r"The variance is not constant: .*", "The variance is not constant: p-values that allow for it are to be preferred."),
    (r"p_adjusted: bh, (\d+) tests; cluster: raw p <= ([\d.]+)\.",
     r"p, adjusted: for \1 tests (Benjamini and Hochberg); a cluster is named by its own p <= \2."),
    (r"p_gives_more is one-sided: (.*)", r"p (gives more) is one-sided: \1"),
    (r"(Inference recommended .*), seed 0([:,) ].*)", r"\1, a seed of its own\2"),
    (r"(.*: Inference recommended .*), seed 0([:,) ].*)", r"\1, a seed of its own\2"),
    (r"p_value: (.*)", r"p: \1"),
    (r"p_adjusted: (.*)", r"p, adjusted: \1"),
    (r"p_value, lower, upper(.*)", r"p, lower, upper\1"),
)  # fmt: skip
_WORDS = {
    "moran_residuals": "Moran's I of residuals", "std_error": "standard error", "p_gives_more": "p (gives more)",
    "sd_log": "spread", "p_speed": "p of speed", "p_trend": "p of trend", "p_rho": "p of rho",
    "p_convergence": "p of convergence", "p_moran": "p of Moran's I", "theil: Theil's T of": "Theil's T: of",
    "moran: of": "Moran's I: of",
}  # fmt: skip

# the longer first: W(log(employment)) holds log(employment)
_TERMS = {name: words for name, words in sorted(CELLS.items(), key=lambda one: -len(one[0])) if "(" in name}


def for_readers(table: Table) -> Table:
    """`table` with words in place of names of columns, terms and recipes; the same numbers.

    Examples
    --------
    >>> for_readers(Table(pd.DataFrame({"p_value": [0.5]}, index=["lm_lag"]), "t")).frame.index.tolist()
    ['LM lag']
    """
    labels = data.variables()["label"]
    names = {str(c): HEADINGS.get(str(c)) or str(labels.get(str(c), str(c))) for c in table.frame.columns}
    if len(set(names.values())) < len(names):
        names = {name: HEADINGS.get(name, name) for name in names}
    frame = table.frame.rename(columns=lambda column: names[str(column)])
    for place, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_datetime64_any_dtype(kind):
            frame.isetitem(place, [_cell(value) for value in frame.iloc[:, place]])
    frame.index = _index(frame.index)
    formats: dict[str, Any] = {names[str(c)]: how for c, how in table.formats.items() if str(c) in names}
    formats |= {words: p_text for c, words in names.items() if c.startswith("p_") and words not in formats}
    return Table(frame, _plain_title(table.title), tuple(map(plain_note, table.notes)), formats)


def rows_for_readers(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with words in place of the terms of its rows, for a picture.

    Examples
    --------
    >>> rows_for_readers(pd.DataFrame({"estimate": [0.5]}, index=["log(employment)"])).index.tolist()
    ['logarithm of employment']
    """
    return frame.set_axis(_index(frame.index))


def plain_note(note: str) -> str:
    """A note without names of the API, recipes in words.

    Examples
    --------
    >>> plain_note("W: nearest(k=4, metric=geodesic, crs=EPSG:4326) -> row_standardized.")
    'W: the 4 nearest; rows that sum to one.'
    """
    made = owner_and_recipe(note)
    if made is not None:
        return f"{made[0]}: {in_words(made[1]).en}."
    for pattern, words in _NOTES:
        found = re.fullmatch(pattern, note, re.DOTALL)
        if found:
            note = found.expand(words)
    for name, words in {**_WORDS, **_TERMS}.items():
        note = note.replace(name, words)
    return note.replace("p_adjusted", "p, adjusted").replace("p_joint", "p, joint").replace("p_value", "p")


def _plain_title(title: str) -> str:
    """A title in which the formula is told in words."""
    for name, words in {**HEADINGS, **CELLS}.items():
        if "(" in name:
            title = title.replace(name, words)
    title = title.replace("the durbin model", "the Durbin model")
    return title.replace("~ C(tier)", "by tier").replace(" ~ ", " by ")


def _cell(value: object) -> Any:
    return CELLS.get(value, value) if isinstance(value, str) else value


def _index(index: pd.Index) -> pd.Index:
    named = [HEADINGS.get(str(name), name) for name in index.names]
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return index
    if index.nlevels > 1:
        return pd.MultiIndex.from_tuples([tuple(map(_cell, row)) for row in index], names=named)
    return pd.Index([_cell(value) for value in index], name=named[0])
