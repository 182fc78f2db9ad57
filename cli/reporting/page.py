"""The report as one page for auditors: no server, no other file, and no text of a definition that is more than text."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.examining import Examined
from cli.logo import embedded
from cli.reporting.facts import Control, Facts, Found
from cli.reporting.words import blocks, looked, waived
from cli.terminal import counted, note
from policies.frameworks import controls as speaks_to
from policies.verdicts import Result
from provisioner.definition.quoting import starred, visible
from provisioner.errors import Refused
from provisioner.findings import Severity
from provisioner.links.graph import svg
from provisioner.links.linking import derive
from site_templates import text as template

if TYPE_CHECKING:
    from jinja2 import Environment

    from policies.rule import Rule

_PLAIN = {"strapline": "", "colour": "#005EB8", "logo": "", "picture": ""}
LONGEST = 80
"""Characters of a line that are shown before the place, at it, and after it."""
LARGEST_PICTURE = 1 << 20
"""Characters; the picture of a mesh of hundreds of sites is no help on a page."""


def page(results: tuple[Examined, ...], facts: Facts, rules: Mapping[str, "Rule"], beside: str = "") -> str:
    """The whole page, in the brand of the network, or in netprov's where it is about several.

    The logo lies beside the file `beside`, or else beside what the definition is called.
    """
    lines = {result.document.name: result.document.text.split("\n") for result in results}
    evidence = [_evidence(found, lines[found["file"]]) for found in facts["findings"]]
    policies = {control["rule"] for control in facts["controls"]}
    several = len(results) > 1
    groups = list(_groups(facts["controls"], evidence, rules))
    look = {"title": f"{len(results)} networks", **_PLAIN} if several else _look(results[0], beside)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            **look,
            on_colour=on(look["colour"]),
            verdict=_verdict(facts),
            others=[each for each in evidence if each["rule"] not in policies],
            groups=groups,
            failed=[each for group in groups if group["result"] == Result.FAIL for each in group["controls"]],
            waivers=list(_waivers(facts["findings"])),
            several=several,
            netprov=facts["netprov"],
            date=facts["date"],
            looked=looked(facts["controls"], facts["only"]),
            results=facts["results"],
            definitions=list(_definitions(facts)),
            frameworks=facts["frameworks"],
        )
    )


def on(colour: str) -> str:
    """Black or white, whichever stands out more: 4.5 to 1 at least, on any colour (WCAG 2, relative luminance)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (light + 0.05) ** 2 > 1.05 * 0.05 else "#ffffff"


def _look(result: Examined, beside: str) -> dict[str, str]:
    """The network's own identity."""
    network = result.network
    brand = network.network.brand if network else None
    return {
        "title": network.network.name if network else result.document.name,
        "strapline": brand.strapline if brand else "",
        "colour": brand.colour if brand else _PLAIN["colour"],
        "logo": _logo(Path(beside or result.document.name), brand.logo) if brand else "",
        "picture": _picture(svg(derive(network))) if network and result.drawable else "",
    }


def _logo(beside: Path, logo: str) -> str:
    """A report of a definition whose logo is lost is still a report."""
    if not logo:
        return ""
    try:
        return embedded(beside.parent / logo)
    except Refused as error:
        note(f"netprov: warning: {error.message}; the report goes without it")
        return ""


def _picture(drawn: str) -> str:
    inline = f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"
    return inline if len(inline) <= LARGEST_PICTURE else ""


def _verdict(facts: Facts) -> str:
    """What it all comes to, in a sentence."""
    waivers = f", {counted(facts['waived'], 'finding')} waived" if facts["waived"] else ""
    told = f"{counted(facts['errors'], 'error')} and {counted(facts['warnings'], 'warning')}{waivers}"
    only = f", by {facts['only']} and no others" if facts["only"] else ""
    if facts["errors"]:
        what = "no network that has an error" if len(facts["definitions"]) > 1 else "none of it"
        return f"Refused{only}: {told}. netprov deploys {what} until each error is mended or waived."
    return f"Accepted{only}: {told}."


def _definitions(facts: Facts) -> Iterator[dict[str, Any]]:
    """Each definition, and how many findings of each weight it has."""
    for definition in facts["definitions"]:
        own = [found for found in facts["findings"] if found["file"] == definition["file"]]
        counts = {word: sum(1 for found in own if found["severity"] == word) for word in ("error", "warn")}
        yield {**definition, **counts, "waived": sum(1 for found in own if found["waiver"])}


def _waivers(findings: Iterable[Found]) -> Iterator[dict[str, str]]:
    """Each that covers something, once."""
    told = set()
    for found in findings:
        if waiver := found["waiver"]:
            shown = (found["file"], found["rule"], waiver["subject"], waived(waiver))
            if shown not in told:
                told.add(shown)
                yield dict(zip(("file", "rule", "subject", "words"), shown, strict=True))


def _groups(
    controls: Iterable[Control], evidence: list[dict[str, Any]], rules: Mapping[str, "Rule"]
) -> Iterator[dict[str, Any]]:
    """What failed first, errors before warnings; what does not apply last; the rules' own order within."""
    shown = [_control(number, control, evidence, rules[control["rule"]]) for number, control in enumerate(controls, 1)]
    for result in Result:
        own = [each for each in shown if each["result"] == result]
        if result is Result.FAIL:
            own.sort(key=lambda each: -Severity[each["weight"].upper()])
        if own:
            yield {"result": result.value, "controls": own}


def _control(number: int, control: Control, evidence: list[dict[str, Any]], rule: "Rule") -> dict[str, Any]:
    """A control as it is shown; it weighs what the heaviest of its findings does that nobody has waived."""
    reason, own, page = control["reason"], [evidence[found] for found in control["findings"]], blocks(rule)
    open_ = [found["weight"] for found in own if not found["waiver"]]
    return {
        **control,
        "number": number,
        "reason": f"{reason[:1].upper()}{reason[1:]}." if reason else "",
        "evidence": own,
        "open": len(open_),
        "weight": max(open_, key=lambda word: Severity[word.upper()], default=control["severity"]),
        "about": [block.text for block in page if not block.example],
        "examples": [block for block in page if block.example],
        "speaks_to": "; ".join(f"{framework} {name}" for framework, name in speaks_to(control["rule"])),
    }


def _evidence(found: Found, lines: list[str]) -> dict[str, Any]:
    """The finding with its line, the place marked, and its waiver as a sentence."""
    line = lines[found["line"] - 1] if found["line"] <= len(lines) else ""
    source = starred(visible(line.replace("\t", " ")))
    start, end = found["column"] - 1, found["end_column"] - 1
    return {
        **found,
        "before": _shortened(source[:start].lstrip()[::-1])[::-1],
        "source": _shortened(source[start:end]),
        "after": _shortened(source[end:].rstrip()),
        "waiver": waived(found["waiver"]) if found["waiver"] else "",
    }


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(template), autoescape=True, undefined=StrictUndefined, trim_blocks=True, auto_reload=False
    )
    made.filters["digest"] = _digest
    return made


def _digest(text: str) -> str:
    """What the page's own policy lets it run: this text and no other."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
