"""Reference numbers made by other software: reads a case, its data and its weights.

The cases are in `reference/` (see the README there). A case on data that may not be
copied is read from the folder named by GBASPATIAL_ORACLES, or from a `shared/oracles`
folder beside the checkout; where neither is there, its test skips with that reason.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gbaspatial.weights import Weights, from_pairs

HERE = Path(__file__).parent / "reference"
BESIDE = Path(os.environ.get("GBASPATIAL_ORACLES", Path(__file__).parents[2] / "shared" / "oracles"))


def find(name: str) -> Path:
    """The file `cases/x.json` or `data/x.csv`, here or beside the checkout; else skip the test."""
    for folder in (HERE, BESIDE):
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} may not be copied into the project and no oracles folder is beside it")


def data(name: str, index: str | list[str] = "id", **options: Any) -> pd.DataFrame:
    """The data set `name`, indexed by its `id` column, or by those of a panel."""
    return pd.read_csv(find(f"data/{name}.csv"), **options).set_index(index)


def weights(name: str, ids: pd.Index | None = None) -> Weights:
    """The edge list `name` as weights; `ids` adds islands."""
    pairs = pd.read_csv(find(f"data/{name}.csv"))
    return from_pairs(pairs, ids=ids)


@dataclass(frozen=True)
class Case:
    """One oracle case; `expected` is addressed by a path of keys."""

    name: str
    raw: dict[str, Any]

    @property
    def expected(self) -> dict[str, Any]:
        return self.raw["expected"]

    @property
    def data(self) -> pd.DataFrame:
        return data(self.raw["dataset"])

    def w(self, style: str = "W") -> Weights:
        return weights(f"{self.raw['dataset']}_{style}", self.data.index)

    def close(self, got: Any, want: Any, rtol: float | None = None, atol: float | None = None) -> None:
        """Assert that `got` is `want` within the tolerance of the case; `None` in `want` is skipped."""
        tolerance = self.raw["tolerance"]
        expected = np.asarray([np.nan if v is None else v for v in np.atleast_1d(want)], dtype=float)
        found = np.atleast_1d(np.asarray(got, dtype=float))
        known = ~np.isnan(expected)
        np.testing.assert_allclose(
            found[known],
            expected[known],
            rtol=tolerance["rtol"] if rtol is None else rtol,
            atol=tolerance["atol"] if atol is None else atol,
            err_msg=self.name,
        )


def case(name: str) -> Case:
    """The case `name`, such as ``"ml_lag__columbus"``."""
    return Case(name, json.loads(find(f"cases/{name}.json").read_text()))
