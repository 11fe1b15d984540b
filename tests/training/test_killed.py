"""A training killed by SIGKILL at any moment goes on as if nothing had happened, bit for bit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import hashlib, json, os, random, signal, sys, time
from pathlib import Path
import torch
import torch._dynamo  # optimisers import it, which would take each child longer than its steps
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[1])
from conftest import make_boards, make_chart
from ltm.training.checkpoint import load_latest
from ltm.scenes.prepare_stream import scenes_of
from ltm.training.loop import Trainer

def train(run, every):
    steps = {"steps": int(sys.argv[5]), "batch": 4}
    chart, scenes = make_chart(steps), (make_boards(64), make_boards(16, seed=9))
    if sys.argv[4] == "restless":  # everything that is drawn or carried on while learning
        own = {"kind": "mixer", "state": "own", "write": "replace"}
        inner = {"zones": {"in": {"kind": "mixer"}, "out": {"kind": "mixer"}}, "wave": {"policy": "random"}}
        zones = {"a": own, "b": own, "c": {"kind": "nested", "circuit": inner}}
        will = {"ticks": 8, "noise": 0.3, "patience": 2}
        chart = make_chart(steps | {"noise": 0.3}, zones=zones, wave={"policy": "random"}, will=will)
    if sys.argv[4] == "stream":
        spec = {"source": "boards.csv", "stream": True, "buffer": 40}
        chart = make_chart(steps, scenes=spec)
        opened = scenes_of(chart, Path(sys.argv[2]))
        scenes = opened.train, opened.validation
    trainer = Trainer(chart, *scenes, run)
    trainer.fit(lambda progress: None, checkpoint_seconds=every)
    hashed = hashlib.sha256()
    for weights in (trainer.brain.state_dict(), trainer.best_weights, trainer.optimiser.averaged()):
        for name in sorted(weights):
            hashed.update(name.encode() + weights[name].numpy().tobytes())
    (run / "digest").write_text(hashed.hexdigest())

def child(run, every):
    number = os.fork()
    if not number:
        code = 1
        try:
            train(run, every)
            code = 0
        finally:
            os._exit(code)
    return number

boards = make_boards(150).values
with (Path(sys.argv[2]) / "boards.csv").open("w") as file:
    print("puzzle,solution", file=file)
    for board in zip(*(boards[name].reshape(-1, 16).tolist() for name in ("puzzle", "solution"))):
        print(",".join("".join(map(str, cells)) for cells in board), file=file)
whole, parts = Path(sys.argv[2]) / "whole", Path(sys.argv[2]) / "parts"
whole.mkdir(), parts.mkdir()
assert os.waitpid(child(whole, 1e9), 0)[1] == 0
def newest():
    names = [name for name in os.listdir(parts / "checkpoints") if name.startswith("step_")]
    return max((int(name[5:13]) for name in names), default=0)

moments, steps = random.Random(0), []
(parts / "checkpoints").mkdir()
for kill in range(int(sys.argv[3])):
    wanted = newest() + moments.randrange(8) if kill else 0
    number = child(parts, 0)
    while newest() < wanted and os.waitpid(number, os.WNOHANG) == (0, 0):
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 0.03))
    os.kill(number, signal.SIGKILL)
    status = os.waitpid(number, 0)[1]
    assert os.WIFSIGNALED(status), f"the run ended by itself before kill {kill + 1}"
    found = load_latest(parts)
    steps.append(0 if found is None else found.step)
assert os.waitpid(child(parts, 1e9), 0)[1] == 0  # to the end in one go
print(json.dumps({"steps": steps, "whole": (whole / "digest").read_text(), "parts": (parts / "digest").read_text()}))
"""


@pytest.mark.parametrize(
    ("scenes", "kills", "steps"),
    [pytest.param("set", 20, 400, marks=pytest.mark.slow), ("stream", 5, 60), ("restless", 5, 60)],
)
def test_killed_again_and_again(tmp_path: Path, scenes: str, kills: int, steps: int) -> None:
    words = (str(Path(__file__).parent), str(tmp_path), str(kills), scenes, str(steps))
    command = [sys.executable, "-c", SCRIPT, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["steps"] == sorted(found["steps"]) and len(found["steps"]) == kills
    assert len(set(found["steps"])) > kills // 2, "kills have to fall on different steps to show anything"
    assert found["parts"] == found["whole"]
