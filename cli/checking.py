"""`check` without click: a definition in, all that is wrong with it out."""

import sys
from collections.abc import Callable, Iterable

from cli.examining import Examined, Judging, Opened, definitions_in, judged, opened, read_bytes, ruled
from cli.session import Session, Usage
from cli.terminal import counted, say, style_of
from provisioner.errors import Exit
from provisioner.findings import Severity
from provisioner.record import changed, record

TYPE_CHECKING = False  # typing's own costs 5 ms to import
if TYPE_CHECKING:
    from cli.reporting.facts import Facts
    from policies.level import Seen
    from policies.rule import Rule
    from provisioner.definition.network import Network

    Form = Callable[[tuple[Examined, ...], Facts], str]


@record
class Asked:
    """What a check is to refuse, and what it is to show."""

    fail_on: Severity = Severity.ERROR
    passes: bool = False
    waivers: bool = True
    framework: str = ""
    levels: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    """Those that are asked; all, where none is named."""


PLAINLY = Asked()


def check(names: tuple[str, ...], form: str, session: Session, asked: Asked = PLAINLY) -> int:
    """Check each definition; all of them are read, whatever the first holds."""
    data = [(name, read_bytes(name)) for name in definitions_in(names)]
    read = [opened(name, content) for name, content in data]
    look = _looking(asked.levels, read, session)
    if form == "text" and asked == PLAINLY:
        results = tuple(ruled(each, session, look(each.network) if look and each.network else None) for each in read)
        _say_findings(results, session)
        return _code(results, any(r.refused for r in results))
    from cli.reporting.facts import digest, facts

    if asked.framework:
        from cli.reporting.frameworks import named

        asked = changed(asked, framework=named(asked.framework))
    how = Judging(asked.waivers, _only(asked), look)
    results = tuple(judged(each, session, how) for each in read)
    _refuse_unknown(asked.rules, rules_of(results))
    only = _alone(asked)
    found = facts(results, map(digest, (content for _, content in data)), session.now().date(), asked.framework, only)
    if form == "text":
        _say_findings(results, session)
        if asked.levels or only:
            from cli.reporting.words import looked

            say(f"judged {looked(found['controls'], only)}")
        if asked.passes or asked.framework:
            say(f"\n{verdicts(found)}\n\n{frameworks(found)}")
    else:
        say(FORMS[form](results, found))
    return _code(results, refused(results, found, asked.fail_on))


def _alone(asked: Asked) -> str:
    """Which rules are asked, in words, where not all are."""
    speaking = f"the rules that speak to {asked.framework}" if asked.framework else ""
    return ", ".join(asked.rules) + (f" of {speaking}" if asked.rules and speaking else speaking)


def _only(asked: Asked) -> frozenset[str] | None:
    """The rules that are asked, where not all are: those that are named, and of them those of the framework."""
    named = frozenset(asked.rules) if asked.rules else None
    if not asked.framework:
        return named
    from cli.reporting.frameworks import rules_speaking_to

    speaking = rules_speaking_to(asked.framework)
    return speaking if named is None else named & speaking


def _refuse_unknown(named: tuple[str, ...], asked: "dict[str, Rule]") -> None:
    """A rule that nobody has would pass for ever."""
    from policies import RULES

    known = {*asked, *(rule.id for rule in RULES)}
    for name in named:
        if name not in known:
            raise no_such_rule(name, sorted(known))


def no_such_rule(name: str, known: Iterable[str]) -> Usage:
    """What to say of an id that nobody has."""
    from provisioner.definition.spelling import closest

    close = closest(name, known)
    return Usage(f"there is no rule {name}", f"did you mean {close}?" if close else "netprov rules lists them")


def _looking(levels: tuple[str, ...], read: list[Opened], session: Session) -> "Callable[[Network], Seen] | None":
    """What looks beyond each definition: at the others of this run, and where else that is asked for."""
    if not levels and len(read) == 1:
        return None
    from policies.level import Level, Seen, country

    known = country(each.network for each in read if each.network)

    def look(network: "Network") -> Seen:
        seen = Seen(network)
        if levels:
            from cli.levels import look as look_beyond

            seen = look_beyond(network, levels, session)
        several = (Level.NETWORKS,) if len(read) > 1 else ()
        return changed(seen, country=known, levels=(*seen.levels, *several))

    return look


def _code(results: tuple[Examined, ...], stop: bool) -> Exit:
    """A rule that broke is told apart from a definition that is refused."""
    if any(result.broken for result in results):
        return Exit.FAILED
    return Exit.REFUSED if stop else Exit.DONE


def refused(results: Iterable[Examined], found: "Facts", fail_on: Severity) -> bool:
    """Whether something weighs as much as may not pass; what is waived does not count."""
    heavy = (f for f in found["findings"] if f["waiver"] is None and Severity[f["weight"].upper()] >= fail_on)
    return any(heavy) or any(result.network is None for result in results)


def told(results: tuple[Examined, ...], colour: bool = False) -> str:
    """The findings of each definition for people, and how many they are."""
    from provisioner.report import text

    found = [text(result.document, result.findings, colour) for result in results if result.findings]
    return "\n\n".join([*found, tally(results)])


def tally(results: tuple[Examined, ...]) -> str:
    """network.yaml: 2 errors, 1 warning."""
    names = results[0].document.name if len(results) == 1 else f"{len(results)} definitions"
    errors = sum(r.count(Severity.ERROR) for r in results)
    warnings = sum(r.count(Severity.WARN) for r in results)
    return f"{names}: {counted(errors, 'error')}, {counted(warnings, 'warning')}"


def verdicts(found: "Facts") -> str:
    """Every rule with its verdict, one line each."""
    from cli.terminal import table

    several = len(found["definitions"]) > 1
    head = ("result", "rule", "what it asks", *(("file",) if several else ()))
    rows = [
        (c["result"], c["rule"], c["title"] + (f" ({c['reason']})" if c["reason"] else ""))
        + ((c["file"],) if several else ())
        for c in found["controls"]
    ]
    counts = ", ".join(f"{number} {result}" for result, number in found["results"].items() if number)
    return f"{table(head, rows)}\n\n{counts}"


def frameworks(found: "Facts") -> str:
    """What the verdicts come to for each control of the frameworks, one line each."""
    from cli.terminal import table

    several = len(found["definitions"]) > 1
    head = ("result", "framework", "control", "rules", *(("file",) if several else ()))
    rows = [
        (c["result"], c["framework"], c["control"], " ".join(c["rules"])) + ((c["file"],) if several else ())
        for c in found["frameworks"]
    ]
    return table(head, rows)


def _say_findings(results: tuple[Examined, ...], session: Session) -> None:
    say(told(results, style_of(sys.stdout, session.environ).colour))


def as_json(_: tuple[Examined, ...], found: "Facts") -> str:
    """The facts themselves; their schema is `netprov schema --of check`."""
    import json

    return json.dumps(found, indent=2, ensure_ascii=False)


def as_junit(_: tuple[Examined, ...], found: "Facts") -> str:
    """For CI servers."""
    from cli.junit import junit
    from cli.reporting.cases import cases

    return junit("netprov check", cases(found))


def as_sarif(results: tuple[Examined, ...], found: "Facts") -> str:
    """For code hosts."""
    from cli.reporting.sarif import sarif

    return sarif(found, rules_of(results))


def as_oscal(_: tuple[Examined, ...], found: "Facts") -> str:
    """For governance tools."""
    from cli.reporting.oscal import oscal

    return oscal(found)


def as_html(results: tuple[Examined, ...], found: "Facts") -> str:
    """For auditors: one page that needs nothing else."""
    from cli.reporting.page import page

    return page(results, found, rules_of(results))


FORMS: "dict[str, Form]" = {
    "json": as_json,
    "sarif": as_sarif,
    "junit": as_junit,
    "html": as_html,
    "oscal": as_oscal,
}


def rules_of(results: tuple[Examined, ...]) -> "dict[str, Rule]":
    """Every rule that was asked, those of packs included."""
    judgements = (result.judgement for result in results if result.judgement)
    return {verdict.rule.id: verdict.rule for judgement in judgements for verdict in judgement.verdicts}
