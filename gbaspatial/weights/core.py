"""`Weights`: an immutable spatial weights matrix with unit labels and its own history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import scipy.sparse as sp

from gbaspatial.alignment import check_units
from gbaspatial.errors import (
    OptionError,
    WeightsError,
    no_member,
)
from gbaspatial.options import public, public_methods, word
from gbaspatial.weights import composition, conversion, isolation, neighborhood, show, standardizations
from gbaspatial.weights.annotations import IslandLag, Standardization
from gbaspatial.weights.frozen import FrozenError, frozen
from gbaspatial.weights.recipe import Recipe
from gbaspatial.weights.scaling import false_claim
from gbaspatial.weights.square_table import checked_matrix

if TYPE_CHECKING:
    from gbaspatial.alignment import Label
    from gbaspatial.weights.square_table import Matrix

_CALLED = {
    "transform": "row_standardized() or another verb",
    "full": "sparse.toarray()",
    "to_adjlist": "to_frame()",
    "adjacency": "to_frame()",
    "id_order": "ids",
    "unique_ids": "ids",
    "listw": "row_standardized()",
}  # what PySAL and R call so


@public_methods
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

    Examples
    --------
    >>> w = Weights([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ["Foshan", "Zhaoqing", "Jiangmen"]).row_standardized()
    >>> w
    <Weights: 3 units, 4 links, row; matrix -> row_standardized>
    >>> w.lag(pd.Series({"Jiangmen": 3.0, "Foshan": 1.0, "Zhaoqing": 2.0})).to_dict()
    {'Jiangmen': 1.0, 'Foshan': 2.5, 'Zhaoqing': 1.0}
    """

    _ids: pd.Index
    _sparse: sp.csr_array
    _recipe: Recipe
    _standardization: Standardization
    _island_policy: IslandLag

    @public
    def __init__(
        self,
        matrix: Matrix,
        ids: pd.Index | Iterable[Label],
        *,
        recipe: Recipe | None = None,
        standardization: Standardization = "none",
        islands: IslandLag = "zero",
    ) -> None:
        if isinstance(ids, bytes) or not isinstance(ids, Iterable):
            raise OptionError(f"ids={ids!r} must be a list of labels.")
        index = ids if isinstance(ids, pd.Index) else pd.Index(list(ids))
        check_units(index, "weights")
        if len(index) == 0:
            raise WeightsError("there are no units; a W needs at least one.")
        word(islands, ("nan", "zero"), "islands")
        word(standardization, get_args(Standardization), "standardization")
        if recipe is not None and not isinstance(recipe, Recipe):
            raise OptionError(f"recipe is a {type(recipe).__name__}; leave it out, or give a Recipe.")
        checked = checked_matrix(matrix, index)
        broken = false_claim(
            standardization, checked, None if recipe is None else recipe.total(), spectrum=recipe is None
        )
        if broken is not None:
            raise WeightsError(
                f"standardization={standardization!r} is claimed, but {broken}; leave it out, and use a verb such as "
                f"row_standardized()."
            )
        self.__dict__.update(
            _ids=index.copy(),
            _sparse=checked,
            _recipe=recipe or Recipe().then("matrix"),
            _standardization=standardization,
            _island_policy=islands,
        )

    if not TYPE_CHECKING:  # a type checker knows what is there

        def __getattr__(self, name):
            """Only for names that are not there: what is near."""
            raise no_member("a W", name, [n for n in dir(type(self)) if n[0] != "_"], _CALLED)

    # -- it never changes -------------------------------------------------------------
    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenError(f"a W never changes, so {name} cannot be set; every verb, such as subset, gives a new W.")

    def __delattr__(self, name: str) -> None:
        raise FrozenError(f"a W never changes, so {name} cannot be deleted.")

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update({name: frozen(value) for name, value in state.items()})  # unpickled arrays are writable

    # -- what it is -------------------------------------------------------------------
    @property
    def ids(self) -> pd.Index:
        """Unit labels in matrix order."""
        shown = self.__dict__.get("_shown_ids")
        if shown is None or shown.name is not self._ids.name:  # its name can be set: then nobody else shall see it
            self.__dict__["_shown_ids"] = shown = self._ids.view()
        return shown

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

    @property
    def cardinalities(self) -> pd.Series:
        """Number of neighbors of each unit."""
        return pd.Series(np.diff(self._sparse.indptr), index=self.ids, name="cardinality")

    @property
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
        return frozen(np.asarray(self._sparse.sum(axis=1)).ravel())

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
        from scipy.sparse import csgraph

        return frozen(csgraph.connected_components(self._sparse, directed=False)[1])

    @property
    def components(self) -> pd.Series:
        """Number of the connected component of each unit."""
        return pd.Series(self._components.copy(), index=self.ids, name="component")

    @property
    def n_components(self) -> int:
        """Number of connected components."""
        return int(self._components.max()) + 1

    # -- the spectrum -----------------------------------------------------------------
    @cached_property
    def similarity(self) -> tuple[sp.csr_array, np.ndarray] | None:
        """S and log r (n,) with W = R^-1 S R, S symmetric and R = diag(r), or None where W has no such S.

        W = D^-1 A with A symmetric is similar to S = D^-1/2 A D^-1/2 (Ord 1975), r being the
        root of D; the general condition is that w_ij w_jk w_ki = w_ik w_kj w_ji on every cycle.
        """
        from gbaspatial.weights import spectrum

        return frozen(spectrum.similarity(self._sparse))

    @property
    def similar_symmetric(self) -> sp.csr_array | None:
        """A symmetric matrix with the same eigenvalues as W, or None where W has none (see `similarity`)."""
        return None if self.similarity is None else self.similarity[0]

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
        from gbaspatial.weights import spectrum

        return frozen(spectrum.eigenvalues(self._sparse, self.similar_symmetric))

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The admissible range of rho: where I - rho W stays invertible around zero.

        It is (1 / smallest, 1 / largest) real eigenvalue of W; an end is infinite where
        W has no real eigenvalue of that sign.
        """
        from gbaspatial.weights import spectrum

        known = "_eigenvalues" in self.__dict__ or self.n <= spectrum.EIGEN_LIMIT
        values = self._eigenvalues if known else None
        return spectrum.admissible_interval(self._sparse, self.similar_symmetric, values)

    # -- as a mapping of units to their neighbors ---------------------------------------
    __getitem__ = neighborhood.weights_of

    def __contains__(self, unit: object) -> bool:
        return unit in self._ids

    def __iter__(self) -> Iterator[Label]:
        """The labels of the units, as a mapping of units to their neighbors has them."""
        return iter(self._ids)

    def __len__(self) -> int:
        return self.n

    # -- its verbs: functions of a W, assigned ----------------------------------------
    lag = neighborhood.lag
    neighbors = neighborhood.neighbors
    with_islands = isolation.with_islands
    row_standardized = standardizations.row_standardized
    binary = standardizations.binary
    spectral = standardizations.spectral
    min_max = standardizations.min_max
    variance_stabilized = standardizations.variance_stabilized
    doubly_standardized = standardizations.doubly_standardized
    globally_standardized = standardizations.globally_standardized
    subset = standardizations.subset
    symmetrized = composition.symmetrized
    power = composition.power
    higher_order = composition.higher_order
    union = composition.union
    intersection = composition.intersection
    difference = composition.difference
    hadamard = composition.hadamard
    scaled = composition.scaled
    with_friction = composition.with_friction
    to_frame = conversion.to_frame
    to_sparse = conversion.to_sparse
    to_graph = conversion.to_graph
    to_libpysal = conversion.to_libpysal
    to_networkx = conversion.to_networkx
    save = conversion.save

    # -- how it shows itself ----------------------------------------------------------
    describe = show.describe
    plot = show.plot
    explore = show.explore

    def __repr__(self) -> str:
        islands = f", {len(self.islands)} islands" if len(self.islands) else ""
        style = "" if self._standardization == "none" else f", {self._standardization}"
        return f"<Weights: {self.n} units, {self.n_links} links{islands}{style}; {self._recipe}>"

    def _repr_html_(self) -> str:
        return self.describe()._repr_html_()
