"""The VIPER reader studies (Gallas and others 2019, doi:10.1117/1.JMI.6.1.015501) through `her2mri.readers`.

python examples/viper_reader_study.py ../shared/data/viper_mrmc

Radiologists read screen-film and digital mammograms of the same women: the two modalities take the place of
the unaided and the aided arm. Another question needs only another dictionary: here cancer or none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from her2mri.cohort.read import RawTable
from her2mri.dictionary import DataDictionary, Level, Task, Variable
from her2mri.readers import Reads, multireader_analysis, reads_of, task_reads
from her2mri.readers.truth import truth_of

ARM_OF_MODALITY = {"SFM": "unaided", "FFDM": "aided"}
RECALLED = 1


def dictionary() -> DataDictionary:
    """The one outcome and the one task of the study."""
    levels = (Level("no_cancer", "No cancer"), Level("cancer", "Cancer"))
    outcome = Variable(
        "cancer_status", "Cancer within 455 days", "category", "outcome", "outcome", levels=levels
    )
    task = Task("cancer", "Cancer", "cancer_status", ("cancer",), ("no_cancer",), "Cancer", "No cancer")
    return DataDictionary("viper", "1", "VIPER", {"outcome": "Outcome"}, (outcome,), (), (), (), (task,), "")


def viper_reads(folder: Path, sub_study: str) -> Reads:
    """The reads of one of the five sub-studies.

    Readers decided on recall, then scored 0 to 200 with 100 between the two decisions: the distance from
    there is the confidence in the call.
    """
    raw = pd.read_csv(folder / "viperObs.csv")
    raw = raw[raw["subStudyLabel"] == sub_study]
    reads = pd.DataFrame(
        {
            "reader": raw["readerID"],
            "case": raw["caseID"].astype(str),
            "arm": raw["modalityID"].map(ARM_OF_MODALITY),
            "call": raw["recall"].eq(RECALLED).map({True: "cancer", False: "no_cancer"}),
            "confidence": (raw["score"] - 100.5).abs() / 100.5 * 100.0,
        }
    )
    cases = raw.drop_duplicates("caseID")
    truth = pd.DataFrame(
        {
            "lesion_id": cases["caseID"].astype(str),
            "patient_id": cases["caseID"].astype(str),
            "cancer_status": cases["cancerStatus455"].map({1: "cancer", 0: "no_cancer"}),
        }
    )
    question = dictionary()
    return reads_of(
        RawTable("viperObs.csv", reads), truth_of(RawTable("viperObs.csv", truth), question), question
    )


def main(folder: Path) -> None:
    """Print the difference of the reader-averaged AUCs (film less digital) of each sub-study."""
    for sub_study in ("screeningLowP", "screeningMedP", "screeningHighP", "challengeMedP", "challengeHighP"):
        reads = viper_reads(folder, sub_study)
        table, _, _ = multireader_analysis([task_reads(reads, reads.dictionary.tasks[0])])
        row = table.query("metric == 'auc' and quantity == 'difference'").iloc[0]
        print(
            f"{sub_study:15} {-row.estimate:7.4f}  SE {row.std_error:.4f}  p {row.p_value:.4f}  "
            f"({row.n_readers} readers, {row.n_cases} cases; {row.design})"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
