"""Every public function and every method of every result, found by looking: what they refuse, and in which words.

The calls are in `calls.py`; a function without one fails here.
"""

import inspect
import types
import warnings

import calls
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import gbaspatial as gba
from gbaspatial.errors import GbaError, GbaWarning, OptionError
from gbaspatial.results import Result, Table

mpl.use("Agg")
FUNCTIONS = calls.public_functions()
WRONG = {  # what no option of this type can be
    "bool": ["no", 2, None],
    "int": ["two", 1.5, True],
    "float": ["half", True, float("nan")],
    "str": [3, b"text"],
    "Rng": ["nonsense", -1, 1.5, True],
}


@pytest.fixture(autouse=True)
def quiet():
    """Warnings of ours are no matter here; those of numpy would be errors of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)
        yield
    import matplotlib.pyplot as plt

    plt.close("all")


def test_every_function_has_a_call():
    called = {*calls.CALLS, *calls.LONG}
    assert not set(FUNCTIONS) - called, "add a small call to tests/calls.py"
    assert not called - set(FUNCTIONS), "these calls are of functions that are gone"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_refuses_options_that_it_has_not(name):
    args, options = calls.CALLS[name]() if name in calls.CALLS else ((), {})
    with pytest.raises(OptionError, match="has no option 'nonsense'"):
        calls.function(name)(*args, **options, nonsense=1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_refuses_options_of_the_wrong_type(name):
    args, options = calls.CALLS[name]() if name in calls.CALLS else ((), {})
    for option, wrong in wrong_options(calls.function(name)):
        with pytest.raises(OptionError, match=f"{option}="):
            calls.function(name)(*args, **{**options, option: wrong})


def wrong_options(function):
    """Pairs of an option and a value that its annotation excludes, of those given by name."""
    for parameter in inspect.signature(function).parameters.values():
        told = str(parameter.annotation)
        pieces = [piece.strip() for piece in told.split("|")]
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        if len(pieces) == 1 + ("None" in pieces):
            for wrong in WRONG.get(pieces[0], []):
                if not (wrong is None and "None" in pieces):
                    yield parameter.name, wrong
        if told in ("Inference", "Alternative") or told.startswith("Literal"):
            yield from ((parameter.name, wrong) for wrong in ("nonsense", 3.5, ["greater"]))
        if parameter.name == "level":
            yield from (("level", wrong) for wrong in (0, 1, 95, "nonsense", float("nan")))


def given(args, options):
    """Copies of the tables and weights among what a call was given."""
    found = []
    for value in [*args, *options.values()]:
        if isinstance(value, (pd.Series, pd.DataFrame)):
            found.append((value, value.copy(deep=True)))
        elif isinstance(value, gba.weights.Weights):
            found.append((value.sparse, value.sparse.copy()))
        elif isinstance(value, np.ndarray):
            found.append((value, value.copy()))
    return found


def unchanged(found):
    for now, before in found:
        if isinstance(now, pd.Series):
            pd.testing.assert_series_equal(now, before)
        elif isinstance(now, pd.DataFrame):
            pd.testing.assert_frame_equal(now, before)
        elif isinstance(now, np.ndarray):
            np.testing.assert_array_equal(now, before)
        else:
            assert (now != before).nnz == 0


@pytest.mark.parametrize("name", sorted(calls.CALLS))
def test_a_call_changes_nothing_that_it_was_given(name):
    args, options = calls.CALLS[name]()
    before = given(args, options)
    calls.function(name)(*args, **options)
    unchanged(before)


# -- hostile values ---------------------------------------------------------------------
def _with(value):
    def change(data):
        changed = data.astype(object) if isinstance(value, str) else data.astype(float)
        if isinstance(changed, pd.DataFrame):
            changed.iloc[2, 0] = value
        else:
            changed.iloc[2] = value
        return changed

    return change


HOSTILE = {
    "shuffled": lambda data: data.sample(frac=1, random_state=3),
    "missing": lambda data: data.iloc[1:],
    "doubled": lambda data: pd.concat([data, data.iloc[:1]]),
    "NaN": _with(np.nan),
    "inf": _with(np.inf),
    "a word": _with("many"),
    "constant": lambda data: data * 0 + 3,
    "zero": lambda data: data * 0,
    "negative": lambda data: -data,
    "text": lambda data: data.astype(str),
    "huge": lambda data: data * 1e300,
    "tiny": lambda data: data * 1e-300,
    "one": lambda data: data.iloc[:1],
    "two": lambda data: data.iloc[:2],
    "none": lambda data: data.iloc[:0],
    **{f"as {kind}": (lambda data, kind=kind: data.round().astype(kind)) for kind in (
        "int8", "uint8", "int64", "float32", "bool", "Int64", "Float64", "complex128", "object", "category", "string",
    )},
    "as dates": lambda data: data.apply(lambda x: pd.to_datetime(x, unit="D")) if isinstance(data, pd.DataFrame)
    else pd.to_datetime(data, unit="D"),
}  # fmt: skip
NUMERIC = sorted(
    name
    for name in calls.CALLS
    if name.partition(".")[0] in ("autocorrelation", "development", "disparity")
    or name in ("weights.economic", "weights.block")
)  # those that take Series or frames of numbers


def _changed(args, change, place):
    return tuple(change(one) if number == place else one for number, one in enumerate(args))


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_values_give_meaning_or_a_sentence(name, hostile):
    args, options = calls.CALLS[name]()
    for place, value in enumerate(args):
        if not isinstance(value, (pd.Series, pd.DataFrame)) or hasattr(value, "geometry"):
            continue
        if hostile != "shuffled" and value.dtypes is not None and str(getattr(value, "dtype", "")) in ("object", "str"):
            continue  # groups: any values are classes
        changed = _changed(args, HOSTILE[hostile], place)
        before = given(changed, options)
        result = outcome(calls.function(name), changed, options)
        unchanged(before)
        if not isinstance(result, GbaError):
            no_number_without_meaning(result)


def outcome(function, args, options):
    """What a call returns, or the error of ours that it ends in: any other error fails the test."""
    try:
        return function(*args, **options)
    except GbaError as error:
        told = error
    assert len(str(told)) > 20, "an error is a sentence"
    return told


def no_number_without_meaning(result):
    """No statistic that is not a finite number has a p-value; no p-value lies outside [0, 1]."""
    p, statistic, z = (getattr(result, name, None) for name in ("p_value", "statistic", "z"))
    if p is not None and statistic is not None and not callable(p):
        p, statistic = np.atleast_1d(np.asarray(p, float)), np.atleast_1d(np.asarray(statistic, float))
        assert ((p >= 0) & (p <= 1) | np.isnan(p)).all()
        if p.shape == statistic.shape:
            lost = ~np.isfinite(statistic)
            if z is not None:  # G of values that sum to about zero is told by its z alone
                lost &= ~np.isfinite(np.atleast_1d(np.asarray(z, float)))
            assert np.isnan(p[lost]).all()
    if isinstance(result, float):
        assert np.isfinite(result)


FITTED = [f"models.{name}" for name in (*calls.OF_FORMULA, "car", "ppml", "spatial_filter", "model_probabilities")]
OF_DATA = ("shuffled", "missing", "doubled", "NaN", "inf", "a word", "one", "two", "none")


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("hostile", OF_DATA)
def test_hostile_data_give_a_model_or_a_sentence(name, hostile):
    args, options = calls.CALLS[name]()
    frame = args[1][["income", "price", "growth", "events"]]
    number = ["income", "events"][name == "models.ppml"]
    frame = frame[[number, *frame.columns.drop(number)]]
    data = HOSTILE[hostile](frame)
    fit = outcome(calls.function(name), (args[0], data, *args[2:]), options)
    if hostile in ("NaN", "inf", "a word", "one", "none"):
        assert isinstance(fit, GbaError)
    elif hasattr(fit, "params"):
        assert np.isfinite(fit.params).all()


# -- methods ------------------------------------------------------------------------------
def _kinds():
    """Every class of results (and of weights and nulls), with one object of it, from what the calls return."""
    found = {}
    for name in sorted(calls.CALLS):
        if name.partition(".")[0] not in ("data", "export", "figures", "report", "maps"):
            _collect(calls.made(name), found, 0)
    for verb in calls.VERBS:
        _collect(verb(), found, 0)
    return found


def _collect(thing, found, depth):
    if type(thing).__name__ in found or depth > 2 or not type(thing).__module__.startswith("gbaspatial"):
        return
    if isinstance(thing, (Result, Table, gba.weights.Weights, gba.inference.Null, gba.inference.LocalNull)):
        found[type(thing).__name__] = thing
        for name in dir(thing):
            if not name.startswith("_") and not inspect.ismethod(getattr(type(thing), name, None)):
                try:
                    value = getattr(thing, name)
                except GbaError:
                    continue
                _collect(value, found, depth + 1)


@pytest.fixture(scope="module")
def kinds():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GbaWarning)
        return _kinds()


def _methods(thing):
    for name in dir(thing):
        if name.startswith("_"):
            continue
        one = inspect.getattr_static(type(thing), name, None)
        if inspect.isfunction(one):
            yield name, getattr(thing, name)


def refused(call, words, name):
    with pytest.raises(OptionError) as told:
        call()
    assert words in str(told.value), name


def test_every_class_of_results_is_found(kinds):
    def below(kind):
        return {kind, *(deeper for one in kind.__subclasses__() for deeper in below(one))}

    known = {kind.__name__ for kind in below(Result) if kind.__module__.startswith("gbaspatial")}
    base = {
        "Result",
        "GlobalTest",
        "LocalTest",
        "QuadrantTest",
        "SharedTest",
        "Fit",
        "PanelFit",
        "Fitted",
        "IndexResult",
        "Together",
        "LedgerResult",
    }  # the last takes long: tests of its own
    assert sorted(known - base - set(kinds)) == [], "call what makes them in tests/calls.py"


def test_every_result_is_kept_as_json_and_read_back_as_it_was(kinds, tmp_path):
    for name, result in kinds.items():
        if not isinstance(result, Result):
            continue
        result.to_json(tmp_path / "kept.json")
        kept = gba.read_result(tmp_path / "kept.json")
        assert str(kept) == str(result), name
        assert kept.to_latex() == result.to_latex(), name
        assert kept.compare(result).frame["agree"].all(), name
        for ours, theirs in zip(kept.tables(), result.tables(), strict=True):
            numbers = ours.frame.select_dtypes("number"), theirs.frame.select_dtypes("number")
            loose = dict.fromkeys(("check_dtype", "check_index_type", "check_column_type"), False)
            pd.testing.assert_frame_equal(*numbers, **loose, check_exact=True)


def test_dir_shows_what_exists(kinds):
    for thing in kinds.values():
        for name in dir(thing):
            try:
                getattr(thing, name)
            except GbaError:
                pass
            except AttributeError as error:
                raise AssertionError(f"{type(thing).__name__} shows {name}, but: {error}") from None


def test_methods_refuse_options_that_they_have_not(kinds):
    for thing in kinds.values():
        for name, method in _methods(thing):
            refused(lambda method=method: method(nonsense=1), "", f"{type(thing).__name__}.{name}")


def test_methods_refuse_options_of_the_wrong_type(kinds):
    for thing in kinds.values():
        for name, method in _methods(thing):
            needed = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
            if needed:
                continue
            for option, wrong in wrong_options(method):
                given_wrongly = {option: wrong}
                refused(
                    lambda method=method, given=given_wrongly: method(**given),
                    f"{option}=",
                    f"{type(thing).__name__}.{name}",
                )


SHOWN = [name for name in dir(gba) if isinstance(getattr(gba, name), types.ModuleType)]


@pytest.mark.parametrize("name", SHOWN)
def test_every_module_that_one_sees_shows_what_is_its_own_and_hints(name):
    module = getattr(gba, name)
    borrowed = {"Any", "Path", "TYPE_CHECKING", "annotations", "np", "pd", "re", "warnings"}
    assert not borrowed & set(dir(module))
    assert all(hasattr(module, each) for each in dir(module))
    first = max((each for each in dir(module) if not each.startswith("_")), key=len)
    with pytest.raises(AttributeError, match=f"Did you mean .*{first}"):
        getattr(module, first + "x")
