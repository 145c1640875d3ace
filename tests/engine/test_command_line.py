"""The command line as its users meet it: a process of its own, its output, its exit code, and never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim_engine import command_line
from sim_engine.catalogue.document import catalogue_document
from sim_engine.design.schema import schema_document
from tests.engine.support import Document, design, kill, link, part

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.json"))
OK, PROBLEMS, USAGE = 0, 1, 2


def shell(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "sim_engine", *map(str, words)], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, **environment}, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    """The command line in this process: (exit code, standard output, standard error)."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        try:
            code = command_line.main([str(word) for word in words])
        except SystemExit as ended:  # argparse's way
            code = int(str(ended.code))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


SMALL: Document = design(
    {"clients": part("clients", arrival_rate_per_s=100.0), "server": part("server")}, [link("clients", "server")], 5.0,
    [kill("server", 2.0, for_s=1.0)],
)  # fmt: skip
SMALL["scenarios"]["calm"] = {"title": "Calm", "duration_s": 2.0}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return written(tmp_path, json.dumps(SMALL))


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "design.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_run_as_json_in_a_process(small: Path) -> None:
    done = shell("run", small, "--format", "json", "--seed", "7")
    assert done.returncode == OK and done.stderr == ""
    found = json.loads(done.stdout)
    assert {"seed", "simulated_s", "wall_s", "requests", "latency_ms", "errors", "components", "events"} <= found.keys()
    assert (found["seed"], found["simulated_s"]) == (7, 5.0)
    assert found["requests"].keys() == {"arrived", "done", "failed", "dropped", "in_flight"}
    assert {"mean", "p50", "p95", "p99", "max"} <= found["latency_ms"].keys()
    assert found["errors"]["refused"] > 50
    for report in found["components"].values():
        assert {"utilisation", "arrived", "done", "failed"} <= report.keys()
        assert ("queue_mean" in report) == (report["kind"] == "server")
    assert all({"t", "kind", "component", "text"} <= event.keys() for event in found["events"])
    assert [e["kind"] for e in found["events"]] == ["run_started", "killed_process", "restored", "run_finished"]


def test_text_for_people(call: Any, small: Path) -> None:
    code, out, _ = call("run", small)
    assert code == OK
    for word in ("Requests", "Latency", "Errors", "refused", "server", "server was killed"):
        assert word in out


def test_scenario_seed_until(call: Any, small: Path) -> None:
    def run(*words: str) -> Document:
        code, out, _ = call("run", small, "--format", "json", *words)
        assert code == OK
        return dict(json.loads(out), wall_s=0)

    calm = run("--scenario", "calm")
    assert (calm["scenario"], calm["simulated_s"], calm["errors"]) == ("calm", 2.0, {})
    assert run("--until", "1.5")["simulated_s"] == 1.5
    assert run("--seed", "1") == run("--seed", "1") != run("--seed", "2")


def test_set_moves_numbers(call: Any, small: Path) -> None:
    def latency(*words: str) -> float:
        code, out, _ = call("run", small, "--scenario", "calm", "--format", "json", *words)
        assert code == OK
        return float(json.loads(out)["latency_ms"]["mean"])

    usual = latency()
    assert latency("--set", "server.service_ms=20") > usual + 10
    assert latency("--set", "clients-server.latency_ms=50") > usual + 90
    assert latency("--set", "server.service_distribution=constant", "--set", "server.cores=1") != usual


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), USAGE),
        (("fly",), USAGE),
        (("run",), USAGE),
        (("run", "nowhere.json"), USAGE),
        (("check", "nowhere.json"), USAGE),
        (("run", "/"), USAGE),
        (("run", "DESIGN", "--until", "-1"), USAGE),
        (("run", "DESIGN", "--until", "nan"), USAGE),
        (("run", "DESIGN", "--until", "soon"), USAGE),
        (("run", "DESIGN", "--until", "0.001"), PROBLEMS),
        (("run", "DESIGN", "--until", "1e8"), PROBLEMS),
        (("run", "DESIGN", "--seed", "-1"), USAGE),
        (("run", "DESIGN", "--seed", "x"), USAGE),
        (("run", "DESIGN", "--seed", str(2**53)), USAGE),
        (("run", "DESIGN", "--format", "xml"), USAGE),
        (("run", "DESIGN", "--scenario", "party"), PROBLEMS),
        (("run", "DESIGN", "--set", "server"), USAGE),
        (("run", "DESIGN", "--set", "server.cores"), USAGE),
        (("run", "DESIGN", "--set", ".cores=1"), USAGE),
        (("run", "DESIGN", "--set", "ghost.cores=1"), USAGE),
        (("run", "DESIGN", "--set", "server.cores=many"), PROBLEMS),
        (("run", "DESIGN", "--set", "server.cores=1e999"), PROBLEMS),
        (("run", "DESIGN", "--set", "server.colour=1"), PROBLEMS),
        (("run", "DESIGN", "--set", "server.cores=" + "[" * 100_000), PROBLEMS),
        (("run", "DESIGN", "--set", "server.cores="), PROBLEMS),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else str(value),
)
def test_wrong_words(call: Any, small: Path, words: tuple[str, ...], code: int) -> None:
    found, out, err = call(*(small if word == "DESIGN" else word for word in words))
    assert found == code
    assert out == "" and err.strip() and "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", USAGE),
        ("{", USAGE),
        (b"\xff\xfe\x00", USAGE),
        ("[" * 200_000, USAGE),
        ("1" * 5000, USAGE),
        ("null", PROBLEMS),
        ("[]", PROBLEMS),
        ('"design"', PROBLEMS),
        ("{}", PROBLEMS),
        (json.dumps({**SMALL, "version": 99}), PROBLEMS),
        (json.dumps({**SMALL, "components": []}), PROBLEMS),
        (json.dumps({**SMALL, "components": None, "links": 3, "scenarios": "x"}), PROBLEMS),
        (json.dumps({**SMALL, "scenarios": {"only": {"duration_s": "long", "faults": {}, "traffic": [1]}}}), PROBLEMS),
        (json.dumps({**SMALL, "seed": 1.5}), PROBLEMS),
    ],
    ids=lambda value: str(value)[:40],
)
def test_broken_files(call: Any, tmp_path: Path, text: str | bytes, code: int) -> None:
    path = written(tmp_path, text)
    for words in (("check", path), ("run", path), ("run", path, "--until", "1"), ("check", path, "--format", "json")):
        found, out, err = call(*words)
        assert found == code, words
        assert out.strip() or err.strip()


@pytest.mark.parametrize("parameters", [[], "x", 3])
def test_set_on_parameters_that_are_none(call: Any, tmp_path: Path, parameters: Any) -> None:
    broken = json.loads(json.dumps(SMALL))
    broken["components"]["server"]["parameters"] = parameters
    assert call("run", written(tmp_path, json.dumps(broken)), "--set", "server.cores=2")[0] == PROBLEMS
    broken["components"]["server"]["parameters"] = None
    assert call("run", written(tmp_path, json.dumps(broken)), "--set", "server.cores=2", "--until", "1")[0] == OK


def test_problems_one_a_line_with_component_and_field(tmp_path: Path) -> None:
    broken = json.loads(json.dumps(SMALL))
    broken["components"]["server"]["parameters"] = {"cores": 0, "workers": "many"}
    path = written(tmp_path, json.dumps(broken))
    for command in ("check", "run"):
        done = shell(command, path)
        assert done.returncode == PROBLEMS
        lines = (done.stdout + done.stderr).splitlines()
        assert [line.split(": ")[:2] for line in lines if line.startswith("problem")] == [
            ["problem", "server.cores"],
            ["problem", "server.workers"],
        ]


def test_what_a_terminal_cannot_show(tmp_path: Path) -> None:
    """Half a surrogate pair in a label, and a terminal that knows ASCII only."""
    strange = json.loads(json.dumps(SMALL))
    strange["components"]["server"] |= {"label": "half \ud83d and → ünïcode"}
    strange["components"]["server"]["parameters"] = {"cores": -1}
    path = written(tmp_path, json.dumps(strange))
    assert shell("check", path, PYTHONIOENCODING="ascii").returncode == PROBLEMS
    del strange["components"]["server"]["parameters"]
    assert shell("run", written(tmp_path, json.dumps(strange)), "--until", "3", PYTHONIOENCODING="ascii").returncode == OK


def test_hints_are_no_problems(call: Any, small: Path) -> None:
    code, out, _ = call("check", small)
    assert code == OK and out.startswith("hint: server:")
    code, out, _ = call("check", small, "--format", "json")
    assert code == OK and json.loads(out)[0]["code"] == "single_point"


def test_catalogue_and_schema(call: Any) -> None:
    assert json.loads(call("catalogue", "--format", "json")[1]) == json.loads(json.dumps(catalogue_document()))
    assert json.loads(call("schema")[1]) == schema_document()
    text = call("catalogue")[1]
    for kind in catalogue_document()["kinds"]:
        assert kind["title"] in text
        assert all(parameter["name"] in text for parameter in kind["parameters"])


def test_warm_says_how_far_it_is() -> None:
    done = shell("warm")
    assert done.returncode == OK and done.stdout == ""
    assert "Compiling" in done.stderr and "ready" in done.stderr


def test_a_reader_that_goes_away_is_no_error(small: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "sim_engine", "catalogue"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        process.wait(timeout=60)
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_check_without_problems_and_run(call: Any, example: Path) -> None:
    assert call("check", example)[0] == OK
    for scenario in json.loads(example.read_text())["scenarios"]:
        code, out, _ = call("run", example, "--scenario", scenario, "--until", "2", "--format", "json")
        found = json.loads(out)
        assert code == OK and found["limit"] is None
        assert found["requests"]["done"] > 0.5 * found["requests"]["arrived"]
        assert not [event for event in found["events"] if event["kind"] == "law_broken"]


def test_every_figure_has_its_error_bar(call: Any, small: Path) -> None:
    """The text says what the JSON's intervals say: of the run, of every component, and across seeds."""
    _, out, _ = call("run", small, "--scenario", "calm", "--until", "60", "--set", "clients-server.latency_ms=5")
    _, told, _ = call("run", small, "--scenario", "calm", "--until", "60", "--set", "clients-server.latency_ms=5", "--format", "json")
    steady = json.loads(told)["steady"]
    mean = steady["intervals"]["latency_ms.mean"]
    assert f"mean {mean['value']:.2f} ± {mean['half_width']:.2f} ms" in out
    busy = steady["components"]["server"]["cpu.utilisation"]
    lines = {line.split()[0]: line for line in out.split("steady, 95 % confidence\n")[1].splitlines() if line}
    assert {"clients", "server"} <= lines.keys()
    assert f"cpu utilisation {100 * busy['value']:.2f} ± {100 * busy['half_width']:.2f} %" in lines["server"]
    _, out, _ = call("run", small, "--scenario", "calm", "--replications", "3")
    assert "3 seeds   95 % confidence: arrived" in out and "utilisation" in out.split("3 seeds, 95 % confidence\n")[1]
