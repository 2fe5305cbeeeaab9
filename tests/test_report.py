"""The main job: every file is there, the page opens without a request, and its numbers are those of the API."""

import hashlib
import html
import json
import re
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from browser import open_page
from matplotlib.text import Text

import gbaspatial as gba
from gbaspatial.errors import DataError, OptionError, UnknownNameError, WritingError
from gbaspatial.report import attachments, verdicts, write_report
from gbaspatial.report.bay import Bay
from gbaspatial.report.caveats_zh import CAVEATS_ZH
from gbaspatial.report.chapters import CHAPTERS, claims, four_bays, going_together, limits
from gbaspatial.report.chinese import MYRIADS, note_in_chinese
from gbaspatial.report.claims.evidence_data import ACCOUNTED
from gbaspatial.report.claims.ledger import ledger_of
from gbaspatial.report.languages import Words
from gbaspatial.report.page_tables import html_of
from gbaspatial.results import Table, p_text

YEAR = 2019


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    written = write_report(folder, year=YEAR, seed=7)
    return folder, written


def test_every_file_is_there_and_not_empty(out):
    folder, written = out
    assert written[0] == folder / "report.html"
    assert all(path.stat().st_size for path in written)
    there = {path for path in folder.rglob("*") if path.is_file()}
    assert there == set(written)
    kinds = {path.relative_to(folder).parts[0] + path.suffix for path in written}
    assert kinds >= {
        "tables.csv", "tables.tex", "figures.svg", "figures.png", "maps.html", "gba.gpkg.gpkg", "gba.qpt.qpt",
        "run.json.json",
    }  # fmt: skip


def test_no_number_of_a_table_hides_in_brackets(out):
    """A spreadsheet would read the p-value (0.0569) as -0.0569."""
    folder, _ = out
    for path in (folder / "tables").glob("*.csv"):
        cells = pd.read_csv(path, dtype=str, header=None).stack()
        assert not cells.str.fullmatch(r"\s*[(\[]\s*[-+<]?[\d.,]+(e[-+]?\d+)?%?\s*[)\]]\s*").any(), path.name


def test_numbers_are_those_of_the_api(out):
    folder, _ = out
    cities = gba.load_cities(year=YEAR)
    w = gba.weights.contiguity(cities, links=YEAR).row_standardized()
    by_year = pd.read_csv(folder / "tables" / "moran_gdp_pc.csv").set_index("year")
    moran = gba.autocorrelation.moran(cities["gdp_pc_cny"], w)
    assert by_year.loc[YEAR, "statistic"] == pytest.approx(moran.statistic)
    assert by_year.loc[YEAR, "p_value"] == pytest.approx(moran.p_value)
    theil = gba.disparity.theil(cities["gdp_cny"], cities["population"], groups=cities["tier"])
    table = pd.read_csv(folder / "tables" / "theil_by_year.csv").set_index("year")
    assert table.loc[YEAR, "between"] == pytest.approx(theil.between)
    fit = gba.models.lag("log(gdp_pc_cny) ~ C(tier)", cities, w)
    models = pd.read_csv(folder / "tables" / "models_tiers.csv").set_index(["block", "row", "what"])["Lag"]
    assert models["coefficient", "rho", "estimate"] == pytest.approx(fit.rho)
    assert models["coefficient", "rho", "p_value"] == pytest.approx(fit.pvalues["rho"])


OUTCOMES = {"tiers": "log(gdp_pc_cny)", "patents": "log(patents_granted)"}


def shown(folder):
    """Every p-value and interval of a parameter that a table shows: (outcome, weights, model, term) -> values."""
    found = {}

    def add(key, what, value):
        found.setdefault((*key, what), set()).add(round(float(value), 10))

    for name, outcome in OUTCOMES.items():
        table = pd.read_csv(folder / "tables" / f"models_{name}.csv").set_index(["block", "row", "what"])
        for (_, term, what), row in table.loc[["coefficient"]].iterrows():
            for model, value in row.dropna().items():
                if what in ("p_value", "lower", "upper"):
                    add((outcome, "borders and bridges", model.lower(), term), what, value)
    curve = pd.read_csv(folder / "tables" / "over_weights_tiers.csv")
    for _, row in curve.iterrows():
        outcome = {"logs": OUTCOMES["tiers"], "levels": "gdp_pc_cny"}[row["outcome"]]
        term = "rho" if row["model"] == "lag" else "lambda"
        for what in ("p_value", "lower", "upper"):
            add((outcome, row["weights"], row["model"], term), what, row[what])
    return found


def test_no_parameter_has_two_p_values_or_intervals(out):
    folder, _ = out
    found = shown(folder)
    assert len(found) > 60
    assert {key: values for key, values in found.items() if len(values) > 1} == {}
    # and every sentence says what the tables say
    text = html.unescape((folder / "report.html").read_text(encoding="utf-8"))
    chinese = (folder / "report.zh.html").read_text(encoding="utf-8")
    sentences = re.findall(
        r"(rho|lambda) of the (lag|error) model is (\S+) \(p = (\S+), 95 % interval (\S+) to (\S+?)\)", text
    )
    sentences += re.findall(r"(lambda) of the (error) model (\S+) \(p = (\S+), 95 % interval (\S+) to (\S+?)\)\.", text)
    assert len(set(sentences)) == 3
    for term, model, estimate, p, lower, upper in sentences:
        told = [(outcome, {what: f"{next(iter(found[outcome, 'borders and bridges', model, term, what])):.2f}"
                           for what in ("lower", "upper")} | {
                "p": p_text(next(iter(found[outcome, "borders and bridges", model, term, "p_value"])))})
                for outcome in OUTCOMES.values()]  # fmt: skip
        assert {"lower": lower, "upper": upper, "p": p} in [values for _, values in told], (term, estimate)
        assert f"{estimate}（p = {p}，95% 区间 {lower} 至 {upper}）" in html.unescape(chinese)
    for old in ("bootstrap", "large-sample theory and are too small"):
        assert old not in "".join(re.findall(r"<li>.*?</li>", text))


def test_sequences_of_years_are_adjusted_and_logs_stand_beside_levels(out):
    folder, _ = out
    for name in ("moran_gdp_pc", "moran_log_gdp_pc", "moran_gdp_pc_borders", "moran_patents"):
        table = pd.read_csv(folder / "tables" / f"{name}.csv")
        assert (table["p_joint"] >= table["p_value"]).all()
    curve = pd.read_csv(folder / "tables" / "over_weights_tiers.csv")
    assert set(curve["outcome"]) == {"logs", "levels"}
    assert curve.groupby("outcome")["probability"].sum().tolist() == pytest.approx([1, 1])


def test_a_report_is_made_without_a_warning_and_keeps_the_friction():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bay = Bay(YEAR, 1)
        assert len(bay.panel)
        friction, plain = (bay.weights[name].to_frame() for name in ("border friction 0.5", "borders"))
    macao = friction.query("focal == 'Macao'")["weight"].sum() / friction.query("focal == 'Zhaoqing'")["weight"].sum()
    assert macao == pytest.approx(0.5)  # each has one neighbor, that of Macao across a border
    assert plain.query("focal == 'Macao'")["weight"].sum() == 1


def spatial(p):
    return verdicts.Spatial(0.5, p, 0.1, 0.9)


def test_sentences_follow_the_numbers(monkeypatch):
    cities = gba.load_cities(year=2023)
    w = gba.weights.contiguity(cities, links=2023).row_standardized()
    formula = "log(gdp_pc_cny) ~ C(tier)"
    ols, lag = gba.models.ols(formula, cities), gba.models.lag(formula, cities, w)
    error = gba.models.error(formula, cities, w)
    agreement = verdicts.agreement(lag, ols, w)
    assert "by itself (p = 0.0228) rejects, the likelihood ratio (p = 0.08" in agreement.en
    assert "residuals (p = 0.0749) do not." in agreement.en
    assert "（p = 0.0228）拒绝原假设" in agreement.zh
    assert verdicts.without_one(lag).en.endswith("it falls below 0.3 without Foshan, Hong Kong or Macao.")
    assert verdicts.without_one(lag, lambda city: f"<{city}>").zh.endswith(
        "剔除<Foshan>、<Hong Kong>或<Macao>时低于 0.3。"
    )
    assert verdicts.without_one(error).en.endswith("(without Foshan).")  # never below 0.3
    assert verdicts.better({"Lag": lag, "Error": error}).en.startswith(
        "By AIC the Error model fits best (22.4, against 23.3"
    )
    monkeypatch.setattr(verdicts, "spatial_of", lambda fit: spatial(fit))
    rho, lambda_ = Words("rho", "rho"), Words("lambda", "lambda")
    assert "decides whether rho is significant" in verdicts.choice({rho: (0.04, 0.06), lambda_: (0.01, 0.02)}).en
    both = verdicts.choice({rho: (0.04, 0.06), lambda_: (0.06, 0.02)})
    assert "decides whether rho and lambda are" in both.en
    assert "决定rho和lambda在 5% 水平是否显著" in both.zh
    assert "decides nothing at 5 %" in verdicts.choice({rho: (0.2, 0.06)}).en


def few_files(monkeypatch):
    """A report of two small files, quickly made."""

    def write(bay, folder, chapters, languages, names=("a", "b")):
        for name in names:
            (folder / "tables" / f"{name}.csv").write_text(f"{name}\n")
        written = [folder / "tables" / f"{name}.csv" for name in names]
        return [*written, attachments.write_record(bay, folder / "run.json", written)]

    monkeypatch.setattr("gbaspatial.report._write", write)
    return write


def test_what_a_report_no_longer_makes_goes_unless_it_was_changed(tmp_path, monkeypatch):
    write = few_files(monkeypatch)
    write_report(tmp_path, year=YEAR)
    tables = tmp_path / "tables"
    (tables / "mine.csv").write_text("mine")
    monkeypatch.setattr("gbaspatial.report._write", lambda *given: write(*given, names=("c",)))
    (tables / "b.csv").write_text("changed by hand")
    write_report(tmp_path, year=YEAR)
    assert {path.name: path.read_text() for path in tables.iterdir()} == {
        "b.csv": "changed by hand", "mine.csv": "mine", "c.csv": "c\n",
    }  # fmt: skip


@pytest.mark.parametrize(
    "record",
    ["", "[1]", '{"made": 3}', '{"made": {"../beside.txt": "SEAL", "/etc/passwd": "x", "a/b/c": "x", "": "x"}}'],
)
def test_a_record_that_lies_removes_nothing(tmp_path, monkeypatch, record):
    few_files(monkeypatch)
    beside = tmp_path / "beside.txt"
    beside.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    seal = hashlib.sha256(beside.read_bytes()).hexdigest()
    (out / "run.json").write_text(record.replace("SEAL", seal))
    assert attachments.made_before(out) == {}
    write_report(out, year=YEAR)
    assert beside.read_text() == "mine"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_opens_anywhere(out, language, width):
    folder, _ = out
    with open_page(folder / {"en": "report.html", "zh": "report.zh.html"}[language], size=(width, 900)) as page:
        assert page.requests == []
        assert page.errors == []
        text = page.evaluate("document.body.innerText")
        moran = pd.read_csv(folder / "tables" / "moran_gdp_pc.csv").set_index("year").loc[YEAR, "statistic"]
        assert f"{moran:.3f}" in text
        assert "广州市" in text
        assert {"en": "Not a map for legal boundaries", "zh": "不作为法定边界依据"}[language] in text
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0 && i.alt.length > 9)")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert page.evaluate("document.querySelector('iframe').contentDocument.querySelectorAll('path').length") > 10
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        page.wait(0.2)  # what is opened is measured
        if width == 1400:
            cut = "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth + 1)"
            assert page.evaluate(f"{cut}.map(s => s.innerText.slice(0, 60))") == []
        else:
            wide = "[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth + 1)"
            assert page.evaluate(f"{wide}.length") <= 4  # all others are stacked or shortened
            assert page.evaluate(f"{wide}.every(s => s.classList.contains('over') && s.dataset.swipe.length > 5)")


def test_a_table_of_texts_names_its_columns_in_every_cell():
    long = Table(pd.DataFrame({"claim": ["x" * 50], "a < b": ["y" * 60]}, index=["C1"]), "t")
    text = str(html_of(long))
    assert '<td data-label="" class="brief key" style="text-align:left">C1</td><td data-label="claim"' in text
    assert 'data-label="a &lt; b"' in text
    assert "data-label" not in str(html_of(Table(pd.DataFrame({"a": [1.0]}), "t")))


def told(section):
    """All sentences of a section."""
    kinds = ("text", "findings", "brief", "advice", "unknown")
    return [words for kind in kinds for words in getattr(section, kind)]


QUICK = (
    "cities",
    "weights",
    "disparity",
    "limits",
    "bays",
    "coupling",
    "productivity",
    "regions",
    "signs",
    "looks",
    "panels",
)


@pytest.mark.parametrize("name", QUICK)
def test_both_languages_say_the_same_of_every_chapter(name):
    section = CHAPTERS[name](Bay(YEAR, 1))
    assert set(section.tables_zh) == set(section.tables)
    assert set(section.captions) == set(section.figures)
    for words in told(section):
        assert re.search("[\u4e00-\u9fff]", words.zh)
        assert not re.search("[\u4e00-\u9fff]", words.en)
    for key, table in section.tables.items():
        chinese = section.tables_zh[key]
        assert chinese.frame.shape == table.frame.shape
        assert chinese.frame.columns.is_unique
        assert [h for h in chinese.frame.columns if not re.search("[\u4e00-\u9fff]|^rho$", str(h))] == []
        for mine, other in zip(table.frame.columns, chinese.frame.columns, strict=True):
            if pd.api.types.is_numeric_dtype(table.frame[mine]):
                size = MYRIADS.get(mine, 1)
                if name == "bays" and mine in four_bays.NAMES:
                    size = table.frame["unit"].map(four_bays.MYRIADS).fillna(1)
                expected = (table.frame[mine] * size).tolist()
                assert chinese.frame[other].tolist() == pytest.approx(expected, nan_ok=True)


def test_a_chinese_reader_counts_by_ten_thousands():
    bay = Bay(YEAR, 1)
    cities = CHAPTERS["cities"](bay).tables_zh["cities"]
    header, rows = cities.cells()
    row = dict(zip(header, rows[list(cities.frame.index).index("广州")], strict=True))
    given = bay.cities.loc["Guangzhou"]
    assert row["人口（万）"] == f"{given['population'] / 1e4:,.0f}"
    assert row["GDP（亿元）"] == f"{given['gdp_cny'] / 1e8:,.0f}"
    english, chinese = CHAPTERS["bays"](bay).tables["bay_areas"], CHAPTERS["bays"](bay).tables_zh["bay_areas"]
    assert not re.search("百万|十亿", cities.to_text() + chinese.to_text())
    assert "单位" in chinese.frame
    told_in_dollars = english.frame["unit"].eq("US$ billion") & english.frame["San Francisco"].notna()
    place = told_in_dollars.to_numpy().nonzero()[0][-1]
    assert chinese.cells()[1][place][-1] == f"{english.frame['San Francisco'].iloc[place] * 10:,.0f}"
    firms = english.frame["unit"].eq("companies").to_numpy().nonzero()[0][0]
    assert "." not in "".join(english.cells()[1][firms])


def test_what_is_needed_is_said_once_where_it_is_the_same():
    none, some_rho = (
        Words("no rho is large enough", "没有足够大的 rho"),
        Words("rho has to be 0.90 or more", "rho 须达 0.90 以上"),
    )
    assert limits._needed(none, none) == Words(
        "no rho is large enough with eleven or with nine", "十一市与九市都没有足够大的 rho"
    )
    unlike = "rho has to be 0.90 or more with eleven and no rho is large enough with nine"
    assert limits._needed(some_rho, none).en == unlike


def test_panels_have_words_for_rings_and_no_zero_with_a_sign():
    section = CHAPTERS["panels"](Bay(YEAR, 1))
    for tables in (section.tables, section.tables_zh):
        text = "".join(table.to_text() for table in tables.values())
        assert not re.search(r"treated|0-60 km|log\(industry\)|-0\.0+\b", text)
    assert section.tables["panel_openings"].frame.iloc[:, 0].tolist() == [
        "the four cities",
        "within 60 km",
        "60 to 120 km",
    ]
    legend = section.figures["panel_openings"].get_figure().findobj(Text)
    assert "the four cities" in {text.get_text() for text in legend}


LOADERS = (
    "load_cities",
    "load_panel",
    "load_gdp",
    "load_prefecture_panel",
    "load_capital_panel",
    "load_bay_areas",
    "load_districts",
)
OF_CLAIMS = ("load_industry_structure", "load_firms_universities")
KINDS = ("text", "findings", "brief", "advice", "unknown")
# numbers that a sentence may hold whatever the data: what was asked, and definitions
GIVEN = {
    "cities": {"1.03"},  # the legal peg of the pataca
    "autocorrelation": {"39,916,800", "362,880"},  # orders of eleven and of nine cities
    "tiers": {str(YEAR), "1"},
    "coupling": {str(going_together.YEARS[0]), str(going_together.YEARS[-1])},
    "productivity": {str(ACCOUNTED[0]), str(ACCOUNTED[-1])},
    "limits": {"5"},
    "looks": {"1.5"},  # the trial of other price levels
}


def disturbed(load, size, years=YEAR - 5):
    """A loader whose numbers are multiplied by noise, city by city and year by year; the panel is that of few years."""

    def found(*args, **options):
        frame = load(*args, **options).copy()
        if load.__name__ == "load_panel" and "patents_per_10k" in frame and "gdp_pc_cny" in frame:
            frame = frame[frame.index.get_level_values("year") > years]  # all chapters work as with all years
        rng = np.random.default_rng(len(frame))
        for name in frame.select_dtypes("number").columns.difference(["tier", "year", "area_km2", "in_gba"]):
            frame[name] = frame[name] * np.exp(size * rng.normal(size=len(frame)))
        return frame

    return found


def unmoved(before, after):
    """Sentences with a number that are the same in either language."""
    pairs = [pair for kind in KINDS for pair in zip(getattr(before, kind), getattr(after, kind), strict=True)]
    return [old for old, new in pairs if re.search("[0-9]", old.en) and (old.en == new.en or old.zh == new.zh)]


def without_the_long_bridge(load):
    """Links as if no bridge led to Macao."""

    def found(*args, **options):
        links = load(*args, **options)
        return links[(links[["city_a", "city_b"]] != "Macao").all(axis=1)]

    return found


@pytest.mark.parametrize("name", [name for name in CHAPTERS if name != "claims"])
def test_changed_data_change_every_sentence_that_rests_on_them(monkeypatch, name):
    """Every sentence with a number follows the data in both languages, but for numbers that nothing measured."""
    loaders = {loader: getattr(gba.data, loader) for loader in LOADERS}
    made = []
    for size in (0.0, 0.2):
        for loader, load in loaders.items():
            monkeypatch.setattr(gba.data, loader, disturbed(load, size))
        bay = Bay(YEAR, 1)
        if size and name in ("weights", "limits"):  # they rest on borders and bridges alone
            links = without_the_long_bridge(gba.load_links)(year=YEAR)
            w = gba.weights.contiguity(bay.cities, links=links).row_standardized()
            changed = {name: w if name == bay.main_name else one for name, one in bay.weights.items()}
            by_year = dict.fromkeys(bay.weights_by_year, changed["4 nearest"])
            bay.__dict__.update(weights=changed, weights_by_year=by_year)
        made.append(CHAPTERS[name](bay))
    before, after = made
    for words in unmoved(before, after):
        numbers = set(re.findall(r"\d[\d,.]*\d|\d", words.en))
        assert numbers <= GIVEN.get(name, set()), (name, words.en)
    for key, table in before.tables.items():
        if key not in ("published", "links"):
            assert not table.frame.equals(after.tables[key].frame), key


def test_changed_data_change_every_claim_that_they_speak_to(monkeypatch):
    """In both languages; and what page one says of the ledger follows the verdicts."""
    loaders = {loader: getattr(gba.data, loader) for loader in (*LOADERS, *OF_CLAIMS)}
    made = []
    for size in (0.0, 0.2):
        for loader, load in loaders.items():
            monkeypatch.setattr(gba.data, loader, disturbed(load, size, years=0))
        bay = Bay(YEAR, 1)
        made.append((ledger_of(bay.evidence), bay))
    (before, _), (after, _) = made
    same = (before.rows["result"] == after.rows["result"]) | (before.rows["result_zh"] == after.rows["result_zh"])
    assert same.index[same].tolist() == ["C3", "C18"]  # to which the data do not speak: no number stands there
    assert not before.rows.loc[same, ["result", "result_zh"]].stack().str.contains("[0-9]").any()
    assert (before.rows["verdict"] != after.rows["verdict"]).any()
    assert unmoved(claims.section_of(before), claims.section_of(after)) == []


def test_both_languages_draw_every_picture_with_words():
    for name in ("cities", "weights", "disparity", "innovation", "panels"):
        section = CHAPTERS[name](Bay(YEAR, 1))
        assert set(section.figures_zh) == set(section.figures), name
        for ax in section.figures_zh.values():
            texts = " ".join(text.get_text() for text in ax.get_figure(root=True).findobj(Text))
            assert re.search("[\u4e00-\u9fff]", texts)
            assert not re.search("interval|High-High|No data|tier [123]", texts)


def test_every_caveat_is_told_in_chinese():
    assert set(gba.data.caveats()["text"]) == set(CAVEATS_ZH)
    assert all(re.search("[\u4e00-\u9fff]", words) for words in CAVEATS_ZH.values())
    for english, chinese in CAVEATS_ZH.items():  # no number is lost on the way
        years = set(re.findall(r"(?:19|20)\d\d", english))
        assert years <= set(re.findall(r"(?:19|20)\d\d", chinese)), english


def test_only_some_chapters_in_one_language(tmp_path):
    written = write_report(tmp_path, year=YEAR, lang="zh", only=["cities", "disparity"])
    assert written[0].name == "report.zh.html"
    assert not (tmp_path / "report.html").exists()
    page = written[0].read_text(encoding="utf-8")
    assert '<section id="cities">' in page
    assert '<section id="tiers">' not in page
    assert 'href="report.html"' not in page
    assert page.startswith("<!DOCTYPE html>")
    assert '<html lang="zh">' in page


def test_notes_that_say_something_new_stay_as_they_are():
    assert note_in_chinese("Something new.") == "Something new."
    assert note_in_chinese("1,999 draws, seed 1.") == "1,999 次抽样，种子 1。"


def test_the_record_says_what_was_run(out):
    folder, _ = out
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["seed"] == 7
    assert record["year"] == YEAR
    assert record["weights"]["4 nearest"][0]["k"] == 4
    assert record["packages"]["numpy"]
    layers = gpd.list_layers(folder / "gba.gpkg")["name"].tolist()
    assert {"cities", "districts", "clusters_gdp_pc"} <= set(layers)
    assert (
        gpd.read_file(folder / "gba.gpkg", layer="cities").set_index("city").loc["Macao", "name_zh"] == "澳门特别行政区"
    )


def test_bad_input_is_told(tmp_path):
    with pytest.raises(UnknownNameError, match="no chapter 'citys'. Did you mean cities"):
        write_report(tmp_path, only="citys")
    with pytest.raises(OptionError, match="names no chapter"):
        write_report(tmp_path, only=[])
    with pytest.raises(OptionError, match="lang='fr'"):
        write_report(tmp_path, lang="fr")
    with pytest.raises(UnknownNameError, match="2000 to 2023"):
        write_report(tmp_path, year=1990)
    (tmp_path / "file").write_text("x")
    with pytest.raises(WritingError, match="is a file"):
        write_report(tmp_path / "file")


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, DataError])
def test_a_report_that_is_stopped_leaves_the_old_one(tmp_path, monkeypatch, stopped):
    def stop(_):
        raise stopped

    monkeypatch.setattr("gbaspatial.report.chapters.CHAPTERS", {"cities": stop})
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(stopped):
        write_report(tmp_path, year=YEAR)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report.html": "old", "mine.txt": "mine"}
