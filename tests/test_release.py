"""What goes out: names that stay, one version, files of a wheel and an sdist, dependencies with their floors."""

import io
import json
import re
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "release"))
import bill  # noqa: E402
import check_files  # noqa: E402
import pinned  # noqa: E402
import try_wheels  # noqa: E402

TOLD = check_files.project()
METADATA = "\n".join([
    "Metadata-Version: 2.4", f"Name: {TOLD['name']}", f"Version: {TOLD['version']}", f"Summary: {TOLD['description']}",
    f"Requires-Python: {TOLD['requires-python']}", f"License-Expression: {TOLD['license']}",
    *(f"Requires-Dist: {need}" for need in TOLD["dependencies"]),
    *(f"Provides-Extra: {extra}" for extra in TOLD["optional-dependencies"]), "", "# gbaspatial",
])  # fmt: skip


def test_metadata_that_agree_have_no_fault_and_another_version_is_one():
    assert check_files.faults_of_metadata(METADATA, TOLD) == []
    other = METADATA.replace(f"Version: {TOLD['version']}", "Version: 9.9")
    assert [fault.partition(":")[0] for fault in check_files.faults_of_metadata(other, TOLD)] == ["Version"]
    fewer = METADATA.replace(f"Requires-Dist: {TOLD['dependencies'][0]}\n", "")
    assert [fault.partition(":")[0] for fault in check_files.faults_of_metadata(fewer, TOLD)] == ["dependencies"]


def test_a_file_too_few_a_file_too_many_and_a_missing_licence_are_seen():
    wanted = check_files.expected()
    assert {"gbaspatial/py.typed", "gbaspatial/shapefiles/gba_cities.gpkg", "gbaspatial/data/SOURCES.md"} <= wanted
    licences = {f"g-1.dist-info/licenses/{name}" for name in check_files.LICENCES}
    assert check_files.faults_of_names(wanted | licences, wanted) == []
    assert check_files.faults_of_names((wanted | licences) - {"gbaspatial/py.typed"}, wanted)
    assert check_files.faults_of_names(wanted | licences | {"gbaspatial/x.so"}, wanted)
    assert check_files.faults_of_names(wanted, wanted)


def test_an_sdist_with_made_files_or_without_tests_is_seen(tmp_path):
    path = tmp_path / "gbaspatial-1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in [name for name in check_files.SDIST if not name.startswith("tests")] + ["out/report.html"]:
            archive.addfile(tarfile.TarInfo(f"gbaspatial-1/{name}"), io.BytesIO())
    assert len(check_files.faults_of_sdist(path)) == 2


def test_the_version_stands_in_one_place_and_is_semantic():
    assert re.fullmatch(r"\d+\.\d+\.\d+", TOLD["version"])
    assert f"## {TOLD['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for name in ("README.md", "README.zh.md"):
        assert f"Version {TOLD['version']}." in (ROOT / name).read_text(encoding="utf-8")


def test_every_dependency_has_a_floor_and_no_ceiling():
    for need in [*TOLD["dependencies"], *(n for extra in TOLD["optional-dependencies"].values() for n in extra)]:
        if not need.startswith("gbaspatial["):
            assert re.fullmatch(r"[\w.-]+(\[[\w,]+\])?>=[\d.]+\w*", need), need
    assert all("==" in floor for floor in try_wheels.floors())


def test_no_public_name_and_no_parameter_is_gone():
    """A rename breaks who calls it: it goes on working for a version with a warning, and is told in the changelog."""
    kept = json.loads((ROOT / "tests" / "public_names.json").read_text(encoding="utf-8"))
    now = public_names()
    assert [name for name in kept if name not in now] == []
    gone = {name: [p for p in kept[name] if p not in now[name]] for name in kept}
    assert {name: lost for name, lost in gone.items() if lost} == {}


def public_names() -> dict[str, list[str]]:
    """Every public function, class and verb with the names of its parameters."""
    import inspect

    from tests.test_docstrings import PUBLIC, VERBS

    found = {}
    for name, thing in {**PUBLIC, **VERBS}.items():
        thing = getattr(thing, "__func__", thing)
        shown = not inspect.isclass(thing)
        found[name] = [p for p in inspect.signature(thing).parameters if p != "self"] if shown else []
    return dict(sorted(found.items()))


@pytest.mark.parametrize("extra", sorted(TOLD["optional-dependencies"]))
def test_extras_are_told_in_the_page_on_dependencies(extra):
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for need in TOLD["optional-dependencies"][extra]:
        if not need.startswith("gbaspatial["):
            assert f"`{re.split(r'[<>=!~[]', need)[0]}`" in page, need


def test_dependencies_are_told_with_their_reasons():
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for need in TOLD["dependencies"]:
        assert re.search(rf"^\| `{re.split(r'[<>=!~[]', need)[0]}` \|.+\|.+\|", page, re.MULTILINE), need


def test_the_bill_names_every_dependency_with_version_licence_and_who_needs_it():
    made = bill.bill()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    listed = {part["name"].lower().replace("_", "-"): part for part in made["components"]}
    direct = {check_files.name_of(need) for need in TOLD["dependencies"]}
    assert direct <= set(listed)
    assert all(part["version"] and part["licenses"] and part["purl"] for part in listed.values())
    refs = {part["bom-ref"] for part in made["components"]} | {made["metadata"]["component"]["bom-ref"]}
    assert {edge["ref"] for edge in made["dependencies"]} == refs
    assert {need for edge in made["dependencies"] for need in edge["dependsOn"]} <= refs
    assert bill.bill() == made


def test_a_wheelhouse_is_pinned_by_the_hash_of_every_wheel(tmp_path):
    (tmp_path / "numpy-2.4.0-cp311-cp311-linux_x86_64.whl").write_bytes(b"abc")
    (tmp_path / "a_b-1.0-py3-none-any.whl").write_bytes(b"")
    lines = pinned.requirements(tmp_path).splitlines()
    assert [line.split(" --hash")[0] for line in lines] == ["a-b==1.0", "numpy==2.4.0"]
    assert lines[1].endswith("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


if __name__ == "__main__":  # python -m tests.test_release: takes up the names that are new, and those that are gone
    path = ROOT / "tests" / "public_names.json"
    path.write_text(json.dumps(public_names(), indent=0) + "\n", encoding="utf-8")
