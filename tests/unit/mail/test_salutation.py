"""The salutation is found in many languages, and the name when it greets exactly one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.salutation import NO_SALUTATION, find_salutation


@pytest.mark.parametrize(
    ("line", "greets"),
    [
        ("Dear Ann,", "Ann"),
        ("Hi Ann!", "Ann"),
        ("Hello Mary-Jane O'Neil -", "Mary-Jane O'Neil"),
        ("Hello, Ann!", "Ann"),
        ("Dear Mr. Smith:", "Smith"),
        ("Hi ann,", "ann"),
        ("Hi ann.lee@x.example,", "ann.lee@x.example"),
        ("Dear John von Neumann", "John von Neumann"),
        ("Hallo Frau Müller,", "Müller"),
        ("Sehr geehrte Frau Dr. Rossi,", "Rossi"),
        ("Guten Tag Herr von der Leyen,", "von der Leyen"),
        ("Bonjour Jean,", "Jean"),
        ("Chère Madame Dupont,", "Dupont"),
        ("Estimada Sra. Pérez:", "Pérez"),
        ("Estimado(a) Juan:", "Juan"),
        ("¡Hola Juan!", "Juan"),
        ("Gentile Sig.ra Bianchi,", "Bianchi"),
        ("Prezado João,", "João"),
        ("Caro(a) Sr. Conceição,", "Conceição"),
        ("Geachte heer De Vries,", "De Vries"),
        ("Hej Anna,", "Anna"),
        ("Hyvä Matti,", "Matti"),
        ("Szanowna Pani Anno,", "Anno"),
        ("Vážený pane Nováku,", "Nováku"),
        ("Kedves Péter!", "Péter"),
        ("Dragă Maria,", "Maria"),
        ("Здравствуйте, Иван!", "Иван"),
        ("Уважаемый Иван Петрович!", "Иван Петрович"),
        ("Уважаемая(-ый) Дмитрий Ершов!", "Дмитрий Ершов"),
        ("Доброго дня, Андрій!", "Андрій"),
        ("Αγαπητή/έ κ. Βλάχος,", "Βλάχος"),
        ("Sayın Ahmet Yılmaz,", "Ahmet Yılmaz"),
        ("שלום דנה,", "דנה"),
        ("مرحبا أحمد،", "أحمد"),
        ("नमस्ते राहुल,", "राहुल"),
        ("Kính gửi anh Nam,", "Nam"),
        ("山田様", "山田"),
        ("山田 太郎 様", "山田 太郎"),
        ("こんにちは、山田さん", "山田"),
        ("尊敬的张伟先生：", "张伟"),
        ("亲爱的李雷，", "李雷"),
        ("林女士，您好：", "林"),
        ("您好，林雅婷！", "林雅婷"),
        ("김철수 고객님,", "김철수"),
        ("안녕하세요, 김철수님.", "김철수"),
        ("최민호님, 안녕하세요.", "최민호"),
        ("Ann,", "Ann"),
        ("Ann Lee,", "Ann Lee"),
    ],
)
def test_one_person_is_greeted(line: str, greets: str) -> None:
    text = f"{line}\n\nYour parcel is here."
    found = find_salutation(text)
    assert (found.greets, found.is_line) == (greets, True)
    assert text[found.stop :].strip() == "Your parcel is here."


@pytest.mark.parametrize(
    "line",
    [
        "Dear all,",
        "Dear customers,",
        "Hi team",
        "Hello,",
        "Hello",
        "Hi there,",
        "Dear Sir or Madam",
        "Dear Ann and Bob,",
        "Hello Ann & Bob,",
        "Hi Ann/Bob,",
        "Dear Ann, dear Bob,",
        "Dear Smith family,",
        "Sehr geehrte Damen und Herren,",
        "Sehr geehrte Frau Müller, sehr geehrter Herr Schmidt,",
        "Sehr geehrte Damen und Herren, Mesdames, Messieurs,",
        "Mesdames, Messieurs, sehr geehrte Damen und Herren,",
        "Annwyl gwsmer / Dear customer,",
        "Madame, Monsieur,",
        "Tisztelt Ügyfelünk!",
        "お客様",
        "尊敬的客户：",
        "您好，",
        "您好",
        "고객님, 안녕하세요.",
    ],
)
def test_nobody_in_particular_is_greeted(line: str) -> None:
    text = f"{line}\n\nYour parcel is here."
    found = find_salutation(text)
    assert found.greets == ""
    assert found.stop > found.start
    assert text[found.stop :].strip() == "Your parcel is here."


@pytest.mark.parametrize(
    ("text", "rest", "greets"),
    [
        ("Hi Ann, your parcel is here.", " your parcel is here.", "Ann"),
        ("Hello, your code is 1234.", " your code is 1234.", ""),
        ("Hello, Your parcel, at last", " Your parcel, at last", ""),
        ("您好，您的订单已经发货，请注意查收。", "您的订单已经发货，请注意查收。", ""),
        ("您好" + "今天天气好" * 7, "今天天气好" * 7, ""),
    ],
)
def test_only_the_greeting_goes_where_text_follows(text: str, rest: str, greets: str) -> None:
    found = find_salutation(text)
    assert (text[found.stop :], found.greets, found.is_line) == (rest, greets, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Your parcel is here.",
        "Welcome to Example!\nEnjoy.",
        "Hello world is the first program that many write",
        "Beste aanbiedingen voor u",
        "Hello " + "very " * 60 + "long",
        "Hello Q W E R T Z U P S,",
        "Good things come to those who wait",
        "Thanks,\nAnn",
        "Customers,\nall of you",
        "mail for you,",
        "Today\nAnn,",
        "今天的天气非常好",
        "\u3000\n" * 3,
        "x\n" * 20 + "Dear Ann,",
    ],
)
def test_no_salutation(text: str) -> None:
    assert find_salutation(text) == NO_SALUTATION


def test_lines_before_the_salutation_are_passed_over() -> None:
    text = "ACME\nView online\n\n> Dear Ann,\n\nx"
    found = find_salutation(text)
    assert (text[found.start : found.stop], found.greets) == ("Dear Ann,", "Ann")


def test_at_most_three_further_greetings_are_read() -> None:
    text = "Dear Al, dear Bo, dear Cy, dear Di, dear Ed, text"
    found = find_salutation(text)
    assert text[found.stop :] == " dear Ed, text"


def test_a_second_greeting_is_short() -> None:
    text = "Hello Ann, hello a b c d e f g h i"
    assert find_salutation(text).greets == "Ann"


def test_a_name_is_bounded() -> None:
    assert len(find_salutation("Hi " + "A" * 150 + ",").greets) == 100


PIECES = ("Dear", "Ann", ",", "!", " ", "\n", "Herr", "您好", "様", "님", "您", "王", "、", "and", "/", "(a)", "-", ".")


@given(st.lists(st.sampled_from(PIECES)))
def test_any_text_is_read(pieces: list[str]) -> None:
    text = "".join(pieces)
    found = find_salutation(text)
    assert 0 <= found.start <= found.stop <= len(text)
