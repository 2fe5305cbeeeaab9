"""The software bill of materials of this environment in CycloneDX 1.6: python release/bill.py dist/gbaspatial.cdx.json

Every package that gbaspatial needs here, extras of the wheel left out: name, version, licence, its address, and
who needs whom, from the metadata of what is installed. It has no time in it: one environment gives one file.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


def plain(name: str) -> str:
    """The name of a package as an index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def address(found: Distribution) -> str:
    return f"pkg:pypi/{plain(found.metadata['Name'])}@{found.version}"


def needs(found: Distribution) -> list[Distribution]:
    """What a package needs here, without extras."""
    asked = [Requirement(text) for text in found.requires or []]
    held = [need for need in asked if need.marker is None or need.marker.evaluate({"extra": ""})]
    return [distribution(need.name) for need in held]


def closure(root: Distribution) -> dict[str, Distribution]:
    """`root` and all that it needs, by address."""
    known, waiting = {}, [root]
    while waiting:
        found = waiting.pop()
        if address(found) not in known:
            known[address(found)] = found
            waiting += needs(found)
    return dict(sorted(known.items()))


def licence(found: Distribution) -> list[dict]:
    """The licence as CycloneDX writes it: an expression of SPDX where the package has one, else its words."""
    told = found.metadata.get("License-Expression")
    if told:
        return [{"expression": told}]
    classified = [
        text.split(" :: ")[-1] for text in found.metadata.get_all("Classifier", []) if text.startswith("License")
    ]
    words = classified or [(found.metadata.get("License") or "").strip().split("\n")[0][:80]]
    return [{"license": {"name": word}} for word in words if word]


def component(found: Distribution, kind: str = "library") -> dict:
    told = {"type": kind, "bom-ref": address(found), "name": found.metadata["Name"], "version": found.version}
    return {**told, "purl": address(found), "licenses": licence(found)}


def bill(name: str = "gbaspatial") -> dict:
    """The bill of a package of this environment."""
    root = distribution(name)
    known = closure(root)
    edges = [
        {"ref": ref, "dependsOn": sorted({address(need) for need in needs(found)})} for ref, found in known.items()
    ]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, ' '.join(known))}",
        "version": 1,
        "metadata": {"component": component(root, "application")},
        "components": [component(found) for ref, found in known.items() if ref != address(root)],
        "dependencies": edges,
    }


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/gbaspatial.cdx.json")
    target.parent.mkdir(exist_ok=True)
    try:
        made = bill()
    except PackageNotFoundError as missing:
        raise SystemExit(f"{missing} is needed and not installed here.") from None
    target.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{target}: {len(made['components'])} packages")
