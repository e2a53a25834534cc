"""What columns are called, in many languages, and which field of a record each name means. Data, and how names are folded."""

from __future__ import annotations

import re
from typing import Final

from anyascii import anyascii

_NO_LETTER = re.compile(r"[^a-z0-9]+")


def folded(name: str) -> str:
    """Return a column's name as it is looked up: "E-Mail-Adresse" and "e_mail adresse" are one."""
    return _NO_LETTER.sub("", anyascii(name).lower())


def _folded(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folded(word) for text in names for word in text.split()))


PREFIXES: Final = _folded("customer contact client billing invoice primary main mailing kunden kunde cust")
"""What may stand before a name and changes nothing: `billing_city`, `Kundenname`."""

PARTS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "source_key": (
        _folded(
            "source_key id customer_id cust_id client_id contact_id customer_number customer_no cust_no client_number",
            "kundennummer kundennr kunden_nr kunden_id kdnr kd_nr rec_id record_id unique_id uid uuid guid key person_id",
            "user_id member_id account_id account_number external_id numero_client n°_client id_client código_cliente",
            "id_cliente numero_cliente codice_cliente klantnummer klant_id numer_klienta id_klienta kundnummer",
            "kundenummer ключ код_клиента",
        ),
    ),
    "full_name": (
        _folded(
            "full_name display_name person_name complete_name vollständiger_name ganzer_name name_vorname vorname_name",
            "nom_complet nombre_completo nome_completo volledige_naam imię_i_nazwisko fullständigt_namn фио полное_имя",
            "氏名 姓名",
        ),
    ),
    "given_name": (
        _folded(
            "given_name first_name f_name forename given_names first_names christian_name vorname vornamen rufname",
            "prénom primer_nombre nome_proprio nome_de_batismo voornaam voornamen imię förnamn fornavn etunimi имя jméno",
            "meno keresztnév utónév prenume first 名",
        ),
        _folded("middle_name middle_names second_name zweiter_vorname deuxième_prénom segundo_nombre отчество"),
    ),
    "surname": (
        _folded("tussenvoegsel voorvoegsel namensvorsatz particule"),
        _folded(
            "surname last_name l_name family_name nachname familienname zuname nom_de_famille apellidos apellido",
            "primer_apellido cognome sobrenome apelido achternaam familienaam nazwisko efternamn etternavn efternavn",
            "sukunimi фамилия příjmení priezvisko vezetéknév nume_de_familie last 姓",
        ),
        _folded("segundo_apellido second_surname"),
    ),
    "phone": (
        _folded(
            "phone phone_number telephone telephone_number tel tel_no telefon telefonnummer telefonnr telefon_nr",
            "rufnummer téléphone teléfono telefono telefone telefoon telefoonnummer numer_telefonu телефон puhelin 電話",
            "mobile mobile_phone mobile_number cell cell_phone mobil mobilnummer mobiltelefon handy handynummer portable",
            "móvil movil celular cellulare gsm mobiel home_phone phone_home telefon_privat private_phone work_phone",
            "phone_work telefon_geschäftlich business_phone phone_1 phone1 telefon1",
        ),
    ),
    "date_of_birth": (
        _folded(
            "date_of_birth birth_date dob d_o_b birthday born born_on day_of_birth geburtsdatum geburtstag geb_datum",
            "gebdatum geboren geboren_am date_de_naissance né_le naissance fecha_de_nacimiento fecha_nacimiento",
            "nacimiento data_di_nascita data_nascita data_de_nascimento nascimento geboortedatum data_urodzenia",
            "födelsedatum fødselsdato syntymäaika дата_рождения datum_narození dátum_narodenia születési_dátum 生年月日",
        ),
    ),
    "street_address": (
        _folded(
            "street_address street straße strasse str address_line_1 address_line1 address_1 address1 addr1 address addr",
            "postal_address anschrift adresse straße_hausnummer straße_und_hausnummer str_hausnr rue voie calle",
            "dirección domicilio via indirizzo rua endereço morada straat straatnaam adres ulica gata gatuadress",
            "gateadresse vej katuosoite улица адрес ulice street_name 住所",
        ),
        _folded(
            "street_number house_number house_no street_no number hausnummer hausnr haus_nr numéro_de_rue",
            "número_de_calle numero_civico civico huisnummer nr_domu numer_domu husnummer дом číslo_domu",
        ),
        _folded("address_line_2 address_line2 address_2 address2 addr2 adresszusatz complément_d_adresse adresse_2"),
    ),
    "city": (
        _folded(
            "city town suburb locality place municipality stadt ort wohnort ville commune ciudad localidad población",
            "città comune località cidade localidade stad plaats woonplaats miasto miejscowość stadt_ort postort",
            "poststed kaupunki город město mesto város oraș 市",
        ),
    ),
    "postcode": (
        _folded(
            "postcode post_code postal_code zip zip_code zipcode plz postleitzahl code_postal cp código_postal",
            "codigo_postal cap codice_postale cep código_de_endereçamento kod_pocztowy postnummer postnr postinumero",
            "индекс psč irányítószám 郵便番号",
        ),
    ),
    "state": (
        _folded(
            "state province region county bundesland kanton land_region région département provincia comunidad regione",
            "estado distrito provincie województwo län fylke область kraj_region",
        ),
    ),
    "country": (
        _folded("country country_code country_name nation land staat pays país paese nazione kraj страна země ország țară 国"),
    ),
    "language": (
        _folded(
            "language lang locale preferred_language language_code sprache korrespondenzsprache langue idioma lingua",
            "língua taal język språk sprog kieli язык jazyk nyelv limbă 言語",
        ),
    ),
}
"""Field → its parts → the names of a column with that part, the likeliest first. A field is there when its main part is."""

MAIN_PART: Final = {"surname": 1}
"""Which part a field cannot be without, where it is not the first."""

EMAILS: Final = _folded(
    "email e_mail mail email_address mail_address e_mail_adresse mail_adresse emailadresse email_1 e_mail_1 email1 courriel",
    "adresse_mail adresse_email adresse_électronique correo correo_electrónico email_cliente posta_elettronica indirizzo_email",
    "correio_eletrônico e_mailadres mailadres adres_email e_postadress epost e_post sähköposti почта электронная_почта",
    "e_mail_cím メール email_2 email2 e_mail_2 secondary_email alternate_email alternative_email other_email private_email",
    "personal_email work_email business_email email_privat email_geschäftlich emails mailbox",
)
"""All of these columns together are the record's mailboxes."""

UNSURE_NAMES: Final = _folded("name nom nombre nome naam namn navn nazwa nimi név 名前 名字")
"""Beside a given name the surname, beside a surname the given name, alone the full name."""

FIELDS: Final = (*tuple(PARTS)[:4], "email", *tuple(PARTS)[4:])
"""The fields that a column can be mapped to, in the order in which they are shown."""
