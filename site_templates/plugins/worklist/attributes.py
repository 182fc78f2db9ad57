"""PS3.4 table CC.2.5-3, "UPS SOP Class N-CREATE/N-SET/N-GET/C-FIND Attributes", as data.

A line is one row: nesting as in the standard, tag, keyword, VR, requirement of N-CREATE (SCU/SCP), of N-SET, final
state code, requirement of N-GET, match key type, return key type. `no` is "not allowed"; a dash is the standard's own.
What the table calls "all other attributes" of its modules is allowed, and optional. What its macros ask for is in
macros.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass

PUSH = "1.2.840.10008.5.1.4.34.6.1"
"""SOP Class UID of every workitem (CC.3.1)."""
WORKLIST = "1.2.840.10008.5.1.4.34.5"
FILTERED = "1.2.840.10008.5.1.4.34.5.1"
"""What is subscribed to for every workitem, and for those that a filter matches."""

TABLE = """
  00081195 TransactionUID                                   UI 2/2   no   O  no   -  -
  00080005 SpecificCharacterSet                             CS 1C/1C 1C/1C RC 3/1 -  1C
  00080016 SOPClassUID                                      UI 3/1   no   R  no   O  1
  00080018 SOPInstanceUID                                   UI no/1  no   R  no   U  1
  00741200 ScheduledProcedureStepPriority                   CS 1/1   3/1  R  3/1  R  1
  00404010 ScheduledProcedureStepModificationDateTime       DT -/1   -/1  R  3/1  O  3
  00741204 ProcedureStepLabel                               LO 1/1   3/1  O  3/1  R  1
  00741202 WorklistLabel                                    LO 2/1   3/1  O  3/1  R  1
  00741210 ScheduledProcessingParametersSequence            SQ 2/2   3/2  O  3/2  -  2
  00404025 ScheduledStationNameCodeSequence                 SQ 2/2   3/2  O  3/2  R  2
  00404026 ScheduledStationClassCodeSequence                SQ 2/2   3/2  O  3/2  R  2
  00404027 ScheduledStationGeographicLocationCodeSequence   SQ 2/2   3/2  O  3/2  R  2
  00404034 ScheduledHumanPerformersSequence                 SQ 2C/2C 3/2  O  3/2  R  2
  >00404009 HumanPerformerCodeSequence                      SQ 1/1   1/1  O  -/1  R  1
  >00404037 HumanPerformerName                              PN 1/1   1/1  O  -/1  O  3
  >00404036 HumanPerformerOrganization                      LO 1/1   1/1  O  -/1  O  3
  00404005 ScheduledProcedureStepStartDateTime              DT 1/1   3/1  R  3/1  R  1
  00404011 ExpectedCompletionDateTime                       DT 3/1   3/1  O  3/1  R  3
  00404008 ScheduledProcedureStepExpirationDateTime         DT 3/3   3/3  O  3/3  O  3
  00404018 ScheduledWorkitemCodeSequence                    SQ 2/2   3/1  O  3/1  R  2
  00400400 CommentsOnTheScheduledProcedureStep              LT 2/2   3/1  O  3/1  O  3
  00404041 InputReadinessState                              CS 1/1   3/1  R  3/1  R  1
  00404021 InputInformationSequence                         SQ 2/2   3/2  O  3/2  O  2
  >0040E020 TypeOfInstances                                 CS 1/1   1/1  O  -/1  -  -
  >0020000D StudyInstanceUID                                UI 1C/1C 1C/1C O -/1C -  -
  >0020000E SeriesInstanceUID                               UI 1C/1C 1C/1C O -/1C -  -
  >00081199 ReferencedSOPSequence                           SQ 1C/1C 1C/1C O -/1C -  -
  >0040E021 DICOMRetrievalSequence                          SQ 1C/1C 1C/1C O -/1C -  -
  >0040E025 WADORSRetrievalSequence                         SQ 1C/1C 1C/1C O -/1C -  -
  0020000D StudyInstanceUID                                 UI 1C/2  3/2  O  3/2  O  2
  00404070 OutputDestinationSequence                        SQ 3/3   3/3  O  3/3  O  3
  00100010 PatientName                                      PN 2/2   no   O  3/2  R  2
  00100020 PatientID                                        LO 1C/2  no   O  3/2  R  2
  00100021 IssuerOfPatientID                                LO 2/2   no   O  3/2  R  2
  00100024 IssuerOfPatientIDQualifiersSequence              SQ 2/2   no   O  3/2  O  2
  00101002 OtherPatientIDsSequence                          SQ 2/2   3/3  O  3/2  O  2
  >00100020 PatientID                                       LO 1/1   1/1  O  -/1  O  1
  >00100022 TypeOfPatientID                                 CS 3/3   3/3  O  3/3  O  3
  00100030 PatientBirthDate                                 DA 2/2   no   O  3/2  R  2
  00100040 PatientSex                                       CS 2/2   no   O  3/2  R  2
  00101100 ReferencedPatientPhotoSequence                   SQ 3/3   3/3  O  3/3  -  3
  00380010 AdmissionID                                      LO 2/2   no   O  3/2  R  2
  00380014 IssuerOfAdmissionIDSequence                      SQ 2/2   no   O  3/2  R  2
  00081080 AdmittingDiagnosesDescription                    LO 2/2   no   O  3/2  O  2
  00081084 AdmittingDiagnosesCodeSequence                   SQ 2/2   no   O  3/2  O  2
  0040A370 ReferencedRequestSequence                        SQ 2/2   no   O  3/2  R  2
  >0020000D StudyInstanceUID                                UI 1/1   no   O  -/1  O  1
  >00080050 AccessionNumber                                 SH 2/2   no   O  -/2  R  2
  >00080051 IssuerOfAccessionNumberSequence                 SQ 2/2   no   O  -/2  R  2
  >00402016 PlacerOrderNumberImagingServiceRequest          LO 3/1   no   O  -/1  O  1C
  >00400026 OrderPlacerIdentifierSequence                   SQ 2/2   no   O  -/2  O  2
  >00402017 FillerOrderNumberImagingServiceRequest          LO 3/1   no   O  -/1  O  1C
  >00400027 OrderFillerIdentifierSequence                   SQ 2/2   no   O  -/2  O  2
  >00401001 RequestedProcedureID                            SH 2/2   no   O  -/2  R  2
  >00321060 RequestedProcedureDescription                   LO 2/2   no   O  -/2  O  2
  >00321064 RequestedProcedureCodeSequence                  SQ 2/2   no   O  -/2  O  2
  >00401002 ReasonForTheRequestedProcedure                  LO 3/3   3/3  O  -/3  O  3
  >0040100A ReasonForRequestedProcedureCodeSequence         SQ 3/3   3/3  O  -/3  O  3
  >00401400 RequestedProcedureComments                      LT 3/3   3/3  O  -/3  O  1C
  >00401008 ConfidentialityCode                             LO 3/3   3/3  O  -/3  O  3
  >00401010 NamesOfIntendedRecipientsOfResults              PN 3/3   3/3  O  -/3  O  3
  >00402400 ImagingServiceRequestComments                   LT 3/3   3/3  O  -/3  O  3
  >00321032 RequestingPhysician                             PN 3/3   3/3  O  -/3  O  3
  >00321033 RequestingService                               LO 3/1   3/1  O  -/3  R  3
  >00321034 RequestingServiceCodeSequence                   SQ 3/3   3/3  O  -/3  O  3
  >00402004 IssueDateOfImagingServiceRequest                DA 3/3   3/3  O  -/3  O  3
  >00402005 IssueTimeOfImagingServiceRequest                TM 3/3   3/3  O  -/3  O  3
  >00080090 ReferringPhysicianName                          PN 3/3   3/3  O  -/3  O  3
  00741224 ReplacedProcedureStepSequence                    SQ 1C/1C no   O  3/2  R  3
  00102000 MedicalAlerts                                    LO 3/2   3/2  O  3/2  O  2C
  001021C0 PregnancyStatus                                  US 3/2   3/2  O  3/2  O  2C
  00380050 SpecialNeeds                                     LO 3/2   3/2  O  3/2  O  2C
  00741000 ProcedureStepState                               CS 1/1   no   R  3/1  R  1
  00741002 ProcedureStepProgressInformationSequence         SQ 2/2   3/2  X  3/2  -  2
  >00741004 ProcedureStepProgress                           DS no    3/1  O  -/1  -  -
  >00741006 ProcedureStepProgressDescription                ST no    3/1  O  -/1  -  -
  >00741007 ProcedureStepProgressParametersSequence         SQ no    3/3  O  -/3  -  -
  >00741008 ProcedureStepCommunicationsURISequence          SQ no    3/1  O  -/1  -  -
  >00404052 ProcedureStepCancellationDateTime               DT no    3/1  X  -/1  -  -
  >00741238 ReasonForCancellation                           LT no    3/1  O  -/1  -  -
  >0074100E ProcedureStepDiscontinuationReasonCodeSequence  SQ no    3/1  X  -/1  -  -
  00741216 UnifiedProcedureStepPerformedProcedureSequence   SQ 2/2   3/2  P  3/2  -  2
  >00404035 ActualHumanPerformersSequence                   SQ no    3/1  RC -/1  O  1C
  >00404028 PerformedStationNameCodeSequence                SQ no    3/2  P  -/2  O  3
  >00404029 PerformedStationClassCodeSequence               SQ no    3/2  O  -/2  -  -
  >00404030 PerformedStationGeographicLocationCodeSequence  SQ no    3/2  O  -/2  -  -
  >00404050 PerformedProcedureStepStartDateTime             DT no    3/1  P  -/1  -  -
  >00400254 PerformedProcedureStepDescription               LO no    3/1  O  -/1  -  -
  >00400280 CommentsOnThePerformedProcedureStep             ST no    3/1  O  -/1  -  -
  >00404019 PerformedWorkitemCodeSequence                   SQ no    3/1  P  -/1  -  -
  >00741212 PerformedProcessingParametersSequence           SQ no    3/1  O  -/1  -  -
  >00404051 PerformedProcedureStepEndDateTime               DT no    3/1  P  -/1  O  1C
  >00404033 OutputInformationSequence                       SQ no    2/2  P  -/2  -  -
"""
OTHERS = """
00080020 StudyDate DA|00080030 StudyTime TM|00080050 AccessionNumber SH|00080051 IssuerOfAccessionNumberSequence SQ
00080060 Modality CS|00080061 ModalitiesInStudy CS|00080080 InstitutionName LO|00081030 StudyDescription LO
00080090 ReferringPhysicianName PN|00180015 BodyPartExamined CS|00201208 NumberOfStudyRelatedInstances IS
00401001 RequestedProcedureID SH|00080100 CodeValue SH|00080102 CodingSchemeDesignator SH|00080104 CodeMeaning LO
00400031 LocalNamespaceEntityID UT|00400032 UniversalEntityID UT|00321060 RequestedProcedureDescription LO
00400033 UniversalEntityIDType CS|00080119 LongCodeValue UC|00080120 URNCodeValue UR|00080054 RetrieveAETitle AE
00081150 ReferencedSOPClassUID UI|00081155 ReferencedSOPInstanceUID UI|00081190 RetrieveURL UR|0040E010 RetrieveURI UR
0040A040 ValueType CS|0040A043 ConceptNameCodeSequence SQ|0040A160 TextValue UT|0040A30A NumericValue DS
0074100A ContactURI UR|0074100C ContactDisplayName LO
"""
"""What is asked for by keyword besides, at the top of a workitem or within its sequences."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of the table."""

    path: tuple[str, ...]
    keyword: str
    vr: str
    create: str
    set: str
    final: str
    get: str
    match: str
    answer: str


def _rows(lines: str) -> Iterator[Attribute]:
    above = ""
    for line in lines.strip().splitlines():
        tag, keyword, vr, *rest = line.split()
        if not tag.startswith(">"):
            above = tag
        path = (above, tag[1:]) if tag.startswith(">") else (tag,)
        yield Attribute(path, keyword, vr, *rest)


ATTRIBUTES = tuple(_rows(TABLE))
_OTHERS = [entry.split() for line in OTHERS.strip().splitlines() for entry in line.split("|")]
VRS: dict[str, str] = {row.path[-1]: row.vr for row in ATTRIBUTES} | {tag: vr for tag, _, vr in _OTHERS}
TAGS: dict[str, str] = {row.keyword: row.path[-1] for row in ATTRIBUTES} | {word: tag for tag, word, _ in _OTHERS}
KEYWORDS: dict[str, str] = {tag: word for word, tag in TAGS.items()}
