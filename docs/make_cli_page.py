"""Write docs/cli.md from the commands' own help: ``python docs/make_cli_page.py``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from foresto_lab.cli.main import foresto
from foresto_lab.settings import Settings

PAGE = Path(__file__).resolve().parent / "cli.md"
INTRODUCTION = """\
# The foresto command

<!-- Made by docs/make_cli_page.py from the commands' own help. -->

`foresto COMMAND --help` shows the same. `--home DIR` names the workspace, before or
after the command; left out, it is the nearest one here or above. So may `-v`, which
tells on standard error what is done ([monitoring](monitoring.md)). `--json`, where
there is one, prints for programs instead of people.

| exit code | meaning |
| ---: | --- |
| 0 | done |
| 1 | a run, a report or a comparison failed |
| 2 | something given cannot be used: an option, a value, a file |
| 3 | prices break a quality rule and were not written; or a check found something |
| 4 | the workspace or the team's database could not be read or written |
| 70 | foresto_lab itself failed; a log is named |
| 130 | stopped by the user; what was completed is kept |
"""
SETTINGS = """\
## Settings

From the environment, then from `.env` in the workspace.

| setting | default | meaning |
| --- | --- | --- |
"""


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command, in the order declared, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            continue
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def describe(words: tuple[str, ...], command: click.Command) -> str:
    """Return a command's section."""
    arguments = " ".join(
        parameter.make_metavar(click.Context(command))
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    )
    call = " ".join(["foresto", *words, *([arguments] if arguments else [])])
    heading = "##" if len(words) == 1 else "###"
    lines = [f"{heading} `{call}`", "", unwrap(command.help or ""), ""]
    options = [
        f"| {names(option)} | {meaning(option)} |"
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]
    if options:
        lines += ["| option | meaning |", "| --- | --- |", *options, ""]
    return "\n".join(lines)


def unwrap(text: str) -> str:
    """Return help text with its marks of click's taken out."""
    return inspect.cleandoc(text.replace("\b\n", "").replace("\f", ""))


def names(option: click.Option) -> str:
    """Return an option's spellings with what it takes."""
    context = click.Context(click.Command("foresto"))
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    spellings = [*option.opts, *option.secondary_opts]
    spelled = [f"`{name}{value}`" for name in spellings]
    return ", ".join(spelled).replace("|", "\\|")


def meaning(option: click.Option) -> str:
    """Return an option's help and its default."""
    default = option.default
    shown = option.show_default and default is not None and not option.is_flag
    text = (option.help or "").replace("|", "\\|")
    return f"{text} Default: {default}." if shown else text


def settings() -> str:
    """Return the table of settings."""
    rows = [
        f"| `FORESTO_{name.upper()}` | "
        f"{'' if field.default is None else field.default} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return SETTINGS + "\n".join(rows) + "\n"


def make_page() -> str:
    """Return the whole page."""
    sections = [describe(words, command) for words, command in commands(foresto)]
    return "\n".join([INTRODUCTION, *sections, settings()])


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
