"""The report from result files alone: every figure leads to its file, what is missing or damaged is named."""

from __future__ import annotations

import json
import re
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
from little_results import fill, result

from ltm.cli.plot_evidence import evidence_svg
from ltm.evidence.arms import REFERENCE, Arm
from ltm.evidence.cited import CITED, STREAMS, cited
from ltm.evidence.claims import judged
from ltm.evidence.document import Table, html, link, markdown, sources
from ltm.evidence.drawings import Spot, Surface, surface
from ltm.evidence.experiments import EXPERIMENTS, axes, plan
from ltm.evidence.outcome import spread
from ltm.evidence.readings import Shelf, gather, reading_of
from ltm.evidence.report import TITLE, Report, make_report
from ltm.evidence.run_file import result_file

RUNS = plan(EXPERIMENTS.values())
RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def exact(arm: Arm, seed: int) -> float:
    """Loops pay, size doesn't, and symmetric forms are worth thirty points."""
    told = axes(arm.name)
    share = 0.6 if told is None else min(0.97, 0.1 + 0.22 * told[1] ** 0.5)
    return share - (0.3 if "without" in arm.name or arm.once else 0.0) + 0.01 * seed


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("evidence")
    fill(path, RUNS, exact)
    return path


@pytest.fixture(scope="module")
def shelf(folder: Path) -> Shelf:
    return gather(folder, RUNS, cited(RESULTS)[0])


@pytest.fixture(scope="module")
def report(shelf: Shelf) -> Report:
    return make_report(shelf, len(RUNS), quick=False)


def test_verdicts_follow_from_the_files(shelf: Shelf) -> None:
    verdicts = {one.name: one.verdict for one in judged(shelf)}
    assert verdicts["coupling-over-mass"] == "supported" and verdicts["repetition"] == "supported"
    assert verdicts["mind-needs"] == "not supported"  # 350 K parameters with 16 loops have 98 %
    assert verdicts["archetypes"] == "not supported"
    assert verdicts["transitions"] == "untested"


def test_one_small_brain_that_fails_decides_nothing_about_all_small_ones(tmp_path: Path) -> None:
    bases = [run for run in RUNS if run.arm.name in REFERENCE.values()]
    fill(tmp_path, bases, lambda arm, seed: 0.5)
    few = gather(tmp_path, bases)
    verdicts = {one.name: one.verdict for one in judged(few)}
    assert verdicts["mind-size"] == verdicts["mind-needs"] == "untested"
    text = markdown(make_report(few, len(RUNS), quick=False).blocks, tmp_path)
    assert "The best is `sudoku-350k-16`: 50.0 % (50.0 % to 50.0 %, 3 runs). So far: 1 of 21 arms have 3 runs." in text


def test_the_same_runs_the_other_way_round_refute(tmp_path: Path) -> None:
    fill(tmp_path, RUNS, lambda arm, seed: 1.0 - exact(arm, seed))
    verdicts = {one.name: one.verdict for one in judged(gather(tmp_path, RUNS))}
    assert verdicts["coupling-over-mass"] == verdicts["repetition"] == verdicts["loop"] == "not supported"


def test_a_brain_that_is_always_right_waits_for_no_runs(tmp_path: Path) -> None:
    fill(tmp_path, RUNS, exact)
    perfect = [run for run in RUNS if run.arm.name == "listops-thinking"]
    for run in perfect:
        made = result(run, 1.0)
        looks = tuple(look.model_copy(update={"exact": 1.0, "auroc": None}) for look in made.by_ticks)
        result_file(tmp_path, run).write_text(made.model_copy(update={"by_ticks": looks}).model_dump_json())
    found = gather(tmp_path, RUNS, cited(RESULTS)[0])
    reflection = next(one for one in judged(found) if one.name == "reflection")
    assert [outcome.verdict for outcome in reflection.outcomes].count("can't be told") == 1
    made_of = make_report(found, len(RUNS), quick=False)
    text = markdown(made_of.blocks, tmp_path)
    row = next(line for line in text.splitlines() if line.startswith("| Reflection tells") and "decided" in line)
    assert "1 can't be told" in row
    ticks = next(line for line in text.splitlines() if line.startswith("| listops | 16 |"))
    assert "can't be told in 3 runs, where all answers are right, or none is" in ticks


def test_what_is_shown_of_thinking_longer_is_the_longest_look() -> None:
    run = next(run for run in RUNS if run.arm.name == "maze-88k-16")
    made = result(run, 0.5)
    shares = dict(zip((look.ticks for look in made.by_ticks), (0.9, 0.1, 0.5, 0.6, 0.4), strict=True))
    looks = tuple(look.model_copy(update={"exact": shares[look.ticks]}) for look in made.by_ticks)
    read = reading_of(made.model_copy(update={"by_ticks": looks}), Path("x.json"))
    assert (read.figures["exact"], read.figures["exact:longest"], read.figures["longest"]) == (0.5, 0.4, 64)
    rows = [block for block in make_report(Shelf({run.arm.name: [read] * 3}), 3, quick=False).blocks
            if isinstance(block, Table) and block.head[0] == "arm"]  # fmt: skip
    place = rows[0].head.index("right after the longest thought asked for")
    assert rows[0].rows[0].cells[place] == "40.0 % (40.0 % to 40.0 %, 3 runs), 64 ticks"


def test_every_row_with_figures_leads_to_files_that_hold_them(report: Report, folder: Path) -> None:
    rows = 0
    for table in (block for block in report.blocks if isinstance(block, Table) and block.traced):
        for row in table.rows:
            assert row.readings or not re.search(r"\d %", " ".join(row.cells)), row.cells
            for _, reading in sources(row):
                assert (folder / link(reading, folder)).resolve() == reading.file.resolve()
                assert reading.command and reading.file.exists()
                rows += 1
    assert rows > 500


def test_a_rows_figures_are_those_of_its_files(report: Report, folder: Path) -> None:
    tables = [block for block in report.blocks if isinstance(block, Table) and "right" in block.head]
    checked = 0
    for table in (table for table in tables if table.head[0] == "arm"):
        for row in table.rows:
            runs = [json.loads((folder / link(reading, folder)).read_text()) for _, reading in sources(row)]
            right = [next(one["exact"] for one in run["by_ticks"] if one["ticks"] == run["loops"]) for run in runs]
            assert row.cells[table.head.index("right")] == spread(right)
            assert row.cells[2] == f"{runs[0]['parameters']:,}" and len(runs) == 3
            checked += 1
    assert checked > 80


def test_the_page_needs_nothing_beside_itself(report: Report) -> None:
    pictures = {name: evidence_svg(drawing) for name, drawing in report.drawings.items()}
    assert len(pictures) == 15
    page = html(report.blocks, TITLE, pictures, report.texts)
    assert page.count("<svg") == len(pictures)
    assert not re.search(r"(src|href)=[\"'](?!#|data:)", page)
    for anchor in set(re.findall(r'<a href="#([^"]+)"', page)):
        assert f'<details id="{anchor}">' in page
    assert '"made_for"' in page.replace("&quot;", '"')


def test_markdown_names_pictures_and_links_to_results(report: Report, folder: Path) -> None:
    text = markdown(report.blocks, folder)
    assert "(coupling-sudoku.svg)" in text and "(results/sudoku-350k-16-seed2.json)" in text
    assert "incomplete" not in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in lines)


def test_the_smallest_brain_is_read_from_the_surface(report: Report, folder: Path) -> None:
    text = markdown(report.blocks, folder)
    assert "The smallest brain that solves it (a median of 95.0 % or more) is `sudoku-30k-16`" in text
    assert "`maze-10k-16`" in text


def test_the_report_begins_with_an_answer_and_links_say_whose_runs_they_are(report: Report, folder: Path) -> None:
    text = markdown(report.blocks, folder)
    begin = text[: text.index("| claim |")]
    assert "whether a small brain that loops beats mass that doesn't: **supported** (sudoku-100k-16: " in begin
    row = next(line for line in text.splitlines() if line.startswith("| Coupling matters more") and "**" in line)
    links = ["sudoku-100k-16: 0", "1", "2", "sudoku-deep: 0", "1", "2"]
    assert re.findall(r"\[([^]]+)\]\(", row) == links
    table = next(block for block in report.blocks if isinstance(block, Table) and block.head[0] == "arm")
    assert [word for word, _ in sources(table.rows[0])] == ["0", "1", "2"]


def test_brains_that_were_hardly_trained_are_ringed(tmp_path: Path) -> None:
    runs = [run for run in RUNS if axes(run.arm.name) is not None and run.arm.task == "sudoku"]
    fill(tmp_path, runs, exact)
    for run in runs:
        if run.arm.name == "sudoku-10m-1":
            file = result_file(tmp_path, run)
            file.write_text(file.read_text().replace('"steps": 700', '"steps": 60'))
    drawing = surface(gather(tmp_path, runs), "sudoku")
    assert drawing is not None
    assert [spot.parameters > 9e6 for spot in drawing.spots] == [spot.starved for spot in drawing.spots]
    assert "#c4661b" in evidence_svg(drawing)
    assert "#c4661b" not in evidence_svg(Surface("", [replace(spot, starved=False) for spot in drawing.spots], True))


def test_the_skills_of_one_brain_are_no_runs_of_one_another() -> None:
    skills = {one.arm: one for one in cited(RESULTS)[0] if one.arm.startswith("skills/")}
    kept = json.loads((RESULTS / "skills-5min-1MB-0.json").read_text())["ways"]
    assert skills.keys() == {f"skills/{way}" for way in kept}
    for way, steps in kept.items():
        last = list(steps.values())[-1]
        figures = skills[f"skills/{way}"].figures
        assert figures["exact"] == min(last["exact"].values())
        assert figures["routed"] == min(route["right"] for route in last["routing"].values())
        assert figures["forgotten"] == max(0.0, *(steps[name]["exact"][name] - last["exact"][name] for name in steps))


def test_the_quick_version_and_estimated_energy_say_so(shelf: Shelf, folder: Path) -> None:
    text = markdown(make_report(shelf, len(RUNS), quick=True).blocks, folder)
    assert "This is the quick version" in text and "ESTIMATED" in text


def test_missing_and_damaged_results_are_named(tmp_path: Path) -> None:
    fill(tmp_path, RUNS[:9], exact)
    broken = tmp_path / "results" / f"{RUNS[0].key}.json"
    broken.write_text(broken.read_text()[:-40])
    other = tmp_path / "results" / f"{RUNS[1].key}.json"
    other.write_text(other.read_text().replace('"made_for": "', '"made_for": "0'))
    short = tmp_path / "results" / f"{RUNS[2].key}.json"
    short.write_text(short.read_text().replace(f'"loops": {2**0}', '"loops": 77').replace('"loops": 4', '"loops": 77')
                     .replace('"loops": 16', '"loops": 77'))  # fmt: skip
    found = gather(tmp_path, RUNS)
    assert [
        str(tmp_path / "results" / f"{run.key}.json") in words for run, words in zip(RUNS, found.damaged, strict=False)
    ] == [True] * 3
    assert len(found.missing) == len(RUNS) - 9
    text = markdown(make_report(found, len(RUNS), quick=False).blocks, tmp_path)
    assert f"{RUNS[0].key}.json: damaged" in text and "other settings" in text
    assert f"Made from 6 of the {len(RUNS)} runs" in text and f"{len(found.missing)} results are missing" in text
    assert all(f"`results/{run.key}.json`" in text for run in RUNS[9:])


def test_pictures_need_no_display(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("MPLBACKEND", "TkAgg")
    drawing = surface(shelf, "sudoku")
    assert drawing is not None and len(drawing.spots) == 16 and drawing.filled
    cross = surface(shelf, "maze")
    assert cross is not None and not cross.filled and "TriContourSet" not in evidence_svg(cross)
    first = evidence_svg(drawing)
    assert first.startswith("<svg") and first == evidence_svg(drawing)


@pytest.mark.parametrize("places", [[(4, 0)], [(4, 0), (5, 4)], [(4, 0), (5, 2), (6, 4)], [(4, 0), (4, 2), (4, 4)]])
def test_few_points_are_drawn_without_a_surface(places: list[tuple[int, int]]) -> None:
    spots = [Spot(10.0**size, 2.0**loops, 10.0**size * 2**loops, 0.07 * loops) for size, loops in places]
    picture = evidence_svg(Surface("few", spots, filled=True))
    assert "PathCollection" in picture and "QuadContourSet" not in picture and "TriContourSet" not in picture
    more = [*spots, Spot(2e6, 1, 2e6, 0.3), Spot(3e4, 5, 1e6, 0.6)]
    assert "TriContourSet" in evidence_svg(Surface("more", more, filled=True))


def test_benchmarks_are_cited_with_file_and_command() -> None:
    readings, missing, damaged = cited(RESULTS)
    assert not missing and not damaged
    base = [reading for reading in readings if reading.arm == "ablation/base"]
    kept = json.loads((RESULTS / "ablation-equal-1500steps.json").read_text())
    values = [run["exact"] for key, run in kept["runs"].items() if key.startswith("base/")]
    assert statistics.median(reading.figures["segments@16"] for reading in base) == statistics.median(values)
    assert {reading.file.stem for reading in readings} == set(CITED)
    assert all(reading.command.startswith("python -m benchmarks.") for reading in readings)


def test_memory_is_that_of_tenths_and_each_setting_stands_alone() -> None:
    readings = {reading.arm: reading for reading in cited(RESULTS)[0] if reading.arm.startswith("stream/")}
    assert sorted(readings) == [f"stream/{setting}" for setting in STREAMS]
    for reading in readings.values():
        kept = json.loads(reading.file.read_text())
        later = [bytes_ for _, bytes_ in kept["samples"]][len(kept["samples"]) // 10 :]
        assert later[0] == kept["resident_first"]
        part = len(later) // 10
        first, last = (statistics.median(later[place : place + part]) for place in (0, 9 * part))
        assert reading.figures["growth"] == pytest.approx(last / first - 1, abs=0.02) and len(later) > 100
    found = next(one for one in judged(gather(Path(), [], cited(RESULTS)[0])) if one.name == "stream")
    grown = any(reading.figures["growth"] > 0.1 or reading.figures["swing"] > 0.25 for reading in readings.values())
    assert found.verdict == ("not supported" if grown else "supported") and len(found.outcomes) == 6
    assert all("1 run)" in outcome.found or "2 runs)" in outcome.found for outcome in found.outcomes)


def test_memory_that_comes_back_counts_too(tmp_path: Path) -> None:
    name = "stream-generated-1gb-ahead0.json"
    kept = json.loads((RESULTS / name).read_text())
    kept["samples"] = [[0.05 * place, {0: 300, 1: 250, 9: 150}.get(place, 100)] for place in range(20)]
    (tmp_path / name).write_text(json.dumps(kept))
    (reading,) = cited(tmp_path)[0]
    assert (reading.figures["growth"], reading.figures["swing"]) == (0.0, 0.5)


def test_a_damaged_benchmark_result_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "curve-5min.json").write_text('{"command": "c", "runs": {"ours-0": {}}}')
    (tmp_path / "mazes-20min.json").write_text("{")
    (tmp_path / "waves-batch1.json").write_text((RESULTS / "waves-batch1.json").read_text())
    readings, missing, damaged = cited(tmp_path)
    assert {reading.file.stem for reading in readings} == {"waves-batch1"}
    assert len(missing) == len(CITED) - 3
    assert sorted(Path(words.split(":")[0]).name for words in damaged) == ["curve-5min.json", "mazes-20min.json"]
