"""What stands in each column: guessed from its header and its cells, chosen by a person."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

EMAIL, NAME, FIRST, LAST, SKIP = "email", "name", "first_name", "last_name", ""
ZONE = "time_zone"
FIELD, NEW_FIELD = "field:", "new:"
_SPELLINGS = {
    EMAIL: "email emailaddress emailadresse mail mailadresse mailaddress adressemail "
    "adresseemail adresseelectronique courriel correo correoelectronico emailadres epost "
    "epostadress sahkoposti indirizzoemail posta postaelettronica enderecodeemail "
    "adresemail poczta emailovaadresa emailcim eposta почта имейл emailid primaryemail "
    "email1 email1value メール メールアドレス 邮箱 电子邮件 emailwork workemail "
    "emailaddress1 useremail "
    "subscriberemail contactemail",
    NAME: "name fullname displayname contactname kontakt vollstandigername vollername "
    "nomcomplet nombrecompleto nomecompleto nomeecognome naam volledigenaam namn navn "
    "nimi имя фио 名前 氏名 姓名 ansprechpartner contact customername kunde",
    FIRST: "firstname first givenname given forename vorname prenom nombre nome voornaam fornamn "
    "fornavn etunimi imie jmeno keresztnev ad fname rufname primeironome",
    LAST: "lastname last surname familyname family nachname familienname zuname nomdefamille "
    "nom apellido apellidos cognome sobrenome achternaam efternamn etternavn efternavn "
    "sukunimi nazwisko prijmeni vezeteknev soyad lname фамилия secondname",
    ZONE: "timezone tz zeitzone fuseauhoraire zonahoraria fusohorario fusoorario tijdzone tidszon "
    "tidszone tidssone aikavyohyke strefaczasowa timezonename ianatimezone часовойпояс "
    "タイムゾーン 时区",
}
_MEANINGS = {word: meaning for meaning, words in _SPELLINGS.items() for word in words.split()}


def plain(text: str) -> str:
    """A header without case, accents and anything but letters and digits: `E-Mail` → `email`."""
    bare = unicodedata.normalize(
        "NFKD", text.replace("ß", "ss").replace("ł", "l").replace("Ł", "L")
    )
    return re.sub(r"[\W_]+", "", "".join(c for c in bare if not unicodedata.combining(c)).lower())


def guess_columns(
    header: Sequence[str], rows: Iterable[Sequence[str]], fields: dict[str, str]
) -> list[str]:
    """A meaning for each column: "email", "name", …, "field:<key>", "new:<label>" or "".

    fields: the site's custom fields, key → label.
    """
    known = {plain(name): f"{FIELD}{key}" for key, label in fields.items() for name in (key, label)}
    guesses, taken = [], set[str]()
    for title in header:
        new = f"{NEW_FIELD}{title}" if title else SKIP
        guess = _MEANINGS.get(plain(title)) or known.get(plain(title)) or new
        guesses.append(new if guess in taken else guess)
        taken.add(guess)
    if EMAIL not in taken:
        _put_email_where_addresses_stand(guesses, list(rows))
    if LAST in guesses and FIRST not in guesses and NAME not in guesses:
        guesses[guesses.index(LAST)] = NAME  # French "nom" alone is the whole name
    return guesses


def _put_email_where_addresses_stand(guesses: list[str], rows: list[Sequence[str]]) -> None:
    def addresses(column: int) -> int:
        return sum(1 for row in rows if column < len(row) and "@" in row[column])

    best = max(range(len(guesses)), key=addresses, default=None)
    if best is not None and addresses(best):
        guesses[best] = EMAIL
