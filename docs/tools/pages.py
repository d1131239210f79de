"""Hook of MkDocs: add the pages that do not lie in docs, and check all pages."""

import json
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.main import get_command

from rewire.cli.app import app
from rewire.experiment import Recipe, settings_table
from rewire.playground.commands import schema

# From the root of the repository.
ROOT_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md")
COMMAND_PAGE = "reference/command.md"
SETTINGS_PAGE = "reference/settings.md"
SESSION_PAGE = "reference/session.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages from the root with links relative to docs, the commands' help and the settings."""
    root = Path(config.config_file_path).parent
    for name in ROOT_PAGES:
        text = (root / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name.lower(), content=text))
    files.append(File.generated(config, COMMAND_PAGE, content=command_page()))
    files.append(File.generated(config, SETTINGS_PAGE, content=settings_page()))
    files.append(File.generated(config, SESSION_PAGE, content=session_page()))
    return files


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> None:
    """Refuse a page that loads something from another host."""
    for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", output):
        if re.search(r"""(?:src|href)=["']?(?:https?:)?//""", tag):
            raise PluginError(f"{page.file.src_uri} loads from another host: {tag}")


def command_page() -> str:
    """Return what ``--help`` says of every command, as Markdown."""
    group = get_command(app)
    context = group.context_class(group, info_name="rewire")
    parts = ["# The rewire command", "What `rewire --help` and `rewire COMMAND --help` print."]
    for name in group.list_commands(context):
        command = group.get_command(context, name)  # loads a command that is imported lazily
        own = command.context_class(command, info_name=name, parent=context)
        usage = " ".join(command.collect_usage_pieces(own))
        parts += [f"## {name}", command.help, f"    rewire {name} {usage}"]
        panels: dict[str, list[str]] = {}
        for parameter in command.get_params(own):
            usual = parameter.param_type_name.capitalize()
            panel = getattr(parameter, "rich_help_panel", None) or usual
            record = parameter.get_help_record(own)
            if record and parameter.name != "help":
                panels.setdefault(panel, []).append(f"| `{record[0]}` | {_cell(record[1])} |")
        for panel, rows in panels.items():
            parts.append("\n".join([f"| {panel} | |", "| --- | --- |", *rows]))
    return "\n\n".join(parts)


def settings_page() -> str:
    """Return every setting of a training with its range and default, as Markdown."""
    tables = settings_table(Recipe).replace("\n### ", "\n## ").replace("### ", "## ", 1)
    return (
        "# Settings\n\nA training is described by a "
        "[`Recipe`][rewire.experiment.Recipe]. Its settings are the options of `rewire train` and "
        "`rewire compare` (`total_steps` is `--total-steps`), the content of `settings.json` in "
        "the folder of a run, and, under scikit-learn's names, the parameters of the "
        f"[estimators](../estimators.md).\n\n{tables}"
    )


def session_page() -> str:
    """Return every command of the playground with its fields, as Markdown."""
    parts = [
        "# Commands of a session",
        "What a [session](../play.md#sessions-in-python) takes, each as a dictionary: "
        '`{"do": "step", "steps": 10}`. Fields without a default must be given.',
    ]
    for name, command in schema().items():
        parts += [f"## {name}", command["help"]]
        rows = []
        for key, field in command["fields"].items():
            allowed = ", ".join(field.get("choices", [])) or _range(field)
            default = json.dumps(field["default"]) if "default" in field else ""
            rows.append(f"| `{key}` | {field['help']} | {allowed} | {default} |")
        if rows:
            head = ["| field | | allowed | default |", "| --- | --- | --- | --- |"]
            parts.append("\n".join([*head, *rows]))
        if command["one_of"]:
            parts.append(f"Exactly one of {', '.join(command['one_of'])} is given.")
    return "\n\n".join(parts)


def _range(field: dict) -> str:
    if "low" in field and "high" in field:
        return f"{field['low']:g} to {field['high']:g}"
    return ""


def _cell(text: str) -> str:
    for character in r"\|<*_[":
        text = text.replace(character, "\\" + character)
    return text
