"""What completion shows of a result: fields that are told and that people read, and verbs that answer for its kind."""

import dataclasses
import functools
import inspect
import re
import warnings
from collections.abc import Mapping

import pytest
from calls import CALLS, DATA, LONG_DATA, VERBS, made
from test_docstrings import FUNCTIONS, VERBS as DOOR_VERBS, results

import gbaspatial as gba
from gbaspatial.errors import GbaError, OptionError
from gbaspatial.results import Result

KINDS = results()
OF_RESULTS = set(dir(Result))
READ = {  # types of ours in public fields that are no results: people read them
    "Weights": "W, as it was given",
    "PanelWeights": "W by period",
    "Design": "the formula read",
    "PanelDesign": "the formula of a panel read",
    "FlowDesign": "the formula of flows read",
    "Null": "the null distribution",
    "LocalNull": "the null distributions",
    "Kind": "which effects a panel has",
    "Plan": "what was asked of a coupling",
    "Table": "a table",
}
QUIET = {"draws": 39, "simulate": False}  # so that verbs answer soon
REFUSED = re.compile(r"\bhas no\b|\bno counterpart\b|\bis for\b|\bdoes not apply\b|\bneeds? a panel\b|is to be had of")
OTHERWISE = re.compile(r"name one of|asks another program|needs shapes")  # it answers, when it is told one thing more
MORE = (
    lambda: gba.disparity.theil(DATA["income"].abs(), groups=DATA["kind"]),
    lambda: gba.disparity.gini(DATA["income"].abs(), DATA["events"]),
)


@functools.cache
def every():
    """One result for each kind and each public function or verb that makes it."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in CALLS:
            if not name.startswith(("partitions.", "data.")):
                found[name] = made(name)
        found |= {f"verb {place}": one() for place, one in enumerate((*VERBS, *MORE))}
    return {name: result for name, result in found.items() if isinstance(result, Result)}


def shown(thing):
    return [name for name in dir(thing) if not name.startswith("_") and name not in OF_RESULTS]


def told(kind, name):
    """Whether the docstrings of a class and its bases tell of a field."""
    pages = " ".join(one.__doc__ or "" for one in kind.__mro__ if one.__module__.startswith("gbaspatial"))
    return re.search(rf"(?m)^    (?:\w+, )*{name}(?:, \w+)*(?: :|$)|`{name}`", pages) is not None


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_field_that_completion_shows_is_told(name):
    kind = KINDS[name]
    fields = [one.name for one in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    assert [field for field in fields if not field.startswith("_") and not told(kind, field)] == []
    assert [one for one in shown(kind) if isinstance(getattr(kind, one), property) and not inspect.getdoc(
        getattr(kind, one))] == []  # fmt: skip


OPEN = {  # what hands options on by name whose list another of its options decides, or another program
    **dict.fromkeys(
        ("models.lag", "models.error", "models.sarar", "models.durbin", "models.durbin_error", "models.gns"),
        "`method` decides: `Options` of the likelihood, or those of `gmm`; each refuses what it has not",
    ),
    **dict.fromkeys(
        ("models.over_weights", "models.panel_over_weights", "models.model_probabilities", "models.spatial_filter"),
        "the models that are named decide, and refuse what they have not",
    ),
    "maps.Atlas.save": "the signature of folium's own map, of which the atlas is one",
    "weights.Recipe.then": "what a step of a recipe holds is the step's own",
}


def free_options(function):
    """The options of a function that its signature does not name, as they are annotated."""
    taken = inspect.signature(getattr(function, "__func__", function)).parameters.values()
    return [str(p.annotation) for p in taken if p.kind is p.VAR_KEYWORD]


def test_options_are_named_or_of_a_known_list():
    """Of a verb each by itself; estimators share theirs, of which a `TypedDict` says each with its type."""
    verbs = {name for name, verb in DOOR_VERBS.items() if free_options(verb)}
    functions = {
        name for name, one in FUNCTIONS.items() if any(not told.startswith("Unpack[") for told in free_options(one))
    }
    inner = {name for name in verbs if name.count(".") == 3}  # the same by the file that a verb stands in
    assert (verbs - inner) | functions == set(OPEN)
    assert all(OPEN.values())


def test_fields_hold_what_people_read():
    """Neither arrays of a likelihood nor factors of a W, nor functions: these have names of their own, with a line."""
    wrong = set()
    for result in every().values():
        for name in shown(result):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = getattr(result, name)
            field = not inspect.ismethod(value)
            if field and type(value).__module__.startswith("gbaspatial") and not isinstance(value, (Result, tuple)):
                wrong |= {(type(result).__name__, name)} if type(value).__name__ not in READ else set()
            own = name in getattr(result, "__dataclass_fields__", {})
            if own and callable(value) and not isinstance(value, (Result, Mapping, float)):
                wrong.add((type(result).__name__, name, "callable"))
    assert wrong == set()


def refusals(result):
    """What verbs of a result that ask for nothing say when they refuse it for its kind."""
    refused = {}
    for verb in shown(result):
        thing = getattr(result, verb)
        if not inspect.isroutine(thing) or "gbaspatial" not in (getattr(thing, "__module__", None) or ""):
            continue
        taken = inspect.signature(thing).parameters
        if [p for p in taken.values() if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                thing(**{option: value for option, value in QUIET.items() if option in taken})
        except GbaError as error:
            if REFUSED.search(str(error)) and not OTHERWISE.search(str(error)):
                refused[verb] = str(error)
    return refused


def test_no_verb_refuses_its_kind_of_result():
    """One result for each set of verbs and each name: indices of one class differ in what others have of them."""
    seen, refused = set(), {}
    for name, result in every().items():
        key = (type(result), getattr(result, "name", getattr(result, "model", "")))
        if key not in seen:
            seen.add(key)
            refused |= {(name, verb): why for verb, why in refusals(result).items()}
    assert refused == {}


def test_the_gauge_sees_a_verb_that_refuses():
    class Refusing(Result):
        def second_opinion(self):
            raise OptionError("PySAL has no counterpart of it.")

        def of_one(self):
            raise OptionError("the model has several regressors; name one of x, z.")

    Refusing.second_opinion.__module__ = Refusing.of_one.__module__ = "gbaspatial"
    assert list(refusals(Refusing())) == ["second_opinion"]


def test_code_can_be_written_wherever_it_is_offered():
    for result in every().values():
        if "code" in dir(result):
            written = []
            for language in ("pysal", "r", "stata"):
                try:
                    written.append(result.code(language))
                except GbaError:
                    continue
            assert written, type(result).__name__


def test_older_names_of_what_is_inside_still_answer_with_a_warning():
    fit, panel = made("models.lag"), made("models.panel_lag")
    impacts, scenario, did = (
        fit.impacts(method="delta"),
        made("spillover.scenario"),
        made("causal.difference_in_differences"),
    )
    inside = [(fit, name) for name in ("problem", "refit", "estimator", "logdet")]
    inside += [(panel, "problem"), (panel, "count"), (impacts, "engine"), (scenario, "quantity"), (did, "setting")]
    for result, name in inside:
        assert name not in dir(result)
        with pytest.warns(DeprecationWarning, match=f"{name} of a .* the older name goes"):
            assert getattr(result, name) == getattr(result, f"_{name}")


def test_what_is_not_there_says_so():
    with pytest.raises(AttributeError, match="no other program that can be asked"):
        made("disparity.kolm").second_opinion()
    with pytest.raises(AttributeError, match="no attribute 'quadrant'"):
        _ = made("autocorrelation.local_g").quadrant
    gmm = gba.models.panel_ols("income ~ price", LONG_DATA, effects="unit", dynamic="y", method="gmm")
    with pytest.raises(AttributeError, match=r"has no simulate\(\): it is for panels without the outcome"):
        gmm.simulate()


def test_completion_shows_no_w_rho_or_likelihood_that_a_fit_has_not():
    data, w = gba.load_cities(year=2019), gba.weights.contiguity(gba.load_cities(year=2019), links=2019)
    asked = ("log(gdp_pc_cny) ~ log(population)", data, w.row_standardized())
    may_lack = {"w", "error_w", "rho", "lambda_", "log_likelihood", "extra"}
    shown = {
        "ols": gba.models.ols(*asked[:2]), "lag": gba.models.lag(*asked), "error": gba.models.error(*asked),
        "sarar": gba.models.sarar(*asked), "gmm": gba.models.lag(*asked, method="gmm"),
    }  # fmt: skip
    assert {kind: may_lack & set(dir(fit)) for kind, fit in shown.items()} == {
        "ols": {"log_likelihood"},
        "lag": {"w", "rho", "log_likelihood"},
        "error": {"error_w", "lambda_", "log_likelihood"},
        "sarar": {"w", "error_w", "rho", "lambda_", "log_likelihood"},
        "gmm": {"w", "rho", "extra"},
    }
    assert shown["ols"].w is None  # and asking answers still
