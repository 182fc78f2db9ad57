"""`check`, `rules` and `schema`: what a definition may say, and what is wrong with one."""

import sys

import click

from cli.checking import Asked, no_such_rule
from cli.checking import check as check_definitions
from cli.formats import as_json
from cli.options import format_option
from cli.session import Session, Usage
from cli.terminal import say, style_of, table
from provisioner.errors import Exit
from provisioner.findings import Severity


@click.command(epilog="Example: netprov check network.yaml")
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warn", "info")),
    default="error",
    show_default=True,
    help="Refuse what weighs as much or more.",
)
@click.option("--no-waivers", is_flag=True, help="Judge as if nothing were waived.")
@click.option("--passes", is_flag=True, help="List every rule with its verdict, also in text.")
@click.option("--framework", default="", help="Judge by the rules that speak to one framework, as 'UK GDPR' or DSPT.")
@click.option("--rule", "rule_ids", multiple=True, metavar="RULE", help="Judge by this rule alone; may be repeated.")
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice(("definition", "rendered", "live")),
    help="Where to look beside the definition: rendered is what netprov would write for each node.",
)
@click.option("--live", is_flag=True, help="Look at the running nodes too; the same as --level live.")
@click.option("--export", "exports", is_flag=True, help="Print the resolved network as JSON, for rules in Rego.")
@click.option("--test", "trial", is_flag=True, help="FILES are packs of your own: run the examples on their pages.")
@format_option("text", "json", "sarif", "junit", "html", "oscal")
@click.pass_obj
def check(
    session: Session,
    *,
    files: tuple[str, ...],
    fail_on: str,
    no_waivers: bool,
    passes: bool,
    framework: str,
    rule_ids: tuple[str, ...],
    levels: tuple[str, ...],
    live: bool,
    exports: bool,
    trial: bool,
    form: str,
) -> int:
    """Read a definition and say all that is wrong with it.

    Deploys nothing; - is standard input, a folder all definitions in it.
    """
    if trial:
        from cli.trial import tried

        return tried(files)
    if exports:
        return _export(files, session)
    beyond = (*levels, *(("live",) if live else ()))
    chosen = tuple(each.upper() for each in rule_ids)
    asked = Asked(Severity[fail_on.upper()], passes, not no_waivers, framework, beyond, chosen)
    return check_definitions(files, form, session, asked)


def _export(files: tuple[str, ...], session: Session) -> int:
    """One resolved network; the policies are not asked, as those who read it are to judge."""
    from cli.examining import read_bytes, readable
    from provisioner.links.export import exported

    if len(files) != 1:
        raise Usage("--export takes one definition", "netprov check --export network.yaml")
    say(as_json(exported(*readable(files[0], read_bytes(files[0]), session))))
    return Exit.DONE


@click.command(epilog="Example: netprov rules RES-01")
@click.argument("rule_id", metavar="[RULE]", required=False)
@format_option("text", "json")
@click.pass_obj
def rules(session: Session, *, rule_id: str | None, form: str) -> int:
    """List the policy rules, or explain one."""
    from policies import RULES
    from policies.frameworks import controls as speaks_to

    chosen = tuple(r for r in RULES if not rule_id or r.id == rule_id.upper())
    if not chosen and rule_id:
        return _explain(rule_id.upper(), form)
    if form == "json":
        keys = ("id", "severity", "basis", "title", "manual")
        facts = [
            {
                **{key: getattr(r, key) for key in keys},
                "severity": r.severity.word,
                "levels": r.levels,
                "speaks_to": speaks_to(r.id),
            }
            for r in chosen
        ]
        say(as_json({"rules": facts}))
    elif rule_id:
        rule, style = chosen[0], style_of(sys.stdout, session.environ)
        head = f"{style.paint(rule.id, 'bold')}  {rule.severity.word}\nbasis: {rule.basis}"
        head += f"\nlooks at: {', '.join(rule.levels)}"
        named = "; ".join(f"{framework} {control}" for framework, control in speaks_to(rule.id))
        head += f"\nspeaks to: {named}" if named else ""
        say(f"{head}\n\n{rule.manual}")
    else:
        say(table(("rule", "weight", "what it asks"), [(r.id, r.severity.word, r.title) for r in chosen]))
    return Exit.DONE


def _explain(other_id: str, form: str) -> int:
    """What is no policy: a mistake of the reader's, or what is wrong with links, packs and waivers."""
    from cli.reporting.others import OTHERS
    from policies import RULES

    if other_id not in OTHERS:
        raise no_such_rule(other_id, (*(rule.id for rule in RULES), *OTHERS))
    facts = {"id": other_id, "title": OTHERS[other_id]}
    say(as_json({"rules": [facts]}) if form == "json" else f"{other_id}\n\n{facts['title']}")
    return Exit.DONE


@click.command(epilog="Example: netprov schema > netprov.schema.json")
@click.option(
    "--of",
    "what",
    type=click.Choice(("definition", "check", "export")),
    default="definition",
    show_default=True,
    help="Of a definition, or of what `check --format json` or `check --export` prints.",
)
def schema(*, what: str) -> int:
    """Print the JSON Schema of a definition, for editors."""
    if what == "check":
        from cli.reporting.schema import report_schema

        say(as_json(report_schema()))
        return Exit.DONE
    if what == "export":
        from provisioner.links.export_schema import export_schema

        say(as_json(export_schema()))
        return Exit.DONE
    from provisioner.definition.schema import json_schema

    say(as_json(json_schema()))
    return Exit.DONE
