"""The copy that leaves a site, held against pydicom: what must change, and that nothing else does."""

import contextlib
import copy
import io
import zlib
from typing import Any

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    SecondaryCaptureImageStorage,
)
from sharing.coercion import Issuers, coerced, maker, moment, opened, sent_back
from sharing.elements import NotUnderstood
from sharing.errors import Refused
from sharing.identity import qualified
from sharing.reports import local_number

ISSUERS = Issuers("RXA01", "RXA", "RXA01")
LITTLE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
NHS_OID = "2.16.840.1.113883.2.1.4.1"
TOUCHED = (
    "AccessionNumber",
    "IssuerOfAccessionNumberSequence",
    "PatientID",
    "IssuerOfPatientID",
    "OtherPatientIDsSequence",
)
TOUCHED_TAGS = {0x00080051, 0x00100020, 0x00100021, 0x00100024, 0x00101002, 0x04000561}


def study(**values: Any) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3.1"
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.3", "1.2.3.0"
    made.PatientID, made.PatientName, made.AccessionNumber = "123", "Synthetic^Patient", "A1"
    made.StudyDate, made.StudyTime = "20261124", "101500"
    made.PixelData = bytes(range(256)) * 4
    made["PixelData"].VR = "OW"
    for name, value in values.items():
        setattr(made, name, value)
    return made


def written(dataset: Dataset, syntax: UID = ExplicitVRLittleEndian) -> bytes:
    made = copy.deepcopy(dataset)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def read(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data))


def copied(dataset: Dataset, syntax: UID = ExplicitVRLittleEndian) -> Dataset:
    return read(coerced(opened(written(dataset, syntax)), ISSUERS))


def identifier(number: str, issuer: str) -> Dataset:
    made = Dataset()
    made.PatientID, made.IssuerOfPatientID = number, issuer
    return made


def numbers(dataset: Dataset) -> list[tuple[str, str]]:
    return [(item.PatientID, item.IssuerOfPatientID) for item in dataset.get("OtherPatientIDsSequence", ())]


@pytest.mark.parametrize("syntax", LITTLE, ids=lambda uid: uid.name)
def test_the_copy_says_whose_numbers_it_has(syntax: UID) -> None:
    made = copied(study(), syntax)
    assert (made.PatientID, made.IssuerOfPatientID) == ("RXA:123", "RXA")
    assert made.IssuerOfAccessionNumberSequence[0].LocalNamespaceEntityID == "RXA01"
    assert made.AccessionNumber == "A1"
    assert numbers(made) == [("123", "RXA")]
    assert (made.StudyInstanceUID, made.SeriesInstanceUID, made.SOPInstanceUID) == ("1.2.3", "1.2.3.0", "1.2.3.1")


@pytest.mark.parametrize("syntax", LITTLE, ids=lambda uid: uid.name)
def test_the_copy_records_what_was_there(syntax: UID) -> None:
    qualifiers = Dataset()
    qualifiers.UniversalEntityID, qualifiers.UniversalEntityIDType = "1.2", "ISO"
    before = study(IssuerOfPatientID="HOSP", IssuerOfPatientIDQualifiersSequence=Sequence([qualifiers]))
    made = copied(before, syntax)
    assert "IssuerOfPatientIDQualifiersSequence" not in made
    (stamp,) = made.OriginalAttributesSequence
    assert (stamp.ModifyingSystem, stamp.SourceOfPreviousValues) == ("netprov RXA01", "RXA01")
    assert (stamp.AttributeModificationDateTime, stamp.ReasonForTheAttributeModification) == (
        "20261124101500",
        "COERCE",
    )
    (values,) = stamp.ModifiedAttributesSequence
    assert (values.PatientID, values.IssuerOfPatientID) == ("123", "HOSP")
    assert values.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == "1.2"


def test_a_copy_is_known_as_one() -> None:
    original = opened(written(study()))
    assert maker(original) == ""
    assert maker(opened(coerced(original, ISSUERS))) == "RXA01"


def test_a_stamp_of_another_system_is_kept_and_makes_no_copy() -> None:
    other = Dataset()
    other.ModifyingSystem = "OTHER PACS"
    before = study(OriginalAttributesSequence=Sequence([other]))
    assert maker(opened(written(before))) == ""
    systems = [item.ModifyingSystem for item in copied(before).OriginalAttributesSequence]
    assert systems == ["OTHER PACS", "netprov RXA01"]


@pytest.mark.parametrize(
    "values",
    [
        {"PatientID": "9990000018"},
        {"PatientID": "999 000 0018"},
        {"OtherPatientIDs": ["X", "9990000018"]},
        {"OtherPatientIDsSequence": Sequence([identifier("9990000018", "NHS")])},
        {"OtherPatientIDsSequence": Sequence([identifier("9990000018", NHS_OID)])},
    ],
    ids=str,
)
def test_the_nhs_number_is_kept_where_valid(values: dict[str, Any]) -> None:
    valid = [item for item in numbers(copied(study(**values))) if item[1] in ("NHS", NHS_OID)]
    assert [number for number, _ in valid] == ["9990000018"]


def test_a_number_that_is_not_valid_is_no_nhs_number() -> None:
    assert numbers(copied(study(PatientID="9990000019"))) == [("9990000019", "RXA")]


def test_a_named_nhs_number_goes_before_a_number_that_looks_like_one() -> None:
    before = study(PatientID="9434765919", OtherPatientIDsSequence=Sequence([identifier("9990000018", "NHS")]))
    assert [n for n, issuer in numbers(copied(before)) if issuer == "NHS"] == ["9990000018"]


@pytest.mark.parametrize("syntax", LITTLE, ids=lambda uid: uid.name)
def test_a_patient_without_a_number(syntax: UID) -> None:
    before = study()
    del before.PatientID
    made = copied(before, syntax)
    assert made.PatientID.startswith("RXA:!")
    assert numbers(made) == []
    assert made.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID in ("", None)


def test_no_accession_number_has_no_issuer() -> None:
    assert "IssuerOfAccessionNumberSequence" not in copied(study(AccessionNumber=""))


@pytest.mark.parametrize("syntax", [*LITTLE, JPEG2000Lossless], ids=lambda uid: uid.name)
def test_every_other_byte_is_the_originals(syntax: UID) -> None:
    before = study()
    if syntax.is_compressed:
        before.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f" + bytes(99)])
        before["PixelData"].VR = "OB"
    data = written(before, syntax)
    made = coerced(opened(data), ISSUERS)
    mark = data.index(b"\xe0\x7f\x10\x00")
    assert made.endswith(data[mark:])
    assert made.startswith(data[: data.index(b"\x10\x00\x20\x00") - 200])


def test_the_same_original_gives_the_same_copy() -> None:
    data = written(study())
    assert coerced(opened(data), ISSUERS) == coerced(opened(data), ISSUERS)


def test_a_patient_id_in_any_character_set_keeps_its_bytes() -> None:
    made = copied(study(SpecificCharacterSet="ISO_IR 144", PatientID="Иван-7"))
    assert made.PatientID == "RXA:Иван-7"
    assert made.OriginalAttributesSequence[0].ModifiedAttributesSequence[0].PatientID == "Иван-7"


# -- reports on their way home -----------------------------------------------------------------------------------


@pytest.mark.parametrize("syntax", LITTLE, ids=lambda uid: uid.name)
def test_a_report_is_stamped_where_it_was_made_and_keeps_its_patient(syntax: UID) -> None:
    made = read(sent_back(opened(written(study(PatientID="RXA:123"), syntax)), "RXB01", None))
    assert made.PatientID == "RXA:123"
    assert made.OriginalAttributesSequence[0].ModifyingSystem == "netprov RXB01"


def test_at_home_it_has_the_sites_own_number_and_the_stamp_that_it_had() -> None:
    stamped = sent_back(opened(written(study(PatientID="RXA:123"))), "RXB01", None)
    home = sent_back(opened(stamped), "HUB", local_number("RXA:123"))
    assert read(home).PatientID == "123"
    assert maker(opened(home)) == "RXB01"


@pytest.mark.parametrize(("patient", "local"), [("RXA:123", b"123"), ("RXA:!!x", b"!x"), ("RXA:!0123456789ab", b"")])
def test_the_number_at_home(patient: str, local: bytes) -> None:
    assert local_number(patient) == local


def test_a_number_that_was_shortened_cannot_be_told() -> None:
    long = qualified("RXA", b"x" * 64, "1.2").decode()
    with pytest.raises(Refused):
        local_number(long)


# -- datasets of all kinds --------------------------------------------------------------------------------------

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="\\^="), max_size=40)
ELEMENTS = {
    "StudyDescription": WORDS,
    "InstitutionName": WORDS,
    "PatientComments": WORDS,
    "PatientID": WORDS,
    "IssuerOfPatientID": WORDS,
    "AccessionNumber": WORDS.map(lambda text: text[:16]),
    "Rows": st.integers(0, 65535),
    "OtherPatientIDs": st.lists(WORDS, min_size=1, max_size=3),
}
SEQUENCE_NAMES = (
    "ProcedureCodeSequence",
    "ReferencedStudySequence",
    "OtherPatientIDsSequence",
    "OriginalAttributesSequence",
)


@st.composite
def datasets(draw: st.DrawFn, depth: int = 0) -> Dataset:
    made = Dataset()
    for name in draw(st.sets(st.sampled_from(sorted(ELEMENTS)))):
        setattr(made, name, draw(ELEMENTS[name]))
    if depth < 3:
        for name in draw(st.sets(st.sampled_from(SEQUENCE_NAMES), max_size=2)):
            inner = draw(st.lists(datasets(depth + 1), max_size=3))
            for item in inner:
                item.is_undefined_length_sequence_item = draw(st.booleans())
            setattr(made, name, Sequence(inner))
            made[name].is_undefined_length = draw(st.booleans())
    if draw(st.booleans()):
        made.add_new(0x00090010, "LO", "PRIVATE")
        made.add_new(0x00091001, draw(st.sampled_from(["UN", "OB"])), draw(st.binary(max_size=20).map(_even)))
    return made


def _even(value: bytes) -> bytes:
    return value + b"\0" * (len(value) % 2)


@settings(max_examples=200, deadline=None)
@given(datasets(), st.sampled_from(LITTLE))
def test_only_the_few_numbers_change(dataset: Dataset, syntax: UID) -> None:
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyInstanceUID = SecondaryCaptureImageStorage, "1.1", "1.2"
    data = written(dataset, syntax)
    before, after = read(data), read(coerced(opened(data), ISSUERS))
    assert {e.tag: e for e in before if e.tag not in TOUCHED_TAGS} == {
        e.tag: e for e in after if e.tag not in TOUCHED_TAGS
    }
    kept = len(before.get("OriginalAttributesSequence") or ())
    assert list(after.OriginalAttributesSequence)[:kept] == list(before.get("OriginalAttributesSequence") or ())
    assert len(after.OriginalAttributesSequence) == kept + 1
    others = list(before.get("OtherPatientIDsSequence") or ())
    assert list(after.get("OtherPatientIDsSequence") or ())[: len(others)] == others


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_files_are_not_understood_or_stay_sound(data: st.DataObject) -> None:
    whole = bytearray(written(study()))
    place = data.draw(st.integers(132, len(whole) - 1100))
    whole[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    for damaged in (bytes(whole), bytes(whole[:cut])):
        with contextlib.suppress(NotUnderstood):
            coerced(opened(damaged), ISSUERS)


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian], ids=lambda uid: uid.name)
def test_what_is_left_to_orthanc(syntax: UID) -> None:
    with pytest.raises(NotUnderstood):
        opened(written(study(), syntax))


def test_group_lengths_are_left_to_orthanc() -> None:
    data = written(study())
    mark = data.index(b"\x10\x00\x10\x00PN")
    with pytest.raises(NotUnderstood):
        opened(data[:mark] + b"\x10\x00\x00\x00UL\x04\x00\x40\0\0\0" + data[mark:])


def test_no_dicom_is_not_understood() -> None:
    for data in (b"", b"x" * 200, zlib.compress(b"x")):
        with pytest.raises(NotUnderstood):
            opened(data)


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("20261124", "101500.5", "20261124101500.5"),
        ("20261124", "10", "20261124"),
        ("2026.11.24", "101500", "19000101"),
        ("", "", "19000101"),
    ],
)
def test_moments(date: str, time: str, expected: str) -> None:
    assert moment(date, time) == expected
