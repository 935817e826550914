"""What a newcomer relies on: README's two commands, the pinned requirements, and a tree without strangers in it."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

# DESIGN's own list, and nothing that isn't needed there.
TOP_LEVEL = {
    ".ci", ".env.example", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml",
    "requirements-test.txt", "requirements.txt", "bot", "docs", "messages", "storage", "tests",
}  # fmt: skip


def ignored() -> list[str]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return [".git", *(line.rstrip("/") for line in lines)]


def is_ignored(path: Path) -> bool:
    return any(fnmatch(part, pattern) for part in path.relative_to(ROOT).parts for pattern in ignored())


def own_files() -> list[Path]:
    """The project's files as a clone has them: neither ignored nor made by tools."""
    return [path for top in sorted(TOP_LEVEL) for path in _files_of(ROOT / top) if not is_ignored(path)]


def _files_of(path: Path) -> list[Path]:
    return [path] if path.is_file() else [inner for inner in sorted(path.rglob("*")) if inner.is_file()]


def commands() -> list[str]:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```sh\n(.*?)\n```$", readme, re.DOTALL | re.MULTILINE)


def pinned(file: str) -> dict[str, tuple[str, int]]:
    """Of a requirements file: name → (version, number of hashes)."""
    entries = re.split(r"\n(?=\S)", (ROOT / file).read_text(encoding="utf-8").strip())
    found = {}
    for entry in entries:
        match = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)", entry)
        assert match, f"{file}: not an exact pin: {entry.splitlines()[0]}"
        found[canonicalize_name(match[1])] = (match[2], entry.count("--hash=sha256:"))
    return found


def declared() -> dict[str, list[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    build = [*project["build-system"]["requires"], *project["dependency-groups"]["build"]]
    runtime = [*project["project"]["dependencies"], *build]
    return {
        "requirements.txt": runtime,
        "requirements-test.txt": [*runtime, *project["project"]["optional-dependencies"]["test"]],
    }


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-test.txt"])
def test_every_declared_dependency_is_pinned_with_hashes_at_a_version_it_allows(file: str) -> None:
    pins = pinned(file)
    for requirement in map(Requirement, declared()[file]):
        version, _ = pins.get(canonicalize_name(requirement.name), (None, 0))
        assert version, f"{requirement.name} is missing in {file}: run .ci/pin"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement}: pinned at {version}"
    assert not [name for name, (_, hashes) in pins.items() if not hashes]


def test_the_tests_run_on_the_very_versions_that_are_shipped() -> None:
    shipped, tested = pinned("requirements.txt"), pinned("requirements-test.txt")
    assert {name: tested.get(name) for name in shipped} == shipped


def test_every_data_file_of_the_packages_is_installed_with_them() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        patterns = tomllib.load(file)["tool"]["setuptools"]["package-data"]["*"]
    data = [path for path in own_files() if path.relative_to(ROOT).parts[0] in {"bot", "messages", "storage"}]
    left_out = [path for path in data if path.suffix != ".py" and not any(path.match(one) for one in patterns)]
    assert left_out == [], "add their suffix to package-data in pyproject.toml"


def test_the_readme_has_two_commands_of_one_line_that_install_by_hash_then_demo_or_test() -> None:
    demo, test = commands()
    assert "\n" not in demo + test
    assert demo.endswith("&& .venv/bin/retencao demo")
    assert test.endswith("&& .venv/bin/pytest")
    for command, file in ((demo, "requirements.txt"), (test, "requirements-test.txt")):
        assert command.startswith(f"python3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r {file} && ")


def test_the_readme_names_no_page_that_is_not_there() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_nothing_stands_at_the_top_level_that_is_not_needed_there() -> None:
    assert {path.name for path in ROOT.iterdir() if not is_ignored(path)} == TOP_LEVEL


# Written so that this file does not find itself.
STRANGERS = {
    "a package registry": re.compile(rb"(?:pypi\.or[g]|pythonhosted\.or[g]|--(?:extra-)?index-ur[l]|--find-link[s])"),
    "a path of somebody's machine": re.compile(rb"(?<![\w.:/}])/(?:hom[e]|User[s]|roo[t]|wor[k]|op[t])/\w"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_file_names(stranger: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in own_files()
        if path.suffix not in {".pdf", ".docx", ".xlsx", ".png"}
        for match in STRANGERS[stranger].finditer(path.read_bytes())
    ]
    assert found == []
