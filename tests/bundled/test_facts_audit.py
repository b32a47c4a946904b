"""The facts against maintained libraries: periodictable, and the CLDR (babel) and ISO (pycountry) tables."""

import re
import unicodedata
from collections import Counter

import periodictable
import pycountry
import pytest
from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from llmkick_core.bundled.facts import by_relation, load_facts

pytestmark = pytest.mark.peer

RELATIONS = by_relation(load_facts())
ENGLISH = Locale("en")

# names that ISO 3166 and the CLDR spell otherwise
OTHER_SPELLINGS = {
    "the country of Georgia": "GE",
    "the Democratic Republic of the Congo": "CD",
    "East Timor": "TL",
    "Ivory Coast": "CI",
    "Turkey": "TR",
}
# countries that are no more, by the beginning of their name in ISO 3166-3 where it has one; parts of the United Kingdom
FORMER = {"Czechoslovakia": "Czechoslovakia", "East Germany": "German Democratic", "Soviet Union": "USSR"}
FORMER |= {name: name for name in ("Yugoslavia", "Zaire")}
HOME_NATIONS = {"England": "GB-ENG", "Scotland": "GB-SCT", "Wales": "GB-WLS", "Northern Ireland": "GB-NIR"}
UNLISTED = {"West Germany"}  # ISO kept its code for Germany


def country_codes() -> dict[str, str]:
    """Return ISO 3166 codes by every English name that the two tables have."""
    codes = {name: code for code, name in ENGLISH.territories.items() if re.fullmatch("[A-Z]{2}", code)}
    for country in pycountry.countries:
        names = [getattr(country, field, "") for field in ("name", "common_name", "official_name")]
        codes |= {name.removeprefix("the "): country.alpha_2 for name in names if name}
    return codes | OTHER_SPELLINGS


CODES = country_codes()


def code_of(name: str) -> str | None:
    bare = name.removeprefix("the ")
    return next((CODES[text] for text in (name, bare, bare.replace("Saint", "St.")) if text in CODES), None)


def plain(text: str) -> str:
    """Return the text in lower case without accents and points."""
    letters = unicodedata.normalize("NFKD", text.replace("ł", "l"))
    return "".join(letter for letter in letters if letter.isalnum() or letter == " ").encode("ascii", "ignore").decode().lower()


# --- countries, currencies, languages


@pytest.mark.parametrize("relation", ["capital", "currency", "independence_year"])
def test_the_countries_asked_about_exist(relation):
    assert [fact.subject for fact in RELATIONS[relation] if code_of(fact.subject) is None] == []


COUNTRY_ANSWERS = sorted(relation for relation in RELATIONS if relation.endswith("_country"))


@pytest.mark.parametrize("relation", COUNTRY_ANSWERS)
def test_the_countries_answered_exist_or_did(relation):
    former = [country.name for country in pycountry.historic_countries]
    unknown = []
    for name in {fact.object for fact in RELATIONS[relation]} - UNLISTED:
        is_former = name in FORMER and any(listed.startswith(FORMER[name]) for listed in former)
        is_nation = name in HOME_NATIONS and pycountry.subdivisions.get(code=HOME_NATIONS[name]).name.startswith(name)
        if code_of(name) is None and not is_former and not is_nation:
            unknown.append(name)
    assert unknown == []


def test_a_country_is_named_by_the_same_word_in_question_and_answer():
    subjects = {code_of(fact.subject): fact.subject.removeprefix("the ") for fact in RELATIONS["capital"]}
    objects = {(code_of(fact.object), fact.object) for relation in COUNTRY_ANSWERS for fact in RELATIONS[relation]}
    objects = {
        (code, name) for code, name in objects if code and code in subjects and code != "GE"
    }  # Georgia needs no more words as an answer
    assert {name: subjects[code] for code, name in objects if subjects[code] != name.removeprefix("the ")} == {}


def test_cities_that_name_a_time_zone_lie_in_its_country():
    by_city: dict[str, set[str]] = {}
    for zone, territory in get_global("zone_territories").items():
        by_city.setdefault(plain(zone.split("/")[-1].replace("_", " ")), set()).add(territory)
    pairs = [(fact.object, fact.subject) for fact in RELATIONS["capital"]] + [
        (fact.subject, fact.object) for fact in RELATIONS["city_country"]
    ]
    known = [(city, country) for city, country in pairs if plain(city) in by_city]
    assert len(known) >= 100
    assert [(city, country) for city, country in known if code_of(country) not in by_city[plain(city)]] == []


def test_a_countrys_currency_is_legal_tender_there():
    wrong = []
    for fact in RELATIONS["currency"]:
        codes = get_territory_currencies(code_of(fact.subject))
        names = [plain(ENGLISH.currencies[code]) for code in codes]
        names += [plain(pycountry.currencies.get(alpha_3=code).name) for code in codes if pycountry.currencies.get(alpha_3=code)]
        if not any(f" {plain(answer)} " in f" {name} " for answer in fact.answers for name in names):
            wrong.append((fact.subject, fact.object, names))
    assert wrong == []


def test_currency_codes_are_those_of_iso_4217():
    wrong = []
    for fact in RELATIONS["iso_currency_code"]:
        names = {ENGLISH.currencies[fact.object], pycountry.currencies.get(alpha_3=fact.object).name}
        asked = set(plain(fact.subject.removeprefix("the ")).split())
        expected = set(plain(" ".join(names)).replace("united arab emirates", "uae").split())
        if not asked <= expected:
            wrong.append((fact.subject, fact.object, names))
    assert wrong == []


def test_language_codes_are_those_of_iso_639():
    wrong = []
    for fact in RELATIONS["iso_language_code"]:
        names = {ENGLISH.languages.get(fact.object, ""), pycountry.languages.get(alpha_2=fact.object).name}
        if plain(fact.subject) not in {plain(part) for name in names for part in re.split(r"[;,(]", name)}:
            wrong.append((fact.subject, fact.object, names))
    assert wrong == []


def test_the_languages_asked_about_exist():
    known = {plain(name) for name in ENGLISH.languages.values()}
    known |= {plain(part).strip() for language in pycountry.languages for part in re.split(r"[;,(]", language.name)}
    asked = {fact.subject for relation in ("language_group", "iso_language_code") for fact in RELATIONS[relation]}
    assert sorted(name for name in asked - {"Romani"} if plain(name) not in known) == []  # ISO spells it Romany


# --- elements and compounds

BRITISH = {"aluminium": "aluminum", "caesium": "cesium"}
ELEMENTS = {element.name: element for element in periodictable.elements if element.number}
ELEMENTS |= {british: ELEMENTS[name] for british, name in BRITISH.items()}
NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
)


def test_element_symbols_are_those_of_the_periodic_table():
    assert {fact.subject: fact.object for fact in RELATIONS["element_symbol"] if ELEMENTS[fact.subject].symbol != fact.object} == {}


def test_atomic_numbers_are_those_of_the_periodic_table():
    spelt = dict(enumerate(NUMBER_WORDS.split(), start=1))
    for fact in RELATIONS["atomic_number"]:
        number = ELEMENTS[fact.subject].number
        assert fact.object == str(number), fact.subject
        assert set(fact.aliases) <= {spelt.get(number)}, fact.subject


def test_ores_yield_and_discoverers_found_elements():
    assert {fact.object for fact in RELATIONS["ore_metal"]} <= set(ELEMENTS)
    assert {fact.subject for fact in RELATIONS["element_discoverer"]} <= set(ELEMENTS)


def atoms(formula: str) -> Counter[str]:
    return Counter({element.symbol: int(n) for element, n in periodictable.formula(formula).atoms.items()})


CATIONS = {"hydrogen": 1, "lithium": 1, "sodium": 1, "potassium": 1, "silver": 1, "magnesium": 2, "calcium": 2, "barium": 2, "zinc": 2}
CATIONS |= {"aluminium": 3, "gallium": 3, "boron": 3, "silicon": 4, "ammonium": 1}
ANIONS = {"oxide": ("O", 2), "fluoride": ("F", 1), "chloride": ("Cl", 1), "iodide": ("I", 1), "sulfide": ("S", 2), "nitride": ("N", 3)}
ANIONS |= {"carbide": ("C", 4), "arsenide": ("As", 3), "peroxide": ("O2", 2), "hydroxide": ("OH", 1), "cyanide": ("CN", 1)}
ANIONS |= {"carbonate": ("CO3", 2), "bicarbonate": ("HCO3", 1), "sulfate": ("SO4", 2), "thiosulfate": ("S2O3", 2), "nitrate": ("NO3", 1)}
ANIONS |= {"nitrite": ("NO2", 1), "permanganate": ("MnO4", 1), "dichromate": ("Cr2O7", 2)}
PREFIXES = {"mono": 1, "mon": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "pent": 5, "hexa": 6}
ALKANES = ("meth", "eth", "prop", "but", "pent", "hex", "hept", "oct")
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4}
UNSYSTEMATIC = {"calcium carbide", "tungsten carbide", "vanadium pentoxide"}  # an acetylide, an interstitial compound, V2O5


def systematic(name: str) -> Counter[str] | None:
    """Return the atoms that a systematic name spells out: balanced charges, counted prefixes or alkanes; None for a trivial name."""
    if name.removesuffix("ane") in ALKANES:
        n = ALKANES.index(name.removesuffix("ane")) + 1
        return Counter(C=n, H=2 * n + 2)
    metal, _, anion = name.partition(" ")
    base, numeral = re.fullmatch(r"([a-z]+)(?:\((\w+)\))?", metal).groups()
    if name in UNSYSTEMATIC or (base not in ELEMENTS and base != "ammonium"):
        return None
    cation = Counter(N=1, H=4) if base == "ammonium" else Counter({ELEMENTS[base].symbol: 1})
    charge = ROMAN[numeral] if numeral else CATIONS.get(base)
    if anion in ANIONS and charge:
        formula, negative = ANIONS[anion]
        return Counter({s: n * negative for s, n in cation.items()}) + Counter({s: n * charge for s, n in atoms(formula).items()})
    for prefix, n in PREFIXES.items():
        if anion.startswith(prefix) and anion.removeprefix(prefix) in ANIONS:
            return cation + Counter({ANIONS[anion.removeprefix(prefix)][0]: n})
    return None


def proportions(counts: Counter[str]) -> dict[str, float]:
    return {symbol: n / counts.total() for symbol, n in counts.items()}


def test_formulas_hold_the_atoms_that_systematic_names_spell_out():
    assert proportions(systematic("aluminium oxide")) == {"Al": 0.4, "O": 0.6}
    assert systematic("sulfur hexafluoride") == Counter(S=1, F=6)
    named = {fact.subject: systematic(fact.subject) for fact in RELATIONS["chemical_formula"]}
    named = {name: counts for name, counts in named.items() if counts is not None}
    assert len(named) >= 55
    formulas = {fact.subject: atoms(fact.object) for fact in RELATIONS["chemical_formula"] if fact.subject in named}
    assert {
        name: formulas[name] for name, counts in named.items() if proportions(formulas[name]) != pytest.approx(proportions(counts))
    } == {}


def test_every_formula_parses_and_its_other_spellings_hold_the_same_atoms():
    for fact in RELATIONS["chemical_formula"]:
        assert {tuple(sorted(atoms(answer).items())) for answer in fact.answers} == {tuple(sorted(atoms(fact.object).items()))}
        elements = [ELEMENTS[word].symbol for word in re.findall(r"[a-z]+", fact.subject) if word in ELEMENTS]
        assert set(elements) <= set(atoms(fact.object)), fact.subject


def test_common_names_and_formulas_agree_on_the_compounds_they_share():
    formulas = {fact.subject: fact.object for fact in RELATIONS["chemical_formula"]}
    shared = {fact.subject: fact.object for fact in RELATIONS["common_name"] if fact.object in formulas and fact.subject in formulas}
    assert {name: compound for name, compound in shared.items() if atoms(formulas[name]) != atoms(formulas[compound])} == {}
