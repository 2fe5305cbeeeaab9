"""The files that other programs read of the project: hooks before a commit, and how it is cited."""

import ast
import re
import tomllib
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
HOOK = {"id", "name", "entry", "language", "types", "types_or", "pass_filenames"}
# Keys of the Citation File Format 1.2.0 that the file may have; the first four it must have.
REQUIRED = ("cff-version", "message", "title", "authors")
OPTIONAL = {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license", "license-url",
    "preferred-citation", "references", "repository", "repository-artifact", "repository-code", "type", "url",
    "version",
}  # fmt: skip
LINE = re.compile(r"^(?P<indent> *)(?P<dash>- )?(?:(?P<key>[\w-]+):(?: (?P<value>.+))?|(?P<item>.+))$")


def read_yaml(text: str) -> dict:
    """The part of YAML that these files are written in: mappings, lists, plain or quoted words, [a, b]; no more."""
    lines = [LINE.match(line).groupdict() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = _block(lines, 0)
    assert not lines, f"what is indented so? {lines[0]}"
    return found


def _block(lines: list[dict], depth: int):
    if lines[0]["dash"]:
        return _sequence(lines, depth)
    found = {}
    while lines and len(lines[0]["indent"]) == depth and not lines[0]["dash"]:
        line = lines.pop(0)
        key, value = line["key"], line["value"]
        assert key, line
        assert key not in found, line
        found[key] = _block(lines, len(lines[0]["indent"])) if value is None else _scalar(value)
    return found


def _sequence(lines: list[dict], depth: int) -> list:
    found = []
    while lines and lines[0]["dash"] and len(lines[0]["indent"]) == depth:
        if lines[0]["key"] is None:
            found.append(_scalar(lines.pop(0)["item"]))
        else:
            lines[0] |= {"dash": None, "indent": " " * (depth + 2)}
            found.append(_block(lines, depth + 2))
    return found


def _scalar(text: str):
    if text.startswith("["):
        return [_scalar(part.strip()) for part in text.removeprefix("[").removesuffix("]").split(",")]
    if text[0] == '"':
        return text[1:-1]
    assert not re.search(r": | #|[\[{&*!|>%@`]", text), f"quote {text!r}"
    return {"true": True, "false": False}.get(text, text)


def citation() -> dict:
    return read_yaml((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_the_reader_reads():
    text = 'a: 1\nb:\n  - c: "x: y"\n    d:\n      - e: [f, g]\n        h: false\n  - i: j\nk:\n  - l m\n'
    assert read_yaml(text) == {
        "a": "1", "b": [{"c": "x: y", "d": [{"e": ["f", "g"], "h": False}]}, {"i": "j"}], "k": ["l m"],
    }  # fmt: skip


def test_hooks_are_commands_of_the_environment_that_the_tests_install():
    test_extra = " ".join(project()["optional-dependencies"]["test"])
    repos = read_yaml((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    hooks = repos[0]["hooks"]
    assert len({hook["id"] for hook in hooks}) == len(hooks) > 0
    for hook in hooks:
        assert {"id", "name", "entry", "language"} <= set(hook) <= HOOK
        assert hook["language"] == "system"
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/")
        assert re.search(rf"\b{Path(program).name}\b", test_extra), f"make check does not install {program}"


def test_hooks_do_what_make_check_does():
    checks = {" ".join(line.split()) for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()}
    for hook in read_yaml((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]:
        command = hook["entry"].removeprefix(".venv/bin/").removesuffix(" --fix").removesuffix(" .")
        assert any(check.startswith(f"$(BIN)/{command}") for check in checks), hook["entry"]


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_citation_has_the_fields_of_its_format():
    cited = citation()
    assert cited["cff-version"] == "1.2.0"
    assert set(REQUIRED) <= set(cited) <= {*REQUIRED, *OPTIONAL}
    assert all(isinstance(cited[key], str) and cited[key] for key in ("message", "title", "version", "license"))
    assert cited["type"] in ("software", "dataset")
    assert cited["authors"]
    for author in cited["authors"]:
        assert author.get("name") or (author.get("family-names") and author.get("given-names"))
    words = cited["keywords"]
    assert words
    assert all(isinstance(word, str) for word in words)
    assert len(set(words)) == len(words)
    assert "date-released" not in cited or date.fromisoformat(cited["date-released"])


def test_the_citation_names_the_version_and_the_licence_of_the_package():
    cited = citation()
    assert cited["version"] == project()["version"]
    assert cited["license"] == project()["license"]


# Packages that a declared one carries along whatever its release.
CARRIED = {"pillow": "matplotlib", "docutils": "sphinx", "packaging": "pytest"}
OF_OTHER_PYTHONS = {"qgis"}  # the Python of QGIS runs these files


def declared(extra: str) -> set[str]:
    """Names of what an installation with this extra declares, extras of extras too."""
    told = project()
    names = {Requirement(line).name.lower() for line in told["dependencies"]}
    queue = [extra]
    while queue:
        for line in map(Requirement, told["optional-dependencies"][queue.pop()]):
            names.add(line.name.lower())
            queue += line.extras if line.name == told["name"] else []
    return names


def imported(file: Path) -> set[str]:
    """First names of the packages that a file imports at its top, where nothing catches a missing one."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    plain = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    named = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in plain | named}


def test_every_package_that_a_test_imports_is_declared_for_tests():
    theirs = packages_distributions()
    known = declared("test") | {name for name, carrier in CARRIED.items() if carrier in declared("test")}
    missing = {}
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for name in imported(file) - OF_OTHER_PYTHONS:
            holders = {holder.lower() for holder in theirs.get(name, [])}
            if holders and not holders & known:
                missing.setdefault(name, file.relative_to(ROOT).as_posix())
    assert not missing, f"declare them in the extra `test`: {missing}"
