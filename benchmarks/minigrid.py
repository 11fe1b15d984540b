"""A BabyAI level with a mission: learned from expert episodes, then played.

python -m benchmarks.minigrid --level GoToLocal --episodes 2000 --minutes 5 --seeds 3

Beside the brain: a plain policy network of its size (no loop, no field carried on: each step by itself), trained on the
same steps for the same time, the expert, and doing things at random. All play the same new worlds. The same worlds are
also played with another world's mission, which tells whether the goal counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import torch

from benchmarks.beside import MADE, fitted
from benchmarks.common import RUNS, Grid, asked, read, seeds, spread, trained, write
from ltm.brain.brain import Brain
from ltm.brain.episode import Episode
from ltm.brain.walk import think_segment, walk, window
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.errors import LtmError
from ltm.scenes.extras import library
from ltm.scenes.minigrid import ACTIONS, environment, view_of, words_of_mission
from ltm.scenes.prepare import generate_scenes
from ltm.scenes.step_rows import ROLE
from ltm.training.foresight import foresight
from ltm.training.from_data import propose_for
from ltm.training.looks import BATCH, batches
from ltm.training.walk import answered

LEARNED, WORLDS = 2000, 200
"""That are learned from, and played in, unless told."""
EPISODES = 200
"""New episodes of the expert, for what is not played."""
FIRST_WORLD = 1_700_000_000
"""Seeds from here on are played; episodes to learn from have seeds far below."""
MOST_STEPS = 64
Decide = Callable[[Sequence[int], list[dict[str, Any]]], list[str]]
"""From the numbers of worlds that go on, and what is seen in all, to what is done in all."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", default="GoToLocal")
    parser.add_argument("--episodes", type=int, default=LEARNED)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--worlds", type=int, default=WORLDS)
    given = parser.parse_args()
    made = f"minigrid-{given.level}-{given.minutes:g}min"
    made += "" if given.episodes == LEARNED else f"-{given.episodes}"
    name = made + ("" if given.worlds == WORLDS else f"-in-{given.worlds}")
    command = asked("minigrid", given, "level", "episodes", "minutes", "seeds", "worlds")
    result: dict[str, Any] = {"level": given.level, "worlds": given.worlds, "runs": {}}
    result |= read(name) | {"command": command}

    def keep(key: str, run: dict[str, Any]) -> None:
        result["runs"][key] = run
        write(name, result)

    if "expert" not in result["runs"]:
        keep("expert", {"success": expert(given.level, given.worlds)})
    if "random" not in result["runs"]:
        keep("random", {"success": play(given.level, given.worlds, by_chance)[0]})
    for seed in range(given.seeds):
        chart, _ = propose_for("minigrid", [], [], minutes=given.minutes, size="1MB", seed=seed, count=given.episodes)
        chart = with_level(chart, given.level)
        for kind, declared in (("brain", chart), ("plain", plain(chart))):
            key = f"{kind}/{seed}"
            if key in result["runs"]:
                continue
            brain, record = trained(declared, RUNS / f"{made}-{kind}-{seed}")
            success, steps = play(given.level, given.worlds, by_brain(brain))
            run = {"success": success, "steps_to_success": steps, "parameters": record["parameters"]}
            run["other_mission"] = play(given.level, given.worlds, by_brain(brain), shifted=True)[0]
            run |= {f"imitates_{name}": imitates(brain, declared, name == "other") for name in ("own", "other")}
            run |= {what: record["provenance"][what] for what in MADE}
            keep(key, run | {"foresight": foresight_of(brain, declared)})
    for grid in tables(result):
        grid.show()


def with_level(chart: Chart, level: str) -> Chart:
    return chart.model_copy(update={"scenes": chart.scenes.model_copy(update={"options": {"level": level}})})


def plain(chart: Chart) -> Chart:
    """Returns a policy network of the brain's size: as many layers as it runs, each used once.

    Every step starts afresh, and nothing is foreseen.
    """
    dumped = chart.model_dump(mode="json", exclude_defaults=True)
    layers = 2 * chart.training.ticks
    # It reads what is seen alone: the field that a step leaves doesn't reach the next.
    core = {**dumped["zones"]["core"], "layers": layers, "roles": {"self": {"reads": ["input"]}}}
    dumped["budget"] = None
    dumped["training"] |= {"ticks": 1}
    dumped["will"] = {"ticks": 1}
    dumped["steps"] |= {"window": 1, "transition": None}

    def with_hidden(hidden: int) -> Chart:
        return Chart.model_validate({**dumped, "zones": {"core": {**core, "hidden": hidden}}})

    return fitted(with_hidden, Sizes.of(chart).parameters, 16 * chart.field.width, "policy network")


def foresight_of(brain: Brain, chart: Chart) -> dict[str, Any] | None:
    return foresight(brain, generate_scenes(chart, EPISODES, 98_765))


def imitates(brain: Brain, chart: Chart, other: bool) -> float:
    """Returns how often the brain would do what the expert did in new episodes, or with another episode's mission.

    Far more is counted than episodes won: if the mission matters, the second share is lower. Another mission has as
    many words; episodes that no other such mission is known for are left out.
    """
    right = total = 0
    scenes = generate_scenes(chart, EPISODES, 98_765)
    known: dict[int, list[bytes]] = {}
    for _, values in batches(scenes, BATCH):
        for goal_L in values["goal"][:, 0]:
            of_length = known.setdefault(goal_L.shape[-1], [])
            of_length += [] if (goal := goal_L.numpy().tobytes()) in of_length else [goal]
    for _, values in batches(scenes, BATCH):
        if other:
            goals = values["goal"]
            of_length = known[goals.shape[-1]]
            if len(of_length) < 2:
                continue
            places = [of_length.index(goal_L.numpy().tobytes()) for goal_L in goals[:, 0]]
            next_ = [np.frombuffer(of_length[(n + 1) % len(of_length)], dtype=goals.numpy().dtype) for n in places]
            values["goal"] = torch.from_numpy(np.stack(next_))[:, None].expand_as(goals).contiguous()
        mind = brain.begin(values, torch.Generator().manual_seed(0))
        count = values[ROLE].shape[1]
        steps = window(chart, values, torch.zeros(len(values[ROLE]), dtype=torch.long), count)
        asked_BT = answered(brain, steps)
        with torch.inference_mode():
            readings = walk(brain, mind, steps, think_segment).readings
        for number, reading in enumerate(readings):
            same_B = (reading.answers["action"] == steps["action"][:, number]).all(1)
            right += int((same_B & asked_BT[:, number]).sum())
            total += int(asked_BT[:, number].sum())
    return right / total


def play(level: str, worlds: int, decide: Decide, *, shifted: bool = False) -> tuple[float, float]:
    """Plays worlds side by side; returns the share of success, and the mean steps of those.

    Args:
        level: of BabyAI.
        worlds: how many.
        decide: what to do.
        shifted: give each world the mission of the next one; the reward stays its own.
    """
    playing = [environment(level) for _ in range(worlds)]
    with redirect_stdout(StringIO()):
        seen = [world.reset(seed=FIRST_WORLD + number)[0] for number, world in enumerate(playing)]
    missions = [words_of_mission(one["mission"]) for one in seen]
    missions = missions[1:] + missions[:1] if shifted else missions
    open_worlds, wins, lengths = set(range(worlds)), 0, []
    for number in range(MOST_STEPS):
        looks = [{"view": view_of(one["image"]), "goal": mission} for one, mission in zip(seen, missions, strict=True)]
        deeds = decide(sorted(open_worlds), looks)
        for place in sorted(open_worlds):
            seen[place], reward, over, cut_off, _ = playing[place].step(ACTIONS.index(deeds[place]))
            if over or cut_off:
                open_worlds.discard(place)
                if reward > 0:
                    wins += 1
                    lengths.append(number + 1)
        if not open_worlds:
            break
    return wins / worlds, float(np.mean(lengths)) if lengths else 0.0


def by_brain(brain: Brain) -> Decide:
    """Returns how a brain decides; missions differ in length, so worlds are grouped by it."""
    episodes: dict[int, Episode] = {}

    def decide(open_worlds: Sequence[int], looks: list[dict[str, Any]]) -> list[str]:
        deeds = ["done"] * len(looks)
        for length, members in by_length(looks):
            episode = episodes.setdefault(length, Episode(brain))
            for place, deed in zip(members, episode.step([looks[place] for place in members]), strict=True):
                deeds[place] = deed.answer["action"]
        return deeds

    return decide


def by_length(looks: list[dict[str, Any]]) -> Iterator[tuple[int, list[int]]]:
    lengths = [len(look["goal"].split()) for look in looks]
    for length in sorted(set(lengths)):
        yield length, [place for place, other in enumerate(lengths) if other == length]


_CHANCE = np.random.default_rng(0)


def by_chance(open_worlds: Sequence[int], looks: list[dict[str, Any]]) -> list[str]:
    return [ACTIONS[number] for number in _CHANCE.integers(0, len(ACTIONS), len(looks))]


def expert(level: str, worlds: int) -> float:
    """Returns the share of the same worlds that BabyAI's own expert solves within the steps that others get."""
    bot_class = library("minigrid.utils.baby_ai_bot", "this benchmark").BabyAIBot
    wins = 0
    for number in range(worlds):
        world = environment(level)
        with redirect_stdout(StringIO()):
            world.reset(seed=FIRST_WORLD + number)
        bot = bot_class(world.unwrapped)
        for _ in range(MOST_STEPS):
            try:
                _, reward, over, cut_off, _ = world.step(int(bot.replan()))
            except Exception:  # it gives up on some layouts with whatever error comes up
                break
            if over or cut_off:
                wins += reward > 0
                break
    return wins / worlds


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a player."""
    rows = []
    for kind in ("expert", "brain", "plain", "random"):
        of = [run for key, run in result["runs"].items() if key.split("/")[0] == kind]
        if not of:
            continue
        known = [run["foresight"]["missed"] for run in of if run.get("foresight")]
        mean = [run["foresight"]["mean_missed"] for run in of if run.get("foresight")]
        other = [run["other_mission"] for run in of if "other_mission" in run]
        own = [run["imitates_own"] for run in of if "imitates_own" in run]
        strange = [run["imitates_other"] for run in of if "imitates_other" in run]
        weights = f"{of[0]['parameters']:,}" if "parameters" in of[0] else "-"
        success = spread([run["success"] for run in of])
        rest = (other, own, strange, known, mean)
        rows.append([kind, weights, success, *(spread(values) if values else "-" for values in rest)])
    head = ["player", "weights", "success", "with another world's mission"]
    head += ["does as the expert", "with another's mission", "error of foreseen moves"]
    head += ["of the mean move (of none: 100)"]
    count = sum(key.startswith("brain/") for key in result["runs"])
    yield Grid(f"BabyAI {result['level']}, {result['worlds']} new worlds, % ({seeds(count)})", head, rows)


if __name__ == "__main__":
    try:
        main()
    except LtmError as problem:
        raise SystemExit(str(problem)) from None
