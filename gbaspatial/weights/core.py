"""`Weights`: an immutable spatial weights matrix with unit labels and its own history."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gbaspatial.errors import LabelTypeError, OptionError
from gbaspatial.options import public, public_methods
from gbaspatial.weights import algebra, scaling
from gbaspatial.weights.diagonal import Diagonal, without_self_links
from gbaspatial.weights.labelled_matrix import Standardization as Standardization, is_number
from gbaspatial.weights.recipe import Recipe as Recipe, Step as Step
from gbaspatial.weights.standardizations import Standardizable

if TYPE_CHECKING:
    from gbaspatial.results import Summary


@public_methods
class Weights(Standardizable):
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

    Examples
    --------
    >>> w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["Foshan", "Zhaoqing", "Jiangmen"]).row_standardized()
    >>> w
    <Weights: 3 units, 4 links, row; matrix -> row_standardized>
    >>> w.lag(pd.Series({"Jiangmen": 3.0, "Foshan": 1.0, "Zhaoqing": 2.0})).to_dict()
    {'Jiangmen': 1.0, 'Foshan': 2.5, 'Zhaoqing': 1.0}
    """

    # -- orders and algebra -----------------------------------------------------------
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
        """Links of either W, matched by label, with their weights.

        Parameters
        ----------
        other : Weights, or a libpysal Graph or W
            Over the same units, in any order.
        weights : {"max", "sum", "first"}
            Where both have a link: the larger weight, their sum, or that of this W.

        Raises
        ------
        AlignmentError
            If the units differ.

        Examples
        --------
        >>> a, b = Weights([[0, 2], [0, 0]], "xy"), Weights([[0, 3], [1, 0]], "yx")
        >>> a.union(b).to_frame().values.tolist()
        [['x', 'y', 2.0], ['y', 'x', 3.0]]
        """
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
        if not (is_number(factor) and factor > 0):
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
            holds both ways unless the reverse pair is given too, and a pair of one group with
            itself for links within it; or a square frame with groups as index (from) and
            columns (to), whose diagonal is not read. Zero closes a border.

        Returns
        -------
        Weights
            Not standardized. Standardizing rows keeps friction only where a unit has links of
            different friction: where all cross a border (Hong Kong and Macao by land), it is undone,
            and a warning says so. ``.spectral()`` and ``.min_max()`` keep it everywhere.

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

        matrix, evened = slowed(self._sparse, self._ids, groups, friction)
        by = {"by": groups.name if groups.name is not None else "groups"}
        made = self._like(matrix, "with_friction", "none", friction=_told_friction(friction), **by)
        made.__dict__["_evened"] = evened
        return made

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

        networkx = import_extra("networkx", extra="notebook")
        graph = networkx.Graph() if self.is_symmetric else networkx.DiGraph()
        graph.add_nodes_from(self._ids.tolist())
        graph.add_weighted_edges_from(self.to_frame().itertuples(index=False, name=None))
        return graph

    def save(self, path: str | Path) -> Path:
        """Write W to a file; the ending says how: see `gbaspatial.weights.write`."""
        from gbaspatial.weights.exchange.weight_files import write

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


@public
def as_weights(w: Any, *, diagonal: Diagonal = "error") -> Weights:
    """`w` as `Weights`: takes ours, a `libpysal.graph.Graph` or a `libpysal.weights.W`, and changes none.

    Parameters
    ----------
    w : Weights, or a libpysal Graph or W
    diagonal : {"error", "drop"}
        What to do with links of units with themselves, as the kernels of libpysal have:
        refuse them, or leave them out and warn.

    Returns
    -------
    Weights
        The same object, if it is ours.

    Raises
    ------
    LabelTypeError
        For anything else (it is a TypeError).
    WeightsError
        If a unit is linked with itself, unless ``diagonal="drop"``.

    Examples
    --------
    >>> w = Weights([[0, 1], [1, 0]], ["Macao", "Zhuhai"])
    >>> as_weights(w.to_libpysal()).ids.tolist()
    ['Macao', 'Zhuhai']
    """
    if isinstance(w, Weights):
        return w
    origin = type(w).__module__
    styles: dict[str, Standardization] = {"R": "row", "B": "binary", "D": "global", "V": "variance_stabilized"}
    if origin.startswith("libpysal.graph"):
        style, ids, name = str(w.transformation).upper(), pd.Index(w.unique_ids), "libpysal.graph.Graph"
        recipe = Recipe().then(name, transformation=w.transformation)
    elif origin.startswith("libpysal."):
        style, ids, name = str(w.transform).upper(), pd.Index(list(w.id_order)), "libpysal.weights.W"
        recipe = Recipe().then(name, transform=w.transform)
    else:
        raise LabelTypeError(
            f"w is a {type(w).__name__}; give Weights (from gbaspatial.weights), a libpysal Graph or a libpysal W."
        )
    matrix, dropped = without_self_links(w.sparse, ids, diagonal, f"the {name}")
    if dropped:  # the sums of its rows, or of all, are no longer what the style says
        recipe, style = recipe.then("without_diagonal", dropped=dropped), style if style == "B" else "O"
    if style == "D":
        recipe = recipe.then("globally_standardized", total=1.0)
    return Weights(matrix, ids, recipe=recipe, standardization=styles.get(style, "none"))
