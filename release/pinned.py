"""Writes requirements.txt of a folder of wheels, each pinned by its hash: python release/pinned.py wheelhouse"""

import hashlib
import sys
from pathlib import Path


def requirements(folder: Path) -> str:
    """One line a wheel: name, version and hash."""
    lines = []
    for wheel in sorted(folder.glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        seal = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name.lower().replace('_', '-')}=={version} --hash=sha256:{seal}\n")
    return "".join(sorted(lines))


if __name__ == "__main__":
    house = Path(sys.argv[1])
    (house / "requirements.txt").write_text(requirements(house), encoding="utf-8")
    print(f"{house / 'requirements.txt'}: {len(list(house.glob('*.whl')))} wheels")
