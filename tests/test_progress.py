"""Progress is a line on a terminal, after two seconds, and never anything else."""

import inspect
import io

import numpy as np
import pytest

import gbaspatial as gba
from gbaspatial import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(clock, seconds_each, show=True):
    for _ in progress.track(range(10), "years", show=show):
        clock[0] += seconds_each


def test_long_work_on_a_terminal_is_told_and_wiped_away(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    run(clock, 1.0)
    assert "years [" in shown.getvalue()
    assert "50 %  about 5 s left" in shown.getvalue()
    assert shown.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(
    ("stream", "seconds", "show"),
    [(Terminal, 0.1, True), (io.StringIO, 1.0, True), (Terminal, 1.0, False)],
    ids=["short", "pipe", "show=False"],
)
def test_silent(clock, monkeypatch, stream, seconds, show):
    shown = stream()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    run(clock, seconds, show)
    assert shown.getvalue() == ""


def test_only_the_outermost_work_is_told(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    with progress.Work("report", 2) as work:
        run(clock, 1.0)
        assert shown.getvalue() == ""
        work.advance()
    assert "report [" in shown.getvalue()
    assert "years" not in shown.getvalue()


def test_silenced_holds_for_all_inside_and_ends(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    with progress.silenced():
        run(clock, 1.0)
    assert shown.getvalue() == ""
    with progress.silenced(False):
        run(clock, 1.0)
    assert shown.getvalue() != ""


def test_a_stream_that_is_gone_loses_no_work(clock, monkeypatch):
    monkeypatch.setattr(progress.sys, "stderr", None)
    run(clock, 1.0)


def test_an_error_inside_leaves_no_line_and_no_silence(clock, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(progress.sys, "stderr", shown)

    def fail():
        with progress.Work("draws", 4) as work:
            clock[0] += 3
            work.advance()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert shown.getvalue().endswith("\r\x1b[K")
    shown.truncate(0)
    run(clock, 1.0)
    assert "years" in shown.getvalue()


def test_true_tells_where_there_is_no_terminal_and_only_inside(clock, monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(progress.sys, "stderr", shown)
    with progress.asked():
        run(clock, 1.0)
    assert "years [" in shown.getvalue()
    shown.truncate(0)
    run(clock, 1.0)
    assert shown.getvalue().strip("\0") == ""


# -- every function with the option -----------------------------------------------------------
CITIES = gba.load_cities(year=2019)
W = gba.weights.contiguity(CITIES, links=2019).row_standardized()
Y, X = np.log(CITIES["gdp_pc_cny"]), np.log(CITIES["population"])
PANEL = gba.load_panel(variables=("gdp_pc_cny",), years=range(2015, 2018))["gdp_pc_cny"]
RICH = (CITIES["gdp_pc_cny"] > CITIES["gdp_pc_cny"].median()).rename("rich")
FIT = gba.models.lag("log(gdp_pc_cny) ~ log(population)", CITIES, W)
PLAIN = {"inference": "permutation", "draws": 99, "rng": 1}
FEW = {"draws": 99, "rng": 1}
TELLERS = {
    "aple": lambda f, **p: f(Y, W, **PLAIN, **p),
    "bivariate_moran": lambda f, **p: f(Y, X, W, **PLAIN, **p),
    "bivariate_local_moran": lambda f, **p: f(Y, X, W, inference="permutation", draws=99, rng=1, **p),
    "lee_l": lambda f, **p: f(Y, X, W, **PLAIN, **p),
    "local_lee": lambda f, **p: f(Y, X, W, inference="permutation", draws=99, rng=1, **p),
    "multivariate_local_geary": lambda f, **p: f(CITIES[["gdp_cny", "population"]], W, **PLAIN, **p),
    "moran_matrix": lambda f, **p: f(CITIES[["gdp_cny", "population"]], W, **PLAIN, **p),
    "emerging_hot_spots": lambda f, **p: f(PANEL, W, **PLAIN, **p),
    "lisa_transitions": lambda f, **p: f(PANEL, W, **PLAIN, **p),
    "moran_by": lambda f, **p: f(PANEL, W, **PLAIN, **p),
    "join_count": lambda f, **p: f(RICH, W.binary(), **PLAIN, **p),
    "local_join_count": lambda f, **p: f(RICH.astype(int), W.binary(), **PLAIN, **p),
    "moran_rates": lambda f, **p: f(CITIES["tier"], CITIES["population"], W, **PLAIN, **p),
    "local_moran_rates": lambda f, **p: f(CITIES["tier"], CITIES["population"], W, **PLAIN, **p),
    "directional_lisa": lambda f, **p: f(Y, X, W, **FEW, **p),
    "spatial_markov": lambda f, **p: f(PANEL, W, classes=2, **FEW, **p),
    "rank_mobility": lambda f, **p: f(PANEL, W, **FEW, **p),
    "spatial_gini": lambda f, **p: f(CITIES["gdp_pc_cny"], W, **FEW, **p),
    "between_groups": lambda f, **p: f(CITIES["gdp_cny"], CITIES["tier"], **FEW, **p),
    "tiers": lambda f, **p: f(CITIES["gdp_cny"], given=CITIES["tier"], **FEW, **p),
    "power": lambda f, **p: f("join_count", W, draws=99, **p),
    "bias_correction": lambda f, **p: f(FIT, method="bootstrap", **FEW, **p),
    "bootstrap": lambda f, **p: f(FIT, kind="residual", **FEW, **p),
    "detectable_effect": lambda f, **p: f(FIT, **FEW, **p),
    "exact_test": lambda f, **p: f(FIT, method="permutation", **FEW, **p),
    "influence": lambda f, **p: (FIT._made.pop("influence", None), f(FIT, **p)),  # kept by the fit
    "profile": lambda f, **p: f(FIT, **FEW, **p),
    "wild_test": lambda f, **p: f(FIT, "log(population)", **FEW, **p),
}


def tellers():
    """Every public function with an option `progress`, by name."""
    found = {}
    for room in (gba.autocorrelation, gba.disparity, gba.inference, gba.models):
        for name in room.__all__:
            function = getattr(room, name)
            if inspect.isfunction(function) and "progress" in inspect.signature(function).parameters:
                found[name] = function
    verbs = [getattr(type(FIT), name, None) for name in dir(type(FIT)) if not name.startswith("_")]
    for verb in filter(inspect.isfunction, verbs):
        if "progress" in inspect.signature(verb).parameters:
            found[verb.__name__] = verb
    return found


FOUND = tellers()


def test_all_that_draw_are_known_here():
    drawing = {
        name
        for room in (gba.autocorrelation, gba.disparity)
        for name in room.__all__
        if inspect.isfunction(getattr(room, name)) and "draws" in inspect.signature(getattr(room, name)).parameters
    }
    assert drawing <= set(FOUND)
    assert set(TELLERS) <= set(FOUND)


def told(monkeypatch, stream, name, **option):
    """What `name` writes on standard error if every step takes three seconds."""
    now = [0.0]

    def later():
        now[0] += 3.0
        return now[0]

    shown = stream()
    monkeypatch.setattr(progress.time, "monotonic", later)
    monkeypatch.setattr(progress.sys, "stderr", shown)
    call = TELLERS.get(name, lambda f, **p: f(Y, W, **PLAIN, **p))
    call(FOUND[name], **option)
    return shown.getvalue()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(FOUND))
def test_long_work_is_told_on_a_terminal_and_as_asked(monkeypatch, name):
    assert " %" in told(monkeypatch, Terminal, name)
    assert told(monkeypatch, io.StringIO, name) == ""
    assert told(monkeypatch, Terminal, name, progress=False) == ""
    assert " %" in told(monkeypatch, io.StringIO, name, progress=True)
    with pytest.raises(gba.errors.OptionError, match="progress='no'"):
        told(monkeypatch, io.StringIO, name, progress="no")
