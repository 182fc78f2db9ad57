"""Synthetic studies: proper DICOM, the same bytes each time, and unmistakable."""

import os
from io import BytesIO

from pydicom import dcmread

from provisioner.engine.holder import process_start
from provisioner.proving.synthetic import PATIENT_NAME, PREFIX, Run, abandoned, dataset_of, this_run

RUN = Run(1, "17", "word")


def test_images_are_dicom_that_others_read() -> None:
    study = RUN.study("RXA01", "peer")
    assert len(study.instances) > 1
    for image in study.instances:
        read = dcmread(BytesIO(image.file))
        assert (read.PatientName, read.PatientID) == (PATIENT_NAME, study.patient)
        assert (read.StudyInstanceUID, read.SeriesInstanceUID, read.SOPInstanceUID) == (
            study.uid,
            study.series,
            image.uid,
        )
        assert read.file_meta.MediaStorageSOPInstanceUID == image.uid
        assert len(read.PixelData) == read.Rows * read.Columns * read.BitsAllocated // 8
        again = BytesIO()
        read.save_as(again, enforce_file_format=True)
        assert dataset_of(again.getvalue()) == image.dataset


def test_same_words_give_the_same_bytes() -> None:
    assert RUN.study("RXA01", "peer") == RUN.study("RXA01", "peer")


def test_each_use_node_and_run_has_its_own_study() -> None:
    other = Run(1, "17", "other")
    studies = [RUN.study("RXA01", "peer"), RUN.study("RXA01", "dicom"), RUN.study("RXA02", "peer")]
    studies.append(other.study("RXA01", "peer"))
    uids = {image.uid for study in studies for image in study.instances} | {study.uid for study in studies}
    assert len(uids) == len(studies) * (1 + len(studies[0].instances))
    assert max(map(len, uids)) <= 64
    assert max(len(study.patient) for study in studies) <= 64


def test_pixels_of_a_study_differ() -> None:
    first, second = RUN.study("RXA01", "peer").instances[:2]
    assert first.dataset[-8192:] != second.dataset[-8192:]


def test_dataset_is_what_follows_the_header() -> None:
    image = RUN.study("RXA01", "peer").instances[0]
    assert dataset_of(image.file) == image.dataset
    assert dataset_of(b"") == dataset_of(bytes(200)) == dataset_of(image.dataset) == b""


def test_run_that_lives_is_not_abandoned() -> None:
    assert not abandoned(this_run().study("RXA01", "peer").patient)


def test_run_whose_process_is_gone_is_abandoned() -> None:
    own = os.getpid(), process_start(os.getpid())
    earlier = Run(own[0], str(int(own[1]) - 1), "word")  # the same pid, of a process before this one
    assert abandoned(earlier.study("RXA01", "peer").patient)
    assert abandoned(Run(2**22 + 1, "17", "word").study("RXA01", "peer").patient)
    assert abandoned(f"{PREFIX}-odd")
