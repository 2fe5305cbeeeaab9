"""Writes docs/tutorial/districts.csv, the user's own table of the tutorial: python docs/tutorial/make_districts.py

Fifty districts of the nine mainland cities from the census of 2020, as `gba.load_districts` ships them.
"""

from pathlib import Path

import gbaspatial as gba

COLUMNS = {
    "bachelor_or_above": "graduates",
    "employed_sample": "employed",
    "employed_sample_information": "information",
}


def table():
    """One row a district, whole numbers."""
    districts = gba.load_districts(year=2020).query("side == 'mainland'").reset_index().rename(columns=COLUMNS)
    numbers = ["population", *COLUMNS.values()]
    return districts[["adcode", "district", "city", *numbers]].astype(dict.fromkeys(numbers, int))


if __name__ == "__main__":
    table().to_csv(Path(__file__).with_name("districts.csv"), index=False)
