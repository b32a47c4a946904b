"""The 57 subjects of MMLU in the four groups of its authors (Hendrycks et al. 2021, https://arxiv.org/abs/2009.03300).

The groups are those of the authors' code, where health belongs to "other"; some harnesses count anatomy as STEM.
"""

from __future__ import annotations

from typing import Literal

Category = Literal["STEM", "humanities", "social sciences", "other"]

_NAMES: dict[Category, str] = {
    "STEM": (
        "abstract_algebra astronomy college_biology college_chemistry college_computer_science college_mathematics college_physics "
        "computer_security conceptual_physics electrical_engineering elementary_mathematics high_school_biology high_school_chemistry "
        "high_school_computer_science high_school_mathematics high_school_physics high_school_statistics machine_learning"
    ),
    "humanities": (
        "formal_logic high_school_european_history high_school_us_history high_school_world_history international_law jurisprudence "
        "logical_fallacies moral_disputes moral_scenarios philosophy prehistory professional_law world_religions"
    ),
    "social sciences": (
        "econometrics high_school_geography high_school_government_and_politics high_school_macroeconomics high_school_microeconomics "
        "high_school_psychology human_sexuality professional_psychology public_relations security_studies sociology us_foreign_policy"
    ),
    "other": (
        "anatomy business_ethics clinical_knowledge college_medicine global_facts human_aging management marketing medical_genetics miscellaneous "
        "nutrition professional_accounting professional_medicine virology"
    ),
}

SUBJECTS: dict[Category, tuple[str, ...]] = {name: tuple(subjects.split()) for name, subjects in _NAMES.items()}
"""Subjects of each category, as the files are named."""

AREAS: dict[Category, tuple[str, ...]] = {
    "STEM": ("biology", "chemistry", "physics_astronomy"),
    "humanities": ("art_music", "history", "language", "literature"),
    "social sciences": ("geography",),
    "other": ("sport_film",),
}
"""The knowledge areas of KICK-mini, whose files have the same format."""

_CATEGORY_OF: dict[str, Category] = {
    subject: category for groups in (SUBJECTS, AREAS) for category, subjects in groups.items() for subject in subjects
}


def category(subject: str) -> Category:
    """Return the category of a subject; one that is neither among the 57 nor an area of KICK-mini is "other"."""
    return _CATEGORY_OF.get(subject, "other")
