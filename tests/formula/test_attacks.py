"""A formula is data: whatever it says, it is read or refused in one sentence, quickly, and nothing is run."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

import gbaspatial as gba
from gbaspatial.errors import FormulaError, GbaError
from gbaspatial.formula import design
from gbaspatial.weights import Weights

N = 30
RNG = np.random.default_rng(0)
DATA = pd.DataFrame(
    {name: RNG.normal(size=N) for name in "yxzab"} | {"k": np.arange(N), "text": list("abc") * 10},
    index=[f"u{i:02d}" for i in range(N)],
)
W = Weights(np.eye(N, k=1) + np.eye(N, k=-1), list(DATA.index)).row_standardized()

PROGRAMS = [
    "I(z + np.f2py.os.system('touch {file}'))",
    "I(z + C.__globals__['__builtins__']['__import__']('os').system('touch {file}'))",
    "{{x.to_csv('{file}') or z}}",
    "I(np.save('{file}', z) or z)",
    "I(x.to_csv('{file}') or z)",
    "I(__import__('os').system('touch {file}'))",
    "I(open('{file}', 'w'))",
    'I(eval(\'open("{file}", "w")\'))',
    'I(exec(\'open("{file}", "w")\'))',
    "I((lambda: x.to_csv('{file}'))())",
    "I([v for v in [x.to_csv('{file}')]])",
    "I((q := x.to_csv('{file}')))",
    "I(f'{{x.to_csv(\"{file}\")}}')",
    "I(x if x.to_csv('{file}') else z)",
    "I('touch {file}'(x))",
    "log(x)(z)",
    "W(x.to_pickle('{file}'))",
    "W.__globals__(x)",
    "C(x, levels=open('{file}', 'w'))",
    "C(x, contr.custom(x.to_csv('{file}')))",
    "C(x, contr.__init__)",
    "contr.mro()",
    "poly(x, degree=np.save('{file}', x))",
    "bs(x, knots=[x.to_csv('{file}')])",
    "I(*[x.to_csv('{file}')])",
    "I(**{{'data': x.to_csv('{file}')}})",
    "x[np.save('{file}', x)]",
    "`x`.to_csv('{file}')",
    "`np`.save('{file}', x)",
    "Q('x').to_csv('{file}')",
    "Q(np.save('{file}', x))",
    "np.savetxt('{file}', x)",
    "np.log.__self__(x)",
    "np.memmap('{file}', mode='w+', shape=9)",
    "hashed(x)",
    "I(x and x.to_csv('{file}'))",
    "I(not x.to_csv('{file}'))",
    "I(x @ x)",
    "I(x << 2)",
    "I(x is None)",
    "I(x in [1, 2])",
    "I(await x)",
    "I((yield x))",
    "encode_contrasts(x)",
    "stateful_transform(x)",
    "I(__FORMULAIC_STATE__)",
    "I(None)",
    "I(b'x' == x)",
    "I(1j * x)",
    "I(... + x)",
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("side", ["y ~ x + {}", "{} ~ x"])
def test_a_formula_runs_nothing(program, side, tmp_path):
    file = tmp_path / "made"
    with pytest.raises(FormulaError) as told:
        gba.models.ols(side.format(program.format(file=file)), DATA, W)
    assert not list(tmp_path.iterdir())
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda f: gba.models.lag("y ~ x", DATA, W, method="gmm", endogenous=f, instruments="z"),
        lambda f: gba.models.lag("y ~ x", DATA, W, method="gmm", endogenous="z", instruments=f),
        lambda f: gba.models.ols("y ~ x", DATA, W, weights=f),
        lambda f: gba.models.lag("y ~ x", DATA, W, regimes=f),
        lambda f: gba.models.ppml("k ~ x", DATA, exposure=f),
        lambda f: gba.models.ols("y ~ x", DATA).impact_of_change(f),
        lambda f: gba.models.simulate(f"~ {f}", DATA, W, params={}),
        lambda f: gba.models.mess(f"y ~ {f}", DATA, W),
        lambda f: gba.models.sur([f"y ~ {f}", "z ~ x"], DATA, W),
        lambda f: gba.models.over_weights(f"y ~ {f}", DATA, {"W": W}),
        lambda f: gba.models.spatial_filter(f"y ~ {f}", DATA, W),
        lambda f: gba.models.lag("y ~ x", DATA, {f: W}),
    ],
)
def test_every_door_reads_text_by_the_same_rules(call, tmp_path):
    with pytest.raises(GbaError):
        call(f"I(np.f2py.os.system('touch {tmp_path}/made') + x)")
    assert not list(tmp_path.iterdir())


def test_the_command_line_runs_nothing(tmp_path):
    from click.testing import CliRunner

    from gbaspatial.cli import main

    bad = f"log(gdp_pc_cny) ~ C(tier) + I(np.f2py.os.system('touch {tmp_path}/made'))"
    found = CliRunner().invoke(main, ["fit", bad, "--model", "ols"])
    assert found.exit_code != 0
    assert "which no formula may have" in found.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("z*(9**9**9 % 7)", "stands in the formula|cannot be read"),
        ("I(z*(9**9**9 % 7))", "not a finite number|reads no column"),
        ("I(9**9**9)", "reads no column"),
        ("I(x ** 9**9**9)", "not a finite number"),
        ("I(x ** 99999)", "exponent 99999 .* beyond 100"),
        ("poly(x, 100000)", "whole number from 1 to 10, not 100000"),
        ("poly(x, degree=2.5)", "whole number"),
        ("bs(x, df=10**9)", "whole number from 1 to 50"),
        ("bs(x, df=5, degree=10**6)", "whole number"),
        ("(x + z + a + b)**30", "whole number from 1 to 6"),
        ("(x + z)**" + "9" * 5000, "whole number from 1 to 6"),
        ("(x + z)**2**2", "power of a power"),
        ("((((x+z)**6+a)**6+b)**6+k)**6 * (x+z+a+b+k)", "."),
        (":".join("xzab") + ":k:text:I(x+1)", "7 factors"),
        ("*".join([f"I(x+{i})" for i in range(7)]), "7 factors"),
        ("(" + " + ".join(f"I(x+{i})" for i in range(300)) + ")**3", "more than 2,000 terms"),
        (" + ".join(f"I(x+{i})" for i in range(2500)), "more than 2,000 terms"),
        ("x" * 200_000, "characters"),
        ("I(" + "+".join(["x"] * 6000) + ")", "characters"),
        ("I(" + "+".join(["x"] * 300) + ")", "nested more than"),
        ("(" * 5000 + "x" + ")" * 5000, "deep"),
        ("I(" * 5000 + "x" + ")" * 5000, "deep"),
        ("W(" * 40 + "x" + ")" * 40, "deep"),
        ("I(" + "-" * 3000 + "x)", "nested more than|cannot be read"),
        ("I(" + "9" * 9000 + " * x)", "cannot be read|too large"),
        ("I(1e999 * x)", "too large"),
        ("C(k, levels=[" + ",".join(map(str, range(2000))) + "])", "list of up to 500"),
        ("I(x == '" + "a" * 9_000 + "')", "longer than 200"),
        ("~" * 50_000, "not a formula"),
        ("`" * 50_000, "."),
        ("'" * 50_000, "."),
        ("- " * 20_001 + "x", "takes away"),
        ("C(k):C(k + 0):C(k * 1):C(k - 0)", "columns but only 30 units"),
        ("C(k):C(text)", "58 coefficients or more but only 30 units"),
    ],
)
def test_no_formula_takes_long(term, words):
    start = time.process_time()
    with pytest.raises(GbaError, match=words) as told:
        design(f"y ~ {term}", DATA, W)
    assert time.process_time() - start < 5  # half a second on a free machine
    assert len(str(told.value)) < 1200


PIECES = st.sampled_from(
    [*"xyzkWCIQ", "text", "np", "np.log", "log", "poly", "bs", "C(", "I(", "W(", "log(", "poly(", "(", ")", "(", ")",
     "[", "]", "{", "}", "+", "-", "*", "**", "/", ":", "^", "~", "|", "%", ",", ".", "=", "==", "<", "&", "!", "@",
     "#", "\\", "\n", "\t", " ", "\x00", "`", "'", '"', "0", "1", "2", "9", "1e9", "0x1f", "1_000", "lambda", "for",
     "in", "if", "else", "not", "or", "None", "True", "_", "__class__", "contr", "contr.sum", "levels", ":=",
     "～", "（", "ｘ", "𝐱", "ﬁ", "收入", "é", "e\u0301", "\u200b", "\u202e", ";", "import os", "$", "?", "->"]
)  # fmt: skip


def read_or_told(formula: str) -> None:
    """Nothing but a design of finite numbers, or an error of the house."""
    try:
        found = design(formula, DATA, W)
    except GbaError:
        return
    assert np.isfinite(found.X).all()
    assert found.X.shape == (N, found.k)


@given(st.lists(PIECES, max_size=14).map("".join))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_design_or_one_sentence(text):
    read_or_told(f"y ~ {text}")


@given(st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_characters_are_a_design_or_one_sentence(text):
    for formula in (text, f"y ~ {text}", f"y ~ I({text})", f"y ~ I(x + `{text}`)", f"{text} ~ x"):
        read_or_told(formula)
