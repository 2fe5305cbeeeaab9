"""Ask the worker: gbaspatial in another Python, whose packages and whose QGIS never meet. No QGIS is needed here."""

import json
import os
import re
import subprocess
import tempfile

BEGIN, END = "<<<gbaspatial", "gbaspatial>>>"
# What QGIS sets for its own Python and libraries would break those of the worker.
_FOREIGN = re.compile(r"^(PYTHON|QGIS|GDAL_|OGR_|PROJ_|CPL_|QT_|O4W_|GISBASE|VIRTUAL_ENV$|__PYVENV)")
_STEP = 0.2  # seconds between looks at the button that cancels


class WorkerError(Exception):
    """What went wrong, in one sentence."""


def clean_environment(environment):
    """The environment less what belongs to the program that asks."""
    kept = {name: value for name, value in environment.items() if not _FOREIGN.match(name)}
    return {**kept, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}


def answer_in(output):
    """The answer between its marks, whatever libraries print around it; None if there is none."""
    found = re.findall(re.escape(BEGIN) + r"\n(.*?)\n" + re.escape(END), output.replace("\r\n", "\n"), flags=re.DOTALL)
    try:
        return json.loads(found[-1]) if found else None
    except ValueError:
        return None


def ask(python, request, cancelled=lambda: False):
    """The answer of the worker to a request.

    Raises
    ------
    WorkerError
        If there is no such Python, it has no gbaspatial, it ends without an answer, or it says what is wrong.
    """
    if not python:
        raise WorkerError(
            "gbaspatial needs a Python of your own: name it in Settings > Options > Processing > Providers > "
            "gbaspatial, or in the variable GBASPATIAL_PYTHON."
        )
    command = [python, "-m", "gbaspatial.cli", "worker"]
    hidden = {"creationflags": subprocess.CREATE_NO_WINDOW} if os.name == "nt" else {}
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(os.environ), cwd=tempfile.gettempdir(), **hidden,
        )  # fmt: skip
    except OSError as error:
        raise WorkerError(
            f"{python} cannot be started ({error.strerror}); name the Python that has gbaspatial."
        ) from error
    output, errors = _wait(process, json.dumps(request).encode("utf-8"), cancelled)
    answer = answer_in(output)
    if answer is None:
        raise WorkerError(_why_silent(python, errors, process.returncode))
    if not answer.get("ok"):
        raise WorkerError(answer.get("error", "the worker does not say what is wrong."))
    return answer


def _wait(process, given, cancelled):
    """Output and errors of the process; it is stopped when the user cancels."""
    while True:
        try:
            output, errors = process.communicate(given, timeout=_STEP)
        except subprocess.TimeoutExpired:
            given = None
            if cancelled():
                process.kill()
                process.communicate()
                raise WorkerError("cancelled; nothing was written.") from None
        else:
            return output.decode("utf-8", "replace"), errors.decode("utf-8", "replace")


def _why_silent(python, errors, code):
    if "No module named" in errors and "gbaspatial" in errors:
        return f"{python} has no gbaspatial; install it there with: {python} -m pip install gbaspatial"
    last = [line.strip() for line in errors.splitlines() if line.strip()][-1:]
    return f"{python} ended with code {code} and gave no answer{': ' + last[0] if last else ''}."
