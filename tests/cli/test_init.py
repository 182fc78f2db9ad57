"""`init`: whatever the model, the file passes `check`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.definition.choices import OperatingModel
from provisioner.errors import Exit

Expect = Callable[[str, str], None]
Typed = Callable[[str], None]
PARTNERS = (
    *("--member", "RXA=Anytown Trust:foundation_trust", "--site", "RXA01=Anytown General:acute"),
    *("--member", "RXB=Bourne & “Dale” Trust: south", "--site", "RXB01=Bourne Royal"),
    *("--site", "RXB/A1B2C=Bourne Scanning Centre:community_diagnostic_centre"),
)


def options(model: OperatingModel, path: Path | str) -> tuple[str, ...]:
    identity = ("--id", "severn", "--name", "Severn Imaging Network", "--model", model.value)
    return (*identity, *PARTNERS, "-o", str(path))


@pytest.mark.parametrize("model", OperatingModel)
def test_every_model_gets_a_definition_that_passes(
    model: OperatingModel, netprov: Any, tmp_path: Path, expect: Expect
) -> None:
    path = tmp_path / "network.yaml"
    ended = netprov("init", *options(model, path))
    assert (ended.code, ended.out) == (Exit.DONE, "")
    checked = netprov("check", "--fail-on", "warn", str(path))
    assert checked.code == Exit.DONE, checked.out
    expect(f"init-{model.value}.yaml", path.read_text())


def test_it_can_print_instead(netprov: Any) -> None:
    ended = netprov("init", *options(OperatingModel.HOSTED, "-"))
    assert ended.code == Exit.DONE
    assert "host: RXA" in ended.out


def test_nothing_is_overwritten(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_text("mine")
    ended = netprov("init", *options(OperatingModel.HOSTED, path))
    assert (ended.code, path.read_text()) == (Exit.USAGE, "mine")


def test_a_draft_that_would_not_pass_is_not_written(netprov: Any, tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    ended = netprov("init", *options(OperatingModel.HOSTED, path), "--party", "RXZ")
    assert (ended.code, path.exists()) == (Exit.REFUSED, False)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--site", "RXZ01=Elsewhere"), "site RXZ01 belongs to none of the members"),
        (("--site", "RXA02"), "names no one"),
        (("--member", "rxa=Anytown"), "'rxa' is not an ODS organisation code"),
    ],
)
def test_an_option_that_does_not_fit_is_told(wrong: tuple[str, str], told: str, netprov: Any, tmp_path: Path) -> None:
    ended = netprov("init", *options(OperatingModel.HOSTED, tmp_path / "x.yaml"), *wrong)
    assert ended.code == Exit.USAGE
    assert told in ended.err


def test_without_a_terminal_everything_has_to_be_given(netprov: Any, tmp_path: Path) -> None:
    ended = netprov("init", "--id", "severn", "-o", str(tmp_path / "x.yaml"))
    assert ended.code == Exit.USAGE
    assert "--name, --model, --member, --site" in ended.err


@pytest.mark.parametrize("model", OperatingModel)
def test_questions_lead_to_the_same_file_as_options(
    model: OperatingModel, netprov: Any, typed: Typed, tmp_path: Path, expect: Expect
) -> None:
    answers = ["severn", "Severn Imaging Network", model.value]
    answers += ["RXA", "Anytown Trust", "foundation_trust", "RXA01", "Anytown General", "acute", "n"]
    answers += ["RXB", "Bourne & “Dale” Trust: south", "", "RXB01", "Bourne Royal", "", "y"]
    answers += ["A1B2C", "Bourne Scanning Centre", "community_diagnostic_centre", "n", "n"]
    typed("\n".join([*answers, *([] if model is OperatingModel.ALLIANCE else [""])]) + "\n")
    path = tmp_path / "network.yaml"
    ended = netprov("init", "-o", str(path))
    assert ended.code == Exit.DONE, ended.err
    expect(f"init-{model.value}.yaml", path.read_text())


def test_a_question_is_put_again_until_its_answer_fits(
    netprov: Any, typed: Typed, tmp_path: Path, expect: Expect
) -> None:
    answers = ["Severn!", "severn", "Severn Imaging Network", "0", "8", "one", "collaboration"]
    answers += ["RXA", "Anytown Trust", "foundation_trust", "rxa01", "Anytown General", "acute", "n"]
    answers += ["RXA", "RXB", "Bourne Trust", "", "RXA01", "RXB01", "Bourne Royal", "", "n", "n", "RXZ", "rxb"]
    typed("\n".join(answers) + "\n")
    path = tmp_path / "network.yaml"
    ended = netprov("init", "-o", str(path))
    assert ended.code == Exit.DONE, ended.err
    assert ended.err.count("expected a number from 1 to 7, or a model's name") == 3
    assert "expected one of the members: RXA, RXB" in ended.err
    assert netprov("check", str(path)).code == Exit.DONE
    expect("init-asked.yaml", path.read_text())
