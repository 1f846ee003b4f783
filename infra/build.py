"""Build what AWS is given: ``python -m infra.build`` writes ``.build/out/`` (template, function zip, layers).

The steps: compile catalogues and mails, copy the project aside, compile its templates, let ``chalice package`` do its
work, then take out of the zip what no function loads, and put in the bytecode of what they do, which Lambda could not
write itself. The result is the same on every machine but for compiled wheels: ``--host`` swaps those for this machine's
own, so that a Mac can run locally what Linux would run in Lambda.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from chalicelib.adapters.templates import COMPILED
from infra.compile import compile_all, compile_templates
from infra.trim import trim

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
OUT = BUILD / "out"
SOURCES = (
    "app.py",
    "chalicelib",
    "templates",
    "vendor",
    "infra/resources.yaml",
    "infra/policies",
    ".chalice/config.json",
    "requirements.txt",
    "infra/build.py",
    "infra/compile.py",
    "infra/trim.py",
    "infra/layers.txt",
)
LAMBDA_PLATFORM = "manylinux2014_x86_64"
LAMBDA_PYTHONS = ((3, 11), (3, 12), (3, 13), (3, 14))
"""Those of Lambda's that this project runs on: the functions get the Python that packs them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", action="store_true", help="with this machine's compiled wheels, to run locally")
    print("built" if build(host=parser.parse_args().host) else "unchanged since the last build", OUT.relative_to(ROOT))


def build(*, host: bool) -> bool:
    """Build unless nothing changed; True when something was built. Raises CalledProcessError when a step fails."""
    if not host:
        require_python(sys.version_info[:2])
    compile_all(ROOT)
    stamp, digest = OUT / "stamp", _digest(host)
    if stamp.exists() and stamp.read_text() == digest:
        return False
    shutil.rmtree(OUT, ignore_errors=True)
    _package(_copy_aside(), OUT)
    _slim(OUT / "deployment.zip", _host_wheels if host and not _like_lambda() else None)
    _layer("typesetting", host=host)
    stamp.write_text(digest)
    return True


def require_python(version: tuple[int, ...]) -> None:
    """Exit with a message unless Lambda offers this Python."""
    if version not in LAMBDA_PYTHONS:
        offered = ", ".join(f"{major}.{minor}" for major, minor in LAMBDA_PYTHONS)
        sys.exit(f"Lambda has no Python {version[0]}.{version[1]}. Pack with one of {offered}: make PYTHON=python3.13")


def _digest(host: bool) -> str:
    """Over every source byte and this interpreter: the same digest means the same package."""
    whole = hashlib.sha256(f"{sys.version_info[:2]} {sys.platform} {host and not _like_lambda()}".encode())
    for source in SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                whole.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def _copy_aside() -> Path:
    """A copy without tests, tools and Chalice's own requirement: Chalice packs the part of itself that runs."""
    aside, downloaded = BUILD / "src", BUILD / "downloaded"
    if (aside / ".chalice/deployments").exists():  # the libraries of an earlier build, which Chalice uses again
        shutil.rmtree(downloaded, ignore_errors=True)
        shutil.move(aside / ".chalice/deployments", downloaded)
    shutil.rmtree(aside, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "*.mjml", "*.po", "deployed", "deployments")
    for name in ("chalicelib", ".chalice", "templates", "infra/policies"):
        shutil.copytree(ROOT / name, aside / name, ignore=ignore)
    compile_templates(aside / "templates" / COMPILED)
    if downloaded.exists():
        shutil.move(downloaded, aside / ".chalice/deployments")
    (aside / "vendor").mkdir()
    (aside / "vendor/templates").symlink_to("../templates")
    shutil.copy(ROOT / "app.py", aside)
    shutil.copy(ROOT / "infra/resources.yaml", aside / "infra")
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    (aside / "requirements.txt").write_text("\n".join(line for line in lines if not line.startswith("chalice")) + "\n")
    return aside


def _package(project: Path, out: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "chalice"),
        "package",
        "--stage",
        "prod",
        "--merge-template",
        "infra/resources.yaml",
        str(out),
    ]
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "eu-central-1"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"chalice package failed:\n{done.stdout}{done.stderr}")


def _slim(archive: Path, swap: Callable[[Path], None] | None = None) -> None:
    """Repack without what no function loads, with fixed times, so that the same sources give the same bytes."""
    with tempfile.TemporaryDirectory(dir=BUILD) as aside:
        tree = Path(aside)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(tree)
        trim(tree / "botocore/data")
        for unused in ("boto3/examples", "bin", "icalendar/tests", "icalendar/fuzzing"):
            shutil.rmtree(tree / unused, ignore_errors=True)
        if swap:
            swap(tree)
        _bytecode(tree, "/var/task")
        _zip(tree, archive)


def _host_wheels(tree: Path) -> None:
    """Replace each distribution with compiled code by the same version built for this machine."""
    for wheel in sorted(tree.glob("*.dist-info/WHEEL")):
        if re.search(r"^Tag: .*-any$", wheel.read_text(), re.MULTILINE):
            continue
        name, _, version = wheel.parent.name.removesuffix(".dist-info").rpartition("-")
        _pip("install", "--no-deps", "--no-compile", "--upgrade", "--target", str(tree), f"{name}=={version}")


def _layer(name: str, *, host: bool) -> None:
    """One layer zip from ``infra/layers.txt``: what a single function needs and all others would pay for.

    It is large and changes rarely, so it is kept by the digest of what it is made of.
    """
    platform = [] if host and not _like_lambda() else ["--platform", LAMBDA_PLATFORM, "--only-binary=:all:"]
    made_of = f"{(ROOT / 'infra/layers.txt').read_text()} {sys.version_info[:2]} {platform} bytecode"
    kept = BUILD / f"layers/{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.zip"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as aside:
            target = Path(aside) / "python"
            requirements = ("-r", str(ROOT / "infra/layers.txt"))
            _pip("install", "--no-deps", "--no-compile", *platform, "--target", str(target), *requirements)
            _bytecode(Path(aside), "/opt")
            _zip(Path(aside), kept.with_suffix(".part"))
            kept.with_suffix(".part").rename(kept)
    (OUT / "layers").mkdir(exist_ok=True)
    shutil.copy(kept, OUT / f"layers/{name}.zip")


def _pip(*arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        stderr=subprocess.DEVNULL if not os.environ.get("VERBOSE") else None,
    )


def _like_lambda() -> bool:
    return sys.platform == "linux" and os.uname().machine == "x86_64"


def _bytecode(tree: Path, place: str) -> None:
    """Compile every module as it will lie in ``place``; "unchecked", because the times in a zip are not those of files.

    In a process of its own: what a module compiles to depends on the strings that others left in memory.
    """
    command = [sys.executable, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(tree), "-p", place, str(tree)], check=True)


def _zip(tree: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for file in sorted(tree.rglob("*")):
            if file.is_file():
                info = zipfile.ZipInfo(str(file.relative_to(tree)), (1980, 1, 1, 0, 0, 0))
                info.external_attr, info.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
                packed.writestr(info, file.read_bytes())


if __name__ == "__main__":
    main()
