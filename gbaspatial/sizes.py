"""How far each way of computing goes, in units: every limit once, with its reason.

Refusals come at `DENSE_LIMIT`. At the others one way takes over from another, and both are tested against each
other on either side. Below them stand the margins, and the parts in which work is done, that several files share.
"""

DENSE_LIMIT = 5_000  # a dense n x n matrix takes 200 MB, and several are held at once; beyond it is refused
EIGEN_LIMIT = 500  # all eigenvalues of W are had in a moment; beyond, factors of I - rho W are faster
INVERT_LIMIT = 500  # (I - rho W)^-1 whole, for thousands of outcomes; beyond, its factors are faster
SPLINE_LIMIT = 2_000  # all eigenvalues, for log-determinants at thousands of rho; beyond, a polynomial is faster
RESOLVENT_LIMIT = 800  # all eigenvectors, for impacts at every rho; beyond, a polynomial is faster
TRACES_LIMIT = 800  # G = W (I - rho W)^-1 whole, for exact traces; beyond they come from random probes
PANEL_TRACES_LIMIT = 1_000  # the same of one period, whose inverse serves all periods with this W
SQUARES_FROM = 400  # tr(G'G) from the factors of A A'; below, dense matrices are as quick, and nothing is compiled
EQUATIONS_LIMIT = 2_000  # the same of several equations: solved for all columns, never inverted
COLUMNS_LIMIT = 5_000  # all columns of G, solved for one block after another, where probes err too much
PERIOD_EIGEN_LIMIT = 2_000  # eigenvectors of each period's W, where effects leave no other way to the determinant
REFITS_LIMIT = 500  # every value of rho tested by thousands of refits, every unit left out; beyond, n helps itself
COMPILED_FROM = 50  # random orders of sums over links in compiled loops; below, no first call waits for them
SHUFFLED_FROM = 1_000  # whole random orders by a compiled shuffle; below, sorting random keys is as quick
LISTED_FROM = 257  # links as a list for sums over random orders; below, a dense W is as quick
SMALL_DENSE_LIMIT = 200  # a dense W is as quick as a sparse one
DENSE_PAIRS_LIMIT = 300  # I + a B B' between units as a dense matrix; beyond, its factors are faster
POWERS_LIMIT = 3_000  # a power of W that has filled up as a dense matrix; beyond, it stays sparse
LARGE_FROM = 20_000  # one curve is narrow and fewer probes tell as much, as their error falls with n
SCENARIO_LIMIT = 500  # the formula evaluated anew for every unit
GROUP_WAYS_LIMIT = 50_000  # ways to give out groups that are all looked at; beyond, random ones
POINTS_LIMIT = 5_000  # dots with a popup each on a page; beyond, they are counted in squares
ATLAS_LIMIT = 100_000  # polygons that a browser pans without a wait; beyond, `gba.maps.tiled` puts them beside the page
REGIMES_LIMIT = 1_500  # I - R W with a rho for each regime as a dense determinant; beyond, by sparse LU

LEVEL = 0.05  # at which sentences call something significant; numbers stand beside them
EDGE = 1e-3  # of an interval: an estimate that is nearer to its end is told to be at the end
TIE_OF_STATISTICS = 1e-9  # statistics of two samples that differ by less are equal but for rounding
TIE_OF_SHARES = 1e-12  # the same of shares, which lie between zero and one
UNBOUNDED = 1e5  # times the usual size: an effect that large is had only at the end of rho's interval
SERIAL = 0.3  # correlation of residuals in time, from which errors that overlook it are half or a third of the truth
POSITIVE_ABOVE = 1e-10  # eigenvalues of a scaled difference of covariances; below, it is not positive definite
SETTLED = 1e-11  # a linear predictor that moves by less from round to round
POINTS_TWO = 13  # values tried where the other parameter is estimated anew at each
CHEBYSHEV_POINTS = 33  # at which a likelihood of one parameter is looked at before its highest peak is climbed
PROBES = 64  # random vectors for a trace: its error is an eighth of one probe's
COLUMNS_AT_ONCE = 256  # that are solved for together: more take memory and no less time
CELLS_AT_ONCE = 4_000_000  # of arrays over many rho: 32 MB
TOLD_PARTS = 20  # of long work, after each of which its progress is told
