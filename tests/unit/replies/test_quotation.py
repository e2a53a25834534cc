from __future__ import annotations

import pytest

from mailguard.replies.quotation import QUOTED, joined_segments, unquote_text


def _new(text: str) -> str:
    return joined_segments(unquote_text(text).segments)


ATTRIBUTIONS = [
    "On Fri, Nov 20, 2026 at 9:12 AM Bank <service@bank.example> wrote:",
    "On Fri, Nov 20, 2026 at 9:12 AM Bank and its long name\n<service@bank.example> wrote:",
    "On Fri, Nov 20, 2026 at 9:12 AM Bank and its long name\n<service@bank.example>\nwrote:",
    "Am 20.11.26 um 09:12 schrieb Bank:",
    "Le ven. 20 nov. 2026 à 09:12, Banque <service@bank.example> a écrit :",
    "El vie, 20 nov 2026 a las 9:12, Banco (<service@bank.example>) escribió:",
    "Il giorno ven 20 nov 2026 alle ore 09:12 Banca <service@bank.example> ha scritto:",
    "Em sex., 20 de nov. de 2026 às 09:12, Banco <service@bank.example> escreveu:",
    "Op vr 20 nov 2026 om 09:12 schreef Bank <service@bank.example>:",
    "Den fre 20 nov. 2026 kl 09:12 skrev Bank <service@bank.example>:",
    "pe 20. marrask. 2026 klo 9.12 Pankki (service@bank.example) kirjoitti:",
    "pt., 20 lis 2026 o 09:12 Bank <service@bank.example> napisał(a):",
    "pá 20. 11. 2026 v 9:12 odesílatel Banka <service@bank.example> napsal:",
    "пт, 20 нояб. 2026 г. в 09:12, Банк <service@bank.example>:",
    "Στις Παρ 20 Νοε 2026 στις 9:12 π.μ., ο χρήστης Bank <service@bank.example> έγραψε:",
    "Bank <service@bank.example>, 20 Kas 2026 Cum, 09:12 tarihinde şunu yazdı:",
    "2026年11月20日(金) 9:12 銀行 <service@bank.example>:",
    "银行 <service@bank.example> 于2026年11月20日周五 09:12写道：",
    "2026년 11월 20일 (금) 오전 9:12, 은행 <service@bank.example>님이 작성:",
    "\u202bבתאריך יום ו׳, 20 בנוב׳ 2026 ב-9:12 מאת \u202aBank <\u202aservice@bank.example\u202c>:\u202c",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_line_that_says_who_wrote_goes_with_the_quotation(attribution: str) -> None:
    assert _new(f"Ja.\n\n{attribution}\n\n> old\n> older\n") == "Ja."


@pytest.mark.parametrize("attribution", ATTRIBUTIONS[:4] + ATTRIBUTIONS[4:10])
def test_what_follows_it_is_quoted_without_marks_too(attribution: str) -> None:
    assert _new(f"Ja.\n\n{attribution}\n\nDear customer,\nold words\n") == "Ja."


def test_answers_between_quotations_are_kept_in_order() -> None:
    assert _new("> question\n\nanswer\n\n> another\n\nanother answer\n") == "answer\n\nanother answer"


def test_answer_under_the_quotation_is_found() -> None:
    assert _new("On 20 Nov 2026, at 09:12, Bank <a@b.example> wrote:\n> old\n\nmy answer\n") == "my answer"


def test_sentence_with_colon_before_a_quotation_stays() -> None:
    assert _new("My answers are here:\n\n> old\n\nyes") == "My answers are here:\n\nyes"


def test_what_a_person_says_of_a_letter_stays() -> None:
    text = "On 20 November you wrote:\nthe fee is 5 EUR. That is wrong."
    assert _new(text) == text


HEADERS = [
    "From: Bank <service@bank.example>\nSent: Friday, November 20, 2026 9:12 AM\nTo: Ada\nSubject: Your card",
    "Von: Bank\nGesendet: Freitag, 20. November 2026 09:12\nAn: Ada\nBetreff: Ihre Karte",
    "De : Banque\nEnvoyé : vendredi 20 novembre 2026 09:12\nÀ : Ada\nObjet : Votre carte",
    "*From:* Bank\n*Date:* Friday\n*Subject:* Your card",
    "Da: Banca\n\nInviato: venerdì\n\nA: Ada\n\nOggetto: carta",
    "差出人: 銀行\n送信日時: 2026年11月20日\n宛先: Ada\n件名: カード",
    "发件人：银行\n发送时间：2026年11月20日\n收件人：Ada\n主题：卡",
    "From: Bank\nSent: Friday\nTo: a very long line of names that goes on\n and on here\nSubject: Your card",
]


@pytest.mark.parametrize("header", HEADERS)
def test_copied_header_begins_what_is_quoted(header: str) -> None:
    assert _new(f"Ja.\n\n________________________________\n{header}\n\nDear Ada,\nold").rstrip("_\n") == "Ja."


def test_form_that_was_filled_in_is_no_copied_header() -> None:
    text = "From: Berlin\nTo: Munich\nName: Ada"
    assert _new(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-------- Messaggio originale --------",
        "---------- Forwarded message ---------",
        "------------------ 原始邮件 ------------------",
        "---- On Thu, 12 Nov 2026 09:14:03 +0100 Bank <a@b.example> wrote ---",
        "Begin forwarded message:",
        "Anfang der weitergeleiteten Nachricht:",
        "##- Please type your reply above this line -##",
        "Bitte antworten Sie oberhalb dieser Linie.",
        "------------------------\n\nBank, Nov 12, 2026, 09:14 GMT",
    ],
)
def test_separator_begins_what_is_quoted(line: str) -> None:
    assert _new(f"Ja.\n\n{line}\n\nold words: of ours\n") == "Ja."


def test_rule_of_dashes_alone_separates_nothing() -> None:
    assert _new("one\n\n------------\n\ntwo") == "one\n\n------------\n\ntwo"


def test_help_desks_line_at_the_top_hides_nothing_of_its_comment() -> None:
    text = "##- Please type your reply above this line -##\n\nSofia Lind, Nov 13, 2026, 10:02 GMT\n\nHello, 5:30 is fine."
    assert _new(text) == "Hello, 5:30 is fine."


def test_initials_and_wide_marks_quote() -> None:
    assert _new("AL> old\nnew\n＞ old") == "new"


def test_mark_that_html_left_quotes() -> None:
    found = unquote_text(f"new\n\nBank <a@b.example> wrote:\n\n{QUOTED}\n\nmore")
    assert found.is_quoting
    assert joined_segments(found.segments) == "new\n\nmore"


def test_text_without_quotation_is_all_new() -> None:
    found = unquote_text("one\n\n\n\n  two  \n")
    assert not found.is_quoting
    assert joined_segments(found.segments) == "one\n\ntwo"


def test_only_so_many_lines_are_looked_at_closely() -> None:
    text = "x 10:10 a@b:\n\n" * 300 + "Von: a\nGesendet: b\nAn: c\n\nkept, for too much looked like it before"
    assert _new(text).endswith("before")


def test_marks_of_direction_hide_no_colon() -> None:
    assert _new("\u200fכן\n\n\u202bמאת Bank <a@b.example> 09:12:\u202c\n> old\n") == "כן"


def test_header_that_goes_on_too_long_is_none() -> None:
    text = "From: a\nthis\nis\nno\nheader\nSent: b\nTo: c"
    assert _new(text) == text


def test_attribution_stands_in_few_lines() -> None:
    assert _new("a\nb\nc\nd\ne\nwrote:\n> old") == "a\nb\nc\nd\ne"
    assert _new("one\n\n" + "x" * 400 + "\nyes:\n> old").endswith("yes:")


def test_name_that_was_broken_off_its_line_goes_too() -> None:
    name = "Bank of the Examples, Department of Cards and Accounts"
    assert _new(f"Ja.\n\n{name}\n<service@bank.example> schrieb am Fr., 20. Nov. 2026, 09:12:\n> old") == "Ja."
    assert _new(f"Ja.\n\n{name}.\n<service@bank.example> schrieb am Fr., 20. Nov. 2026, 09:12:\n> old") == f"Ja.\n\n{name}."


def test_answers_right_beside_their_questions_are_paragraphs() -> None:
    assert _new("> question\nanswer\n> another\nanother answer") == "answer\n\nanother answer"
