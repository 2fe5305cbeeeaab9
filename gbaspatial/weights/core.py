"""`Weights`: an immutable spatial weights matrix with unit labels and its own history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse import csgraph

from gbaspatial.alignment import align, check_units, labelled
from gbaspatial.errors import OptionError, UnknownNameError, WeightsError, check_option, nearest_names, some
from gbaspatial.weights import algebra, scaling, spectrum
from gbaspatial.weights.recipe import Recipe as Recipe, Step as Step

if TYPE_CHECKING:
    from gbaspatial.results import Summary

Standardization = Literal["none", "row", "binary", "spectral", "min_max", "variance_stabilized", "doubly", "global"]
IslandLag = Literal["nan", "zero"]


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
        islands: IslandLag = "zero",
    ) -> None:
        index = ids if isinstance(ids, pd.Index) else pd.Index(list(ids))
        check_units(index, "weights")
        self._ids = index.copy()
        self._sparse = _checked_matrix(matrix, index)
        self._recipe = recipe or Recipe().then("matrix")
        self._standardization: Standardization = standardization
        check_option(islands, ("nan", "zero"), "islands")
        self._island_policy: IslandLag = islands

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
    def island_policy(self) -> IslandLag:
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
        known = "_eigenvalues" in self.__dict__ or self.n <= spectrum.EXACT_ENDS
        values = self._eigenvalues if known else None
        return spectrum.admissible_interval(self._sparse, self.similar_symmetric, values)

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

    def with_islands(self, *, lag: IslandLag) -> Weights:
        """The same W whose `lag` gives islands NaN or zero; the choice is carried on."""
        return Weights(
            self._sparse,
            self._ids,
            recipe=self._recipe.then("with_islands", lag=lag),
            standardization=self._standardization,
            islands=lag,
        )

    # -- standardizations -------------------------------------------------------------
    def row_standardized(self) -> Weights:
        """W with every row divided by its sum (style W of spdep); rows of islands stay zero."""
        return self._like(scaling.by_row(self._sparse), "row_standardized", "row")

    def binary(self) -> Weights:
        """W with every link set to one (style B)."""
        return self._like(algebra.pattern(self._sparse), "binary", "binary")

    def spectral(self) -> Weights:
        """W divided by its largest eigenvalue, so that rho < 1 is admissible (Kelejian and Prucha 2010)."""
        largest = 1 / self.interval[1]
        if largest <= 0:
            raise WeightsError("W has no positive eigenvalue to divide by (it has no cycle of links).")
        return self._like(scaling.times(self._sparse, 1 / largest), "spectral", "spectral")

    def min_max(self) -> Weights:
        """W divided by the smaller of its largest row sum and column sum (Kelejian and Prucha 2010)."""
        return self._like(scaling.by_largest_sum(self._sparse), "min_max", "min_max")

    def variance_stabilized(self) -> Weights:
        """Rows divided by the root of their sum of squares, then scaled to sum to n (style S, Tiefelsdorf et al. 1999).

        n counts units with neighbors.
        """
        return self._like(scaling.by_root_of_squares(self._sparse), "variance_stabilized", "variance_stabilized")

    def doubly_standardized(self) -> Weights:
        """W scaled so that all rows and all columns sum to one (Sinkhorn 1964).

        Raises
        ------
        WeightsError
            If the pattern of links allows none, e.g. where a unit with several neighbors
            is the only neighbor of another one.
        """
        return self._like(scaling.by_row_and_column(self._sparse), "doubly_standardized", "doubly")

    def globally_standardized(self, *, total: float | None = None) -> Weights:
        """All weights divided by one number, so that they sum to `total`.

        By default to the number of units with neighbors (style C of spdep); ``total=1`` is
        its style U.
        """
        goal = float(max(scaling.linked(self._sparse), 1)) if total is None else float(total)
        if not (np.isfinite(goal) and goal > 0):
            raise OptionError(f"total={total!r} must be a positive number.")
        return self._like(scaling.by_total(self._sparse, goal), "globally_standardized", "global", total=total)

    # -- parts, orders, algebra -------------------------------------------------------
    def subset(self, labels: Iterable[Any]) -> Weights:
        """W among `labels` only, in their order; a standardized W is standardized anew.

        Raises
        ------
        UnknownNameError
            If a label is not a unit of W.

        Examples
        --------
        >>> w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["a", "b", "c"]).row_standardized()
        >>> w.subset(["a", "b"]).to_frame()["weight"].tolist()
        [1.0, 1.0]
        """
        chosen = labels if isinstance(labels, pd.Index) else pd.Index(list(labels))
        check_units(chosen, "labels")
        places = self._ids.get_indexer(chosen)
        if (places < 0).any():
            unknown = chosen[places < 0]
            raise UnknownNameError(f"the weights have no unit {some(unknown)}. {nearest_names(unknown[0], self._ids)}")
        part = Weights(
            self._sparse[places][:, places],
            chosen.rename(self._ids.name),
            recipe=self._recipe.then("subset", n=len(chosen)),
            standardization=self._standardization if self._standardization == "binary" else "none",
            islands=self._island_policy,
        )
        # scalings of rows and columns are undone by the same scaling of the part
        anew = {
            "row": part.row_standardized,
            "spectral": part.spectral,
            "min_max": part.min_max,
            "variance_stabilized": part.variance_stabilized,
            "doubly": part.doubly_standardized,
            "global": lambda: part.globally_standardized(total=self._global_total()),
        }
        return anew[self._standardization]() if self._standardization in anew else part

    def _global_total(self) -> float | None:
        options = [dict(s.options) for s in self._recipe.steps if s.name == "globally_standardized"]
        return options[-1].get("total") if options else None

    def symmetrized(self, how: algebra.Symmetry = "max") -> Weights:
        """W and its transpose put together: the larger weight of each pair, their mean, the smaller, or their sum."""
        return self._like(algebra.symmetric(self._sparse, how), "symmetrized", "none", how=how)

    def power(self, k: int) -> Weights:
        """The matrix power W^k with its diagonal set to zero: walks of k links to other units."""
        _check_order(k, 1)
        result = self._sparse
        for _ in range(k - 1):
            result = sp.csr_array(result @ self._sparse)
        return self._like(algebra.without_diagonal(result), "power", "none" if k > 1 else None, k=k)

    def higher_order(self, k: int, *, cumulative: bool = False) -> Weights:
        """Neighbors of order `k`: those whose shortest path has k links (at most k, if `cumulative`); weight 1.

        Examples
        --------
        >>> line = Weights([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ["a", "b", "c"])
        >>> line.higher_order(2).to_frame()[["focal", "neighbor"]].values.tolist()
        [['a', 'c'], ['c', 'a']]
        """
        _check_order(k, 1)
        matrix = algebra.pattern(self._sparse) if k == 1 else algebra.order_of(self._sparse, k, cumulative)
        return self._like(matrix, "higher_order", "binary", k=k, cumulative=cumulative or None)

    def union(self, other: Any, *, weights: algebra.Union = "max") -> Weights:
        """Links of either W; where both have one: the larger weight, their sum, or this W's (`first`)."""
        return self._with("union", other, algebra.union, weights)

    def intersection(self, other: Any, *, weights: algebra.Intersection = "first") -> Weights:
        """Links of both W, with the weight of this one, the smaller, the larger, or their product."""
        return self._with("intersection", other, algebra.intersection, weights)

    def difference(self, other: Any) -> Weights:
        """Links of this W that `other` does not have, with their weights."""
        return self._with("difference", other, algebra.difference)

    def hadamard(self, other: Any) -> Weights:
        """The product of both W, link by link."""
        return self._with("hadamard", other, algebra.intersection, "product")

    def scaled(self, factor: float) -> Weights:
        """W multiplied by a positive number."""
        if not (np.isfinite(factor) and factor > 0):
            raise OptionError(f"factor={factor!r} must be a positive number.")
        return self._like(scaling.times(self._sparse, float(factor)), "scaled", "none", factor=float(factor))

    def _with(self, step: str, other: Any, operation: Any, *options: str) -> Weights:
        second = as_weights(other)
        matrix = operation(self._sparse, algebra.matched(second, self), *options)
        how = {"weights": options[0]} if options and step != "hadamard" else {}
        return self._like(matrix, step, "none", other=second.recipe, **how)

    def with_friction(self, groups: pd.Series, friction: Any) -> Weights:
        """Links across groups multiplied by `friction`: a number, or a table of pairs. See `border.friction_matrix`.

        Parameters
        ----------
        groups : pandas.Series
            The group of each unit, such as ``cities["side"]``, matched by label.
        friction : float, mapping or DataFrame
            One number for every border; or ``{("mainland", "Hong Kong"): 0.5, ...}``, which
            holds both ways unless the reverse pair is given too; or a square frame with
            groups as index (from) and columns (to). Zero closes a border.

        Returns
        -------
        Weights
            Not standardized; ``.row_standardized()`` gives the same before and after.

        Raises
        ------
        OptionError
            If a number is negative or not finite.
        UnknownNameError
            If a pair of groups between which there are links is not given, or is unknown.

        Examples
        --------
        >>> w = Weights([[0, 1, 1], [1, 0, 1], [1, 1, 0]], ["a", "b", "c"])
        >>> side = pd.Series({"c": "east", "a": "west", "b": "west"})
        >>> w.with_friction(side, 0.5).to_frame()["weight"].tolist()
        [1.0, 0.5, 1.0, 0.5, 0.5, 0.5]
        """
        from gbaspatial.weights.border import slowed

        matrix = slowed(self._sparse, self._ids, groups, friction)
        by = {"by": groups.name if groups.name is not None else "groups"}
        return self._like(matrix, "with_friction", "none", friction=_told_friction(friction), **by)

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

    def to_networkx(self) -> Any:
        """A `networkx.DiGraph` (an undirected `Graph` if W is symmetric) with edge attribute `weight`."""
        from gbaspatial.errors import import_extra

        networkx = import_extra("networkx", extra="test")
        graph = networkx.Graph() if self.is_symmetric else networkx.DiGraph()
        graph.add_nodes_from(self._ids.tolist())
        graph.add_weighted_edges_from(self.to_frame().itertuples(index=False, name=None))
        return graph

    def save(self, path: str | Path) -> Path:
        """Write W to a file; the ending says how: see `gbaspatial.weights.write`."""
        from gbaspatial.weights.files import write

        return write(self, path)

    # -- how it shows itself ----------------------------------------------------------
    def describe(self) -> Summary:
        """What this W is, in two tables: its properties, and how many units have how many neighbors."""
        from gbaspatial.weights.show import described

        return described(self)

    def plot(self, units: Any = None, *, ax: Any = None, color: str = "#b2182b") -> Any:
        """Draw the links on a map of `units`, or the matrix where no units are given; gives the matplotlib axes."""
        from gbaspatial.weights.show import drawn

        return drawn(self, units, ax, color)

    def explore(self, units: Any) -> Any:
        """An interactive map of the links over `units` (one offline page; see `gbaspatial.maps`)."""
        from gbaspatial.weights.show import explored

        return explored(self, units)

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        islands = f", {len(self.islands)} islands" if len(self.islands) else ""
        style = "" if self._standardization == "none" else f", {self._standardization}"
        return f"<Weights: {self.n} units, {self.n_links} links{islands}{style}; {self._recipe}>"

    def _repr_html_(self) -> str:
        return self.describe()._repr_html_()


def _check_order(k: int, least: int) -> None:
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or k < least:
        raise OptionError(f"k={k!r} must be an integer, {least} or more.")


def _told_friction(friction: Any) -> Any:
    if isinstance(friction, pd.DataFrame):
        return {f"{a} to {b}": float(friction.loc[a, b]) for a in friction.index for b in friction.columns if a != b}
    if isinstance(friction, Mapping):
        return {" to ".join(map(str, pair)): float(value) for pair, value in friction.items()}
    return float(friction)


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
    styles: dict[str, Standardization] = {"R": "row", "B": "binary", "D": "global", "V": "variance_stabilized"}
    if origin.startswith("libpysal.graph"):
        style = styles.get(str(w.transformation).upper(), "none")
        recipe = Recipe().then("libpysal.graph.Graph", transformation=w.transformation)
        return Weights(w.sparse, pd.Index(w.unique_ids), recipe=recipe, standardization=style)
    if origin.startswith("libpysal."):
        style = styles.get(str(w.transform).upper(), "none")
        recipe = Recipe().then("libpysal.weights.W", transform=w.transform)
        return Weights(w.sparse, pd.Index(list(w.id_order)), recipe=recipe, standardization=style)
    raise TypeError(
        f"w is a {type(w).__name__}; give Weights (from gbaspatial.weights), a libpysal Graph or a libpysal W."
    )
