"""A Chromium for the tests: the one that is on the machine, or a freshly installed one.

`python -m tests.site.browser` (run by `make test`) finds it or installs it, and says which one it is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")


def find_chromium() -> str | None:
    """The path of a browser that starts, or None: $CHROMIUM, then PATH, then usual places, then Playwright's own."""
    return next((path for path in _candidates() if _starts(path)), None)


def ensure_chromium() -> int:
    """Say which browser the tests will use, installing one if there is none; the exit code of the command."""
    if found := find_chromium():
        print(f"Chromium for the tests: {found}")
        return 0
    for commands in _installers():
        print(f"No Chromium found; trying: {' '.join(commands[-1])}", flush=True)
        if all(_succeeds(command) for command in commands) and (found := find_chromium()):
            print(f"Chromium for the tests: {found}")
            return 0
    print("No Chromium could be installed; install Chromium, Chrome or Edge yourself, or set CHROMIUM=/path/to/it, and try again.", file=sys.stderr)
    return 1


def launch(playwright):
    """Start the browser that find_chromium found, without a window and without traffic of its own."""
    path = find_chromium()
    if path is None:
        raise FileNotFoundError("no Chromium found; run: python -m tests.site.browser")
    # Chromium refuses to run its sandbox as root, and containers of a CI often forbid it.
    sandbox = ("--no-sandbox",) if _is_root() or os.environ.get("CI") else ()
    return playwright.chromium.launch(executable_path=path, args=[*sandbox, *QUIET])


def _candidates():
    chosen = os.environ.get("CHROMIUM")
    for name in ((chosen,) if chosen else ()) + NAMES:
        if path := shutil.which(name):
            yield path
    for path in _usual_places():
        if path.is_file():
            yield str(path)


def _usual_places():
    """Where installers put a browser without adding it to PATH."""
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for name in ("Chromium", "Google Chrome", "Microsoft Edge"):
            yield folder / f"{name}.app" / "Contents" / "MacOS" / name
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := os.environ.get(variable):
            for inside in ("Chromium/Application/chrome.exe", "Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe"):
                yield Path(folder) / inside
    caches = (os.environ.get("PLAYWRIGHT_BROWSERS_PATH"), Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright",
              Path(os.environ.get("LOCALAPPDATA", Path.home())) / "ms-playwright")
    for cache in (Path(c) for c in caches if c):
        for inside in ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*", "chrome-win*/chrome.exe"):
            yield from sorted(cache.glob(f"chromium-*/{inside}"), reverse=True)


def _starts(path: str) -> bool:
    """Ubuntu's chromium-browser may be a script that only asks for a snap. (On Windows --version opens a window.)"""
    return os.name == "nt" or _succeeds((path, "--version"))


def _installers():
    """Ways to install, best first: each is a list of commands that must all succeed."""
    rights = () if _is_root() else ("sudo", "-n")
    packages = {
        "apt-get": (("apt-get", "update"), ("apt-get", "install", "-y", "--no-install-recommends", "chromium")),
        "dnf": (("dnf", "install", "-y", "chromium"),),
        "pacman": (("pacman", "-Sy", "--noconfirm", "chromium"),),
        "apk": (("apk", "add", "chromium"),),
    }
    for program, commands in packages.items():
        if shutil.which(program) and (not rights or shutil.which("sudo")):
            yield [(*rights, *command) for command in commands]
    if shutil.which("brew"):
        yield [("brew", "install", "--cask", "chromium")]
    yield [(sys.executable, "-m", "playwright", "install", "--with-deps", "chromium")]
    yield [(sys.executable, "-m", "playwright", "install", "chromium")]


def _succeeds(command) -> bool:
    """Run a command that may ask nothing; its output would only hide the one line that matters."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"}).returncode == 0
    except OSError:
        return False


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    sys.exit(ensure_chromium())
