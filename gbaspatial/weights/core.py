"""`Weights`: an immutable spatial weights matrix with unit labels and its own history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse import csgraph

from gbaspatial.alignment import align, check_units, labelled
from gbaspatial.errors import OptionError, UnknownNameError, WeightsError, check_option, nearest_names, some
from gbaspatial.weights import spectrum

Standardization = Literal["none", "row", "binary", "spectral", "min_max", "variance_stabilized", "doubly", "global"]
IslandPolicy = Literal["nan", "zero"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the making of a W: what was done, with which options."""

    name: str
    options: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        told = ", ".join(f"{key}={value}" for key, value in self.options if value is not None)
        return f"{self.name}({told})" if told else self.name


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a W was made, step by step; travels with it into every result."""

    steps: tuple[Step, ...] = ()

    def then(self, name: str, **options: Any) -> Recipe:
        """This recipe with one more step."""
        return Recipe((*self.steps, Step(name, tuple(options.items()))))

    def to_dict(self) -> list[dict[str, Any]]:
        """The steps as plain dictionaries, for JSON."""
        return [{"step": step.name, **dict(step.options)} for step in self.steps]

    @classmethod
    def from_dict(cls, steps: Iterable[Mapping[str, Any]]) -> Recipe:
        """The inverse of `to_dict`."""
        return cls(tuple(Step(str(s["step"]), tuple((k, v) for k, v in s.items() if k != "step")) for s in steps))

    def __str__(self) -> str:
        return " -> ".join(map(str, self.steps)) or "given"


class Weights:
    """An immutable n x n spatial weights matrix W with labels and a recipe.

    Build one with the functions of `gbaspatial.weights` (`contiguity`, `nearest`,
    `distance_band`, `from_pairs`, ...), not by hand. W is used as given everywhere:
    no statistic standardizes it in passing.

    Attributes
    ----------
    ids : pandas.Index, length n
        Unit labels, the order of rows and columns.
    sparse : scipy.sparse.csr_array, shape (n, n)
        The weights; zero diagonal, no stored zeros, read only.
    recipe : Recipe
        How W was made.
    standardization : str
        ``"none"``, ``"row"``, ...
    """

    def __init__(
        self,
        matrix: Any,
        ids: pd.Index | Iterable[Any],
        *,
        recipe: Recipe | None = None,
        standardization: Standardization = "none",
        islands: IslandPolicy = "zero",
    ) -> None:
        index = ids if isinstance(ids, pd.Index) else pd.Index(list(ids))
        check_units(index, "weights")
        self._ids = index.copy()
        self._sparse = _checked_matrix(matrix, index)
        self._recipe = recipe or Recipe().then("matrix")
        self._standardization: Standardization = standardization
        check_option(islands, ("nan", "zero"), "islands")
        self._island_policy: IslandPolicy = islands

    # -- what it is -------------------------------------------------------------------
    @property
    def ids(self) -> pd.Index:
        """Unit labels in matrix order."""
        return self._ids

    @property
    def sparse(self) -> sp.csr_array:
        """W as a read-only CSR array (n, n)."""
        return self._sparse

    @property
    def recipe(self) -> Recipe:
        """How this W was made."""
        return self._recipe

    @property
    def standardization(self) -> Standardization:
        """The standardization in force."""
        return self._standardization

    @property
    def island_policy(self) -> IslandPolicy:
        """What `lag` returns for a unit without neighbors: NaN or 0."""
        return self._island_policy

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self._ids)

    @property
    def n_links(self) -> int:
        """Number of non-zero weights."""
        return int(self._sparse.nnz)

    @cached_property
    def cardinalities(self) -> pd.Series:
        """Number of neighbors of each unit."""
        return pd.Series(np.diff(self._sparse.indptr), index=self._ids, name="cardinality")

    @cached_property
    def islands(self) -> pd.Index:
        """Units without neighbors (no link out)."""
        return self._ids[np.diff(self._sparse.indptr) == 0]

    @property
    def density(self) -> float:
        """Share of the n (n - 1) possible links that exist."""
        return self.n_links / (self.n * (self.n - 1)) if self.n > 1 else 0.0

    @cached_property
    def is_symmetric(self) -> bool:
        """Whether w_ij = w_ji for all pairs (to 1e-12 of the largest weight)."""
        difference = abs(self._sparse - self._sparse.T)
        largest = abs(self._sparse.data).max() if self.n_links else 1.0
        return bool(difference.nnz == 0 or difference.max() <= 1e-12 * largest)

    @cached_property
    def is_row_stochastic(self) -> bool:
        """Whether every row sums to one (so no islands)."""
        return bool(np.allclose(self.row_sums, 1.0, rtol=0, atol=1e-12))

    @cached_property
    def row_sums(self) -> np.ndarray:
        """Row sums (n,)."""
        return np.asarray(self._sparse.sum(axis=1)).ravel()

    @cached_property
    def s0(self) -> float:
        """Sum of all weights."""
        return float(self._sparse.sum())

    @cached_property
    def s1(self) -> float:
        """Half the sum of (w_ij + w_ji)^2."""
        both = self._sparse + self._sparse.T
        return float((both.multiply(both)).sum() / 2)

    @cached_property
    def s2(self) -> float:
        """Sum of (row sum + column sum)^2."""
        columns = np.asarray(self._sparse.sum(axis=0)).ravel()
        return float(((self.row_sums + columns) ** 2).sum())

    @cached_property
    def _components(self) -> np.ndarray:
        return csgraph.connected_components(self._sparse, directed=False)[1]

    @property
    def components(self) -> pd.Series:
        """Number of the connected component of each unit."""
        return pd.Series(self._components, index=self._ids, name="component")

    @property
    def n_components(self) -> int:
        """Number of connected components."""
        return int(self._components.max()) + 1

    # -- the spectrum -----------------------------------------------------------------
    @cached_property
    def similar_symmetric(self) -> sp.csr_array | None:
        """A symmetric matrix with the same eigenvalues as W, or None where W has none.

        W = D^-1 A with A symmetric is similar to D^-1/2 A D^-1/2 (Ord 1975); the
        general condition is that w_ij w_jk w_ki = w_ik w_kj w_ji on every cycle.
        """
        return spectrum.similar_symmetric(self._sparse)

    def eigenvalues(self) -> np.ndarray:
        """All n eigenvalues of W (real where W is similar to a symmetric matrix), cached.

        Raises
        ------
        WeightsError
            Above 5,000 units, where a dense matrix would be needed.
        """
        return self._eigenvalues

    @cached_property
    def _eigenvalues(self) -> np.ndarray:
        return spectrum.eigenvalues(self._sparse, self.similar_symmetric)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The admissible range of rho: where I - rho W stays invertible around zero.

        It is (1 / smallest, 1 / largest) real eigenvalue of W; an end is infinite where
        W has no real eigenvalue of that sign.
        """
        return spectrum.admissible_interval(self._sparse, self.similar_symmetric)

    # -- what it does -----------------------------------------------------------------
    def lag(self, values: pd.Series) -> pd.Series:
        """The spatial lag W y, matched by label.

        Parameters
        ----------
        values : pandas.Series, length n

        Returns
        -------
        pandas.Series
            In the order of `values`; islands follow the island policy.

        Examples
        --------
        >>> w = Weights([[0, 1], [1, 0]], ["a", "b"])
        >>> w.lag(pd.Series({"b": 2.0, "a": 1.0}, name="x")).to_dict()
        {'b': 1.0, 'a': 2.0}
        """
        numbers = align(values, self._ids)
        lagged = self._sparse @ numbers
        if self._island_policy == "nan":
            lagged[np.diff(self._sparse.indptr) == 0] = np.nan
        return labelled(lagged, self._ids, values.index, values.name)

    def _like(self, matrix: Any, step: str, standardization: Standardization | None = None, **options: Any) -> Weights:
        return Weights(
            matrix,
            self._ids,
            recipe=self._recipe.then(step, **options),
            standardization=self._standardization if standardization is None else standardization,
            islands=self._island_policy,
        )

    def row_standardized(self) -> Weights:
        """W with every row divided by its sum (style W); rows of islands stay zero."""
        sums = np.where(self.row_sums == 0, 1.0, self.row_sums)
        return self._like(_scale_rows(self._sparse, 1 / sums), "row_standardized", "row")

    def binary(self) -> Weights:
        """W with every link set to one (style B)."""
        ones = self._sparse.copy()
        ones.data = np.ones_like(ones.data)
        return self._like(ones, "binary", "binary")

    def subset(self, labels: Iterable[Any]) -> Weights:
        """W among `labels` only, in their order; a standardized W is standardized anew.

        Raises
        ------
        UnknownNameError
            If a label is not a unit of W.
        """
        chosen = labels if isinstance(labels, pd.Index) else pd.Index(list(labels))
        check_units(chosen, "labels")
        places = self._ids.get_indexer(chosen)
        if (places < 0).any():
            unknown = chosen[places < 0]
            raise UnknownNameError(f"the weights have no unit {some(unknown)}. {nearest_names(unknown[0], self._ids)}")
        matrix = self._sparse[places][:, places]
        if self._standardization not in ("none", "row", "binary"):
            raise OptionError(
                f"a {self._standardization} W cannot be cut; take the subset first and standardize it then."
            )
        part = Weights(
            matrix,
            chosen.rename(self._ids.name),
            recipe=self._recipe.then("subset", n=len(chosen)),
            standardization=self._standardization,
            islands=self._island_policy,
        )
        return part.row_standardized() if self._standardization == "row" else part

    # -- others' shapes ---------------------------------------------------------------
    def to_frame(self) -> pd.DataFrame:
        """Links as a frame with columns `focal`, `neighbor`, `weight`."""
        pairs = self._sparse.tocoo()
        return pd.DataFrame(
            {"focal": self._ids[pairs.coords[0]], "neighbor": self._ids[pairs.coords[1]], "weight": pairs.data}
        )

    def to_sparse(self) -> sp.csr_array:
        """A writable copy of the matrix."""
        return self._sparse.copy()

    def to_graph(self) -> Any:
        """A `libpysal.graph.Graph` with the same ids and weights; islands are kept."""
        from libpysal.graph import Graph

        return Graph.from_sparse(sp.csr_array(self._sparse.copy()), ids=list(self._ids))

    def to_libpysal(self) -> Any:
        """A `libpysal.weights.W` with the same ids and weights; islands are kept."""
        from libpysal.weights import W

        neighbors: dict[Any, list[Any]] = {}
        weights: dict[Any, list[float]] = {}
        for place, unit in enumerate(self._ids.tolist()):
            span = slice(self._sparse.indptr[place], self._sparse.indptr[place + 1])
            neighbors[unit] = self._ids[self._sparse.indices[span]].tolist()
            weights[unit] = self._sparse.data[span].tolist()
        return W(neighbors, weights, id_order=self._ids.tolist(), silence_warnings=True)

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        islands = f", {len(self.islands)} islands" if len(self.islands) else ""
        return f"<Weights: {self.n} units, {self.n_links} links{islands}; {self._recipe}>"


def _checked_matrix(matrix: Any, ids: pd.Index) -> sp.csr_array:
    """`matrix` as a read-only CSR array without zeros, or an error that names the units at fault."""
    csr = sp.csr_array(matrix, dtype=float, copy=True)
    if csr.shape != (len(ids), len(ids)):
        raise WeightsError(f"the matrix is {csr.shape[0]} x {csr.shape[1]}, but there are {len(ids)} ids.")
    csr.sum_duplicates()
    bad = ~np.isfinite(csr.data) | (csr.data < 0)
    if bad.any():
        rows = np.repeat(np.arange(len(ids)), np.diff(csr.indptr))[bad]
        pairs = [f"{ids[r]} to {ids[c]} ({v})" for r, c, v in zip(rows, csr.indices[bad], csr.data[bad], strict=True)]
        raise WeightsError(f"weights must be finite and not negative, but are not for {some(pairs)}.")
    selfed = csr.diagonal() != 0
    if selfed.any():
        raise WeightsError(
            f"a unit cannot neighbor itself, but the diagonal is not zero for {some(ids[selfed])}; set it to zero."
        )
    csr.eliminate_zeros()
    csr.sort_indices()
    for part in (csr.data, csr.indices, csr.indptr):
        part.flags.writeable = False
    return csr


def _scale_rows(matrix: sp.csr_array, factors: np.ndarray) -> sp.csr_array:
    scaled = matrix.copy()
    scaled.data = matrix.data * np.repeat(factors, np.diff(matrix.indptr))
    return scaled


def as_weights(w: Any) -> Weights:
    """`w` as `Weights`: takes ours, a `libpysal.graph.Graph` or a `libpysal.weights.W`, and changes none.

    Raises
    ------
    TypeError
        For anything else.
    """
    if isinstance(w, Weights):
        return w
    origin = type(w).__module__
    if origin.startswith("libpysal.graph"):
        return Weights(w.sparse, pd.Index(w.unique_ids), recipe=Recipe().then("libpysal.graph.Graph"))
    if origin.startswith("libpysal."):
        return Weights(w.sparse, pd.Index(list(w.id_order)), recipe=Recipe().then("libpysal.weights.W"))
    raise TypeError(
        f"w is a {type(w).__name__}; give Weights (from gbaspatial.weights), a libpysal Graph or a libpysal W."
    )


def from_pairs(pairs: pd.DataFrame, *, ids: Iterable[Any] | None = None) -> Weights:
    """W from a frame of links.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Columns `focal`, `neighbor` and, if not all links weigh one, `weight`.
    ids : iterable, optional
        All units in the wanted order, islands among them; by default the sorted units
        that occur.

    Examples
    --------
    >>> from_pairs(pd.DataFrame({"focal": ["a", "b"], "neighbor": ["b", "a"]})).n_links
    2
    """
    for column in ("focal", "neighbor"):
        if column not in pairs.columns:
            raise UnknownNameError(f"the pairs have no column {column!r}. {nearest_names(column, pairs.columns)}")
    occurring = pd.Index(pd.concat([pairs["focal"], pairs["neighbor"]]).unique())
    index = occurring.sort_values() if ids is None else pd.Index(list(ids))
    check_units(index, "ids")
    twice = pairs.duplicated(["focal", "neighbor"])
    if twice.any():
        told = [f"{a} to {b}" for a, b in pairs.loc[twice, ["focal", "neighbor"]].itertuples(index=False)]
        raise WeightsError(f"these links occur more than once: {some(told)}; keep one row a link.")
    unknown = occurring.difference(index, sort=False)
    if len(unknown):
        raise UnknownNameError(f"the pairs name units that are not among the ids: {some(unknown)}.")
    weight = pairs["weight"].to_numpy(float) if "weight" in pairs.columns else np.ones(len(pairs))
    rows, columns = index.get_indexer(pairs["focal"]), index.get_indexer(pairs["neighbor"])
    matrix = sp.coo_array((weight, (rows, columns)), shape=(len(index), len(index)))
    return Weights(matrix, index, recipe=Recipe().then("pairs"))


def from_matrix(matrix: pd.DataFrame) -> Weights:
    """W from a labelled square frame (rows: focal, columns: neighbor).

    Examples
    --------
    >>> from_matrix(pd.DataFrame([[0, 2], [1, 0]], index=["a", "b"], columns=["a", "b"])).s0
    3.0
    """
    if not isinstance(matrix, pd.DataFrame):
        raise TypeError(f"the matrix is a {type(matrix).__name__}; give a DataFrame with units as index and columns.")
    check_units(matrix.index, "matrix rows")
    if set(matrix.index) != set(matrix.columns):
        raise WeightsError("rows and columns of the matrix name different units; label both with the same ids.")
    values = matrix.loc[:, list(matrix.index)].to_numpy(float)
    return Weights(values, matrix.index, recipe=Recipe().then("matrix"))
