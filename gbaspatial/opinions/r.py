"""What R says: spdep, spatialreg, plm and nlme through `Rscript`, if they are installed."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from gbaspatial.errors import ConvergenceError, MissingPackageError
from gbaspatial.opinions import known
from gbaspatial.opinions.answers import Answer
from gbaspatial.opinions.panel_in_r import Question, question_of
from gbaspatial.opinions.panel_peers import differences, told_freedom
from gbaspatial.opinions.script_heads import r_name, r_names
from gbaspatial.opinions.scripts import script
from gbaspatial.opinions.several_tests import R_READ_SEVERAL, parts_of
from gbaspatial.opinions.specification_peers import OF_FITS, r_call, r_known, r_read
from gbaspatial.opinions.subject import Subject
from gbaspatial.opinions.tier_peers import R_TIER_LINES

_SECONDS = 300
_SAY = 'say <- function(name, value) cat(sprintf("gba|%s|%.17g\\n", name, as.numeric(value)), sep = "")'


def answer(subject: Subject) -> Answer | None:
    """The numbers of spdep or spatialreg for `subject`; None where they have no counterpart.

    Raises
    ------
    MissingPackageError
        If ``Rscript`` or its packages are not there, with what to install.
    """
    if subject.panel is not None:
        asked = question_of(subject)
        return None if asked is None else _of_panel(subject, asked)
    work = script(subject, "r")
    if work is None or subject.kind not in _READ:
        return None
    tiers = subject.kind.startswith("tiers_")
    release = _release(*(("classInt",) if tiers else ("spdep", "spatialreg")))
    # no printing of summaries here: only the numbers, one a line
    lines = [line for line in work.splitlines() if not line.startswith(("print(summary", "print(logLik"))]
    lines = [line.replace("print(", "found <- (", 1) if line.startswith("print(") else line for line in lines]
    numbers = _numbers("\n".join([*lines, _SAY, *_READ[subject.kind](subject)]))
    program = "spatialreg" if subject.method in ("ml", "gmm") or subject.kind == "aple" else "spdep"
    program = "R" if subject.method in ("ols", "ppml") or subject.kind == "tiers_k_means" else program
    program = "classInt" if subject.kind == "tiers_fisher_jenks" else program
    differences = (known.TIERS_TIED,) if tiers else (*_known(subject), *r_known(subject))
    of_fit = subject.kind in OF_FITS
    program = "spdep" if subject.kind == "specification" and subject.method == "ols" else program
    version = release["R"] if program == "R" else release[program]
    tolerance = 1e-6 if subject.method not in ("ml", "gmm") else 1e-4
    call = r_call(subject) if of_fit else _call(work)
    return Answer(numbers, program, version, call, differences, tolerance)


def _known(subject: Subject) -> tuple[known.Known, ...]:
    """What is known of global tests of spdep: another sign, and units without neighbors."""
    found = [known.LAG_SUM_P] if subject.kind == "geary" else []
    classes = subject.kind.startswith("correlogram_")
    parts = parts_of(subject).values() if classes else [subject.w] if subject.w is not None else []
    if any(len(part.islands) for part in parts):
        globally = classes or subject.kind in ("moran", "geary")
        found += [known.SPDEP_ISLANDS] if globally else [known.SPDEP_G_ISLANDS] if subject.kind == "general_g" else []
    return tuple(found)


def _of_panel(subject: Subject, asked: Question) -> Answer:
    """The numbers of plm, nlme, spatialreg or R itself for a panel."""
    release = _release(*({asked.package} - {"R"}), *(["spdep"] if asked.package == "spatialreg" else []))
    numbers = _numbers("\n".join([_SAY, asked.text]))
    call = asked.call + told_freedom(subject)
    return Answer(numbers, asked.package, release[asked.package], call, differences(subject), asked.tolerance)


def _numbers(text: str) -> dict[str, float]:
    """What the lines of `text` that say a number say."""
    numbers = {}
    for line in _run(text).splitlines():
        if line.startswith("gba|"):
            name, value = line.removeprefix("gba|").rsplit("|", 1)
            numbers[unquote(name)] = float(value)
    return numbers


def _call(work: str) -> str:
    """The line that does the work, without its arguments."""
    line = next(line for line in reversed(work.splitlines()) if line.startswith(("print(", "fit <-"))
                and not line.startswith(("print(summary", "print(logLik")))  # fmt: skip
    return line.removeprefix("print(").removeprefix("fit <- ").partition("(")[0] + "()"


@functools.cache
def _release(*packages: str) -> dict[str, str]:
    """The releases of R and of its `packages`, or `MissingPackageError`."""
    if shutil.which("Rscript") is None:
        raise MissingPackageError(
            f"a second opinion by R needs the program Rscript, which is not installed; install R"
            f"{' and its packages ' * bool(packages)}{' and '.join(packages)}, or ask peer='pysal'."
        )
    listed = ", ".join(f'"{name}"' for name in packages)
    told = _run(
        f'for (p in c({listed})) cat(sprintf("gba|%s|%s\\n", p, '
        'if (requireNamespace(p, quietly = TRUE)) as.character(packageVersion(p)) else "")); '
        'cat(sprintf("gba|R|%s\\n", paste(R.version$major, R.version$minor, sep = ".")))'
    )
    found = dict(line.split("|")[1:] for line in told.splitlines() if line.startswith("gba|"))
    absent = [name for name in packages if not found.get(name)]
    if absent:
        raise MissingPackageError(
            f"R lacks the package {' and '.join(absent)}; install it in R with install.packages(), or ask peer='pysal'."
        )
    return found


def _run(text: str) -> str:
    """What `Rscript` prints for `text`."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "work.R").write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                ["Rscript", "--vanilla", str(Path(folder) / "work.R")], capture_output=True, text=True,
                encoding="utf-8", timeout=_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ConvergenceError(
                f"R had not answered after {_SECONDS} seconds; ask peer='pysal', or about fewer units."
            ) from None
    if done.returncode:
        told = " ".join(done.stderr.partition("Error")[2].removesuffix("Execution halted\n").split())
        raise ConvergenceError(f"R could not do it: {told or 'it gave no reason'}.")
    return done.stdout


def _global(subject: Subject) -> list[str]:
    return [
        'say("statistic", found$estimate[1])', 'say("expected", found$estimate[2])',
        'say("variance", found$estimate[3])', 'say("z", found$statistic)', 'say("p_value", found$p.value)',
    ]  # fmt: skip


def _by_unit(**columns: str) -> Callable[[Subject], list[str]]:
    def _lines(subject: Subject) -> list[str]:
        told = [f"units <- {r_names(map(str, subject.outcome.index))}"]
        return told + [f'say(paste0("{name}[", units, "]"), {where})' for name, where in columns.items()]

    return _lines


def _join_counts(subject: Subject) -> list[str]:
    told = []
    zero, one = subject.terms if len(subject.terms) == 2 else ("", "")
    for column, name in ((1, "count"), (2, "expected"), (3, "variance")):
        for ours, theirs in ((f"{zero}:{zero}", "0:0"), (f"{one}:{one}", "1:1"), (f"{zero}:{one}", "1:0")):
            told.append(f'say({r_name(f"{name}[{ours}]")}, found["{theirs}", {column}])')
    return told if len(subject.terms) == 2 else []


def _model(subject: Subject) -> list[str]:
    names = [*(["Intercept"] if subject.intercept else []), *subject.terms]
    told = [f"names <- {r_names(names)}"]
    if subject.kind == "ppml":
        return [*told, 'say(paste0("params[", names, "]"), coef(fit))']
    if subject.kind == "mess":
        return [*told, 'say("params[alpha]", fit$alpha)', 'say("log_likelihood", logLik(fit))',
                'say(paste0("params[", names, "]"), fit$lmobj$coefficients)']  # fmt: skip
    if subject.kind in ("car", "sma"):
        return [*told, 'say("params[lambda]", fit$lambda)', 'say("log_likelihood", fit$LL)',
                'say("sigma2", fit$fit$s2)', 'say(paste0("params[", names, "]"), fit$fit$coefficients)']  # fmt: skip
    if subject.method == "ols":
        told += ["b <- coef(fit)", "se <- sqrt(diag(vcov(fit)))", 'say("sigma2", summary(fit)$sigma^2)',
                 'say("log_likelihood", logLik(fit))']  # fmt: skip
    elif subject.method == "gmm":
        told += ["b <- fit$coefficients[-1]", "se <- sqrt(diag(fit$var))[-1]",
                 'say("params[rho]", fit$coefficients[1])', 'say("std_errors[rho]", sqrt(fit$var[1, 1]))']  # fmt: skip
    else:
        told += ["b <- fit$coefficients", "se <- fit$rest.se", 'say("sigma2", fit$s2)', 'say("log_likelihood", fit$LL)']
        if subject.kind in ("lag", "durbin", "sarar", "gns"):
            told += ['say("params[rho]", fit$rho)', 'say("std_errors[rho]", fit$rho.se)']
        if subject.kind in ("error", "durbin_error", "sarar", "gns"):
            told += ['say("params[lambda]", fit$lambda)', 'say("std_errors[lambda]", fit$lambda.se)']
    return [*told, 'say(paste0("params[", names, "]"), b)', 'say(paste0("std_errors[", names, "]"), se)']


_READ: dict[str, Callable[[Subject], list[str]]] = {
    "moran": _global,
    "geary": _global,
    "general_g": _global,
    "local_moran": _by_unit(statistic="found[, 1]", expected="found[, 2]", variance="found[, 3]", z="found[, 4]"),
    "local_geary": _by_unit(statistic="as.numeric(found)"),
    "local_g": _by_unit(z="as.numeric(found)"),
    "join_count": _join_counts,
    "losh": _by_unit(statistic="found[, 1]"),
    "aple": lambda subject: ['say("statistic", found)'],
    "bivariate_local_moran": _by_unit(statistic="found[, 1]"),
    "lee": lambda subject: ['say("statistic", found$L)'],
    "local_lee": _by_unit(statistic="found$localL"),
    "several_local_geary": _by_unit(statistic="as.numeric(found)"),
    **R_READ_SEVERAL,
    "specification": r_read,
    "impacts": r_read,
    **dict.fromkeys(
        ("tiers_fisher_jenks", "tiers_k_means"), lambda subject: [*R_TIER_LINES, *_by_unit(tier="tier")(subject)]
    ),
    **dict.fromkeys(
        ("ols", "slx", "lag", "error", "sarar", "durbin", "durbin_error", "gns", "mess", "car", "sma", "ppml"), _model
    ),
}
