"""`foresto report`: run a template with parameters and publish its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from foresto_lab.cli.context import CommandContext, pass_context
from foresto_lab.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from foresto_lab.reports import Template


@click.command()
@click.argument("kind", required=False)
@click.option(
    "-p",
    "--parameter",
    "pairs",
    multiple=True,
    metavar="KEY=VALUE",
    help="A parameter; may be given many times. Lists as [a, b], null for none.",
)
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the page.")
@click.option("--list", "list_kinds", is_flag=True, help="List the reports there are.")
@click.option(
    "--help-parameters", is_flag=True, help="Show KIND's parameters and defaults."
)
@click.option(
    "--pdf", is_flag=True, help="Print the page too, as report.pdf, by Chromium."
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser.")
@json_option
@pass_context
def report(
    context: CommandContext,
    kind: str | None,
    pairs: tuple[str, ...],
    lang: str | None,
    list_kinds: bool,
    help_parameters: bool,
    pdf: bool,
    open_page: bool,
    as_json: bool,
) -> None:
    """Run the report KIND and print the path of its page.

    `foresto report --list` shows the kinds, `foresto report KIND --help-parameters`
    what can be set.
    """
    if list_kinds or kind is None:
        _list_kinds(context, as_json=as_json)
        return
    from foresto_lab.reports import load_template, run_report
    from foresto_lab.reports.parameters import read_parameters

    lab = context.lab()
    template = load_template(kind, lab.home)
    if help_parameters:
        _show_parameters(template, as_json=as_json)
        return
    values = read_parameters(kind, template.parameters, _split_pairs(pairs))
    made = run_report(
        lab, kind, values, lang, progress=False if as_json else None, pdf=pdf
    )
    if as_json:
        print_json(made.to_dict())
    else:
        click.echo(made.path)
        if made.pdf is not None:
            click.echo(made.pdf)
    if open_page:
        click.launch(made.path.as_uri())


def _split_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE.", param_hint="-p")
        if name in texts:
            raise click.BadParameter(f"{name!r} is given twice.", param_hint="-p")
        texts[name] = text
    return texts


def _list_kinds(context: CommandContext, *, as_json: bool) -> None:
    from foresto_lab.reports.page import kind_words
    from foresto_lab.reports.templates import find_templates, read_template

    templates = [read_template(path) for path in find_templates(context.home).values()]
    if as_json:
        print_json([template.identity for template in templates])
        return
    print_table(
        ["report", "", "이름", "version"],
        [
            [
                template.name,
                kind_words(template.name, "en"),
                kind_words(template.name, "ko"),
                template.version,
            ]
            for template in templates
        ],
    )


def _show_parameters(template: Template, *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "name": parameter.name,
                    "type": str(parameter.type),
                    "default": parameter.default,
                    "required": parameter.required,
                    "description": parameter.description,
                }
                for parameter in template.parameters
            ]
        )
        return
    import json

    rows = [
        [
            parameter.name,
            str(parameter.type),
            "required"
            if parameter.required
            else json.dumps(parameter.default, ensure_ascii=False),
            parameter.description,
        ]
        for parameter in template.parameters
    ]
    print_table(["parameter", "type", "default", "meaning"], rows)
