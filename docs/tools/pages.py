"""Hook of MkDocs: pages made of what does not lie in docs, and a look at all of them."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.main import get_command

from rewire.cli import app

# From the root of the repository.
ROOT_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md")
COMMAND_PAGE = "reference/command.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what stands at the root, with links as they are from docs, and the commands' help."""
    root = Path(config.config_file_path).parent
    for name in ROOT_PAGES:
        text = (root / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name.lower(), content=text))
    files.append(File.generated(config, COMMAND_PAGE, content=command_page()))
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
    parts = ["# The rewire command", "What `rewire --help` and `rewire COMMAND --help` say."]
    for name, command in group.commands.items():
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


def _cell(text: str) -> str:
    for character in r"\|<*_[":
        text = text.replace(character, "\\" + character)
    return text
