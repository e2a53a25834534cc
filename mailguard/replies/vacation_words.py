"""Words with which absence notices tell when somebody is back, in many languages. Casefolded. Knows words only."""

from __future__ import annotations

import re

from mailguard.mail.words import fold

BACK = re.compile(
    r"\bback\b|\breturn|\bresum|\bavailable again|reachable again|\bagain (?:on|from)|wieder\b|zurück|rückkehr|de retour"
    r"|\bretour\b|reviens|reviendrai|rentre"
    r"|à partir du|a partir de|vuelv|volver|regres|de vuelta|reincorpor|rientr|torner|di nuovo|ritorn|volto\b|voltar"
    r"|retorn|regress|estarei de volta|terug|weer\b"
    r"|tillbaka|tilbage|tilbake|palaan|takaisin|wracam|wrócę|powrot|powróc|z powrotem|ponownie|zpět|vrátím|opět|opäť"
    r"|späť|vrátim|vissza|újra|ismét|revin|întorc|înapoi"
    r"|vraćam|ponovno|vračam|spet|nazaj|povrat|вернусь|вернемся|выйду|возвращ|вернуся|повернус|повертаю|връщам|отново"
    r"|снова|επιστρ|πίσω|dön|tekrar|tagasi|atgriez|grįš|til baka"
    r"|أعود|سأعود|العودة|اعود|אחזור|חוזר|אשוב|वापस|लौट|กลับ|trở lại|quay lại|kembali|戻|出社|復帰|回来|返回|回來|复工|恢复"
    r"|복귀|돌아",
)
"""Near a date: that day she is back."""

UNTIL = re.compile(
    r"\buntil\b|\btill?\b|\bthrough\b|\bbis\b|jusqu|\bhasta\b|\bfino\b|\baté\b|\btot\b|\bt/m\b|t\.o\.m|\bfrem til\b"
    r"|\basti\b|\bsaakka\b|\bdo\b|\baž\b|-ig\b|\bpână\b|\bпо\b|\bдо\b|έως"
    r"|μέχρι|\bkadar\b|\bkuni\b|līdz|\biki\b|حتى|إلى|\bעד\b|तक|จนถึง|ถึง|\bđến\b|sampai|hingga|まで|至|到|까지|fins|\bon\b"
    r"|\bab\b|\bfrom\b|\bam\b",
)
"""In a sentence with a day's name: she is away up to it."""

TOMORROW = re.compile(
    r"\btomorrow\b|(?<!guten )\bmorgen\b(?! (?:früh )?um)|\bdemain\b|\bmañana\b|\bdomani\b|\bamanhã\b|\bimorgon\b"
    r"|\bi morgon\b|\bi morgen\b|\bhuomenna\b|\bjutro\b|\bzítra\b|\bzajtra\b|\bholnap"
    r"|\bmâine\b|\bsutra\b|\bjutri\b|\bзавтра\b|\bутре\b|αύριο|\byarın\b|明日|明天|내일|غدا|מחר"
)
NEXT_WEEK = re.compile(
    r"next week|(?:nächste|kommende)[rn]? woche|la semaine prochaine|la próxima semana|la semana que viene"
    r"|la prossima settimana|a próxima semana|na próxima semana"
    r"|volgende week|nästa vecka|næste uge|neste uke|ensi viikolla|w przyszłym tygodniu|příští týden|budúci týždeň"
    r"|jövő hét|săptămâna viitoare|на следующей неделе|来週|下周|다음 주"
)

_WEEKDAYS = (
    """
    monday mondays montag lundi lunes lunedì lunedi segunda-feira segunda maandag måndag mandag mánudag
    maanantai maanantaina poniedziałek poniedziałku pondělí pondelok hétfő hétfőn hétfőig luni
    ponedjeljak ponedeljek ponedeljak понедельник понедельника понеділок понеделник δευτέρα pazartesi
    esmaspäev pirmdien pirmadienį الاثنين الإثنين 월요일 월요일에 dilluns senin
    """,
    """
    tuesday dienstag mardi martes martedì martedi terça-feira terça dinsdag tisdag tirsdag tiistai
    tiistaina wtorek wtorku úterý utorok kedd kedden keddig marți utorak torek вторник вторника вівторок
    τρίτη salı teisipäev otrdien antradienį الثلاثاء 화요일 화요일에 dimarts selasa
    """,
    """
    wednesday mittwoch mercredi miércoles mercoledì mercoledi quarta-feira quarta woensdag onsdag
    keskiviikko keskiviikkona środa środę środy středa středu streda stredu szerda szerdán szerdáig
    miercuri srijeda srijedu sreda sredo среда среду среды середа середу сряда τετάρτη çarşamba
    kolmapäev trešdien الأربعاء 수요일 수요일에 dimecres rabu
    """,
    """
    thursday donnerstag jeudi jueves giovedì giovedi quinta-feira quinta donderdag torsdag torstai
    torstaina czwartek czwartku čtvrtek štvrtok csütörtök csütörtökön csütörtökig joi četvrtak četrtek
    четверг четверга четвер четвъртък πέμπτη perşembe neljapäev ceturtdien الخميس 목요일 목요일에 dijous kamis
    """,
    """
    friday freitag vendredi viernes venerdì venerdi sexta-feira sexta vrijdag fredag perjantai
    perjantaina piątek piątku pátek piatok péntek pénteken péntekig vineri petak petek пятница пятницу
    пятницы п'ятниця п'ятницю петък παρασκευή cuma reede piektdien الجمعة 금요일 금요일에 divendres jumat
    """,
    """
    saturday samstag sonnabend samedi sábado sabato zaterdag lördag lørdag lauantai lauantaina sobota
    sobotę sobotu szombat szombaton sâmbătă subota subotu суббота субботу субота суботу събота σάββατο
    cumartesi laupäev السبت 토요일 dissabte sabtu
    """,
    """
    sunday sonntag dimanche domingo domenica zondag söndag søndag sunnuntai sunnuntaina niedziela
    niedzielę neděle neděli nedeľa nedeľu vasárnap duminică nedjelja nedjelju nedelja nedeljo
    воскресенье неділя неділю неделя κυριακή pazar pühapäev الأحد 일요일 diumenge minggu
    """,
)
WEEKDAY_NUMBERS = {word: number for number, words in enumerate(_WEEKDAYS) for word in words.casefold().split()}
"""The days of the week by their names, Monday 0."""

ENGLISH_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_THAI = [
    "มกราคม",
    "กุมภาพันธ์",
    "มีนาคม",
    "เมษายน",
    "พฤษภาคม",
    "มิถุนายน",
    "กรกฎาคม",
    "สิงหาคม",
    "กันยายน",
    "ตุลาคม",
    "พฤศจิกายน",
    "ธันวาคม",
]


def _as_folded(name: str) -> str:
    return " ".join(fold(name).decode().split())


OTHER_MONTHS = tuple((_as_folded(name), number) for number, name in enumerate(_THAI, start=1))
"""Names of months that stand without a space to the next word, as `fold` leaves them, and their numbers."""
