"""Every door that writes, on a disk that is full: the old file is whole, the error is one sentence, nothing is left."""

import json
import os
import subprocess
import sys

import pytest

# One process for all: each writes twice, the second time under a limit on the size of files.
SCRIPT = r"""
import json, resource, sys, warnings
from pathlib import Path
import numpy as np
import gbaspatial as gba
from click.testing import CliRunner
from gbaspatial.cli.commands import main
from gbaspatial.errors import GbaError

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
cities = gba.load_cities(year=2019)
w = gba.weights.contiguity(cities)
fit = gba.models.ols("log(gdp_pc_cny) ~ C(tier)", cities)
atlas = gba.maps.atlas(cities, [gba.maps.choropleth("gdp_pc_cny")], context=False)
from matplotlib.figure import Figure
figure = Figure(); figure.subplots().plot([1, 2])

def cli(path):
    run = CliRunner().invoke(main, ["moran", "cities", "--column", "gdp_pc_cny", "--inference", "normal",
                                    "--format", "html", "--out", str(path)])
    if run.exit_code:
        raise GbaError(run.output)

doors = {f"x{e}": lambda p: gba.weights.write(w, p)
         for e in (".gal", ".gwt", ".kwt", ".mtx", ".csv", ".parquet", ".npz", ".txt", ".json")}
doors |= {f"y{e}": lambda p: gba.export.write(p, cities, style="tier" if e != ".csv" else None)
          for e in (".gpkg", ".shp", ".geojson", ".parquet", ".kml", ".csv")}
style = gba.export.style(cities, "gdp_pc_cny")
doors |= {"z.qml": lambda p: gba.export.qml(p, style), "z.sld": lambda p: gba.export.sld(p, style)}
doors |= {f"f{e}": lambda p: gba.figures.save(figure, p) for e in (".svg", ".png", ".pdf")}
doors |= {"map.html": atlas.save, "table.xlsx": gba.tables.compare({"a": fit}).to_excel, "cli.html": cli}

def there(place):
    return {p.name: p.read_bytes().hex() for p in sorted(place.iterdir())}

told = {}
for name, write in doors.items():
    place = folder / name.replace(".", "_")
    place.mkdir()
    write(place / name)
    before = there(place)
    # Small enough to stop every format, also in the middle of a file.
    smallest = min(p.stat().st_size for p in place.iterdir() if p.name.startswith(Path(name).stem + "."))
    limit = max(1, int(smallest * float(sys.argv[2])))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        write(place / name)
        said = "success"
    except GbaError as error:
        said = str(error)
    except BaseException as error:
        said = f"RAW {type(error).__name__}: {error}"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    told[name] = [said, there(place) == before]
(folder / "told.json").write_text(json.dumps(told))
"""


@pytest.mark.skipif(os.name != "posix", reason="limits as POSIX has them")
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path, share):
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path), str(share)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    told = json.loads((tmp_path / "told.json").read_text())
    assert len(told) > 20
    assert {name: said for name, (said, _) in told.items() if "was not written" not in said} == {}
    assert [name for name, (_, same) in told.items() if not same] == []
