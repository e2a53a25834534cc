"""What mail programs write around a quotation, in many languages: attribution lines, copied headers, separators. Casefolded.

Knows words only; how they make a quotation is told in `quotation.py`.
"""

from __future__ import annotations

import re

WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|schrieben|geschrieben|écrit|ecrit|escribió|escribio|scritto|escreveu|schreef|geschreven|skrev"
    r"|skrifaði|kirjoitti|napisał|napisała|napisał\(a\)|pisze|napsal|napsala|napsal\(a\)|napísal|napísala|píše|piše|napisao"
    r"|napisala|napisal|írta|scris|пишет|писал|писала|написал|написала|написав|написала|пише|έγραψε|yazdı|menulis|viết"
    r"|kirjutas|rakstīja|rašė|escriure|escrigué|idatzi|napisa)\b"
    r"|写道|寫道|書きました|のメール|からのメール|작성|כתב|كتب|เขียน|ने लिखा",
    re.IGNORECASE,
)
"""The verb of an attribution line."""

ATTRIBUTION_BEGINNING = re.compile(
    r"(?:on|am|le|el|il giorno|il|em|a|op|den|på|pe|ke|to|la|w dniu|dnia|dne|dňa|dana|u|v|în|pe|kl\.?|στις|la data de|tanggal"
    r"|pada|vào|em|ngày|bei|в|от|на|em|in data|el dia|wt|pon|czw|sob|niedz|śr|pt|bnf|ב|في|เมื่อ|於|于|在)\b[\s,.:‐-―-]"
    r"|[\w.]{1,12}[,.]?\s?\d{1,2}[.\s]|\d{1,4}[-./年년]",
    re.IGNORECASE,
)
"""How the line with the date of an attribution begins: with a preposition, a weekday or a number."""


def _groups(**groups: str) -> dict[str, str]:
    return {word.strip(): group for group, words in groups.items() for word in words.casefold().split("·")}


HEADER_GROUPS = _groups(
    sender="""from·von·de·da·van·från·fra·frá·lähettäjä·od·feladó·de la·expéditeur·remitente·mittente·remetente·afzender
    ·avsändare
·afsender·avsender·absender·nadawca·odesílatel·odosielateľ·expeditor·pošiljatelj·от·від·кого·отправитель·από·kimden
·gönderen·dari
·từ·người gửi·de/from·saatja·no·nuo·מאת·من·จาก·差出人·送信者·发件人·發件人·寄件者·寄件人·보낸 사람·보낸사람·발신·d'
·desde·sender·प्रेषक""",
    sent="""sent·date·gesendet·datum·gesendet am·envoyé·envoyé le·date d'envoi·enviado·enviado el·fecha·inviato·data
    ·data invio·enviada
·enviado em·enviada em·verzonden·skickat·sendt·sent:·dato·lähetetty·päiväys·päivämäärä·wysłano·wysłane·data wysłania·odesláno
·odoslané·dátum·küldve·elküldve·trimis·poslano·poslato·отправлено·дата·изпратено·надіслано·στάλθηκε·ημερομηνία·gönderildi
·gönderme tarihi·tarih·dikirim·tanggal·ngày·đã gửi·saadetud·kuupäev·nosūtīts·išsiųsta·נשלח·תאריך·تاريخ·التاريخ·أرسلت·ส่ง·วันที่
·送信日時·日時·日付·发送时间·日期·寄件日期·傳送日期·發送日期·時間·보낸 날짜·날짜·보낸날짜·दिनांक·sendt dato
·verzenddatum·sendedatum""",
    to="""to·an·à·a·para·aan·till·til·vastaanottaja·do·dla·komu·pro·címzett·către·catre·prima·za·кому·до·к·προς·kime·alıcı
    ·kepada·ke
·tới·đến·người nhận·destinataire·destinatario·destinatário·kam·kam:·kellele·gavėjas·אל·إلى·ถึง·宛先·收件人·받는 사람
·받는사람·수신
·ontvanger·empfänger·mottagare·modtager·mottaker·adresat·příjemce·प्रति·per""",
    subject="""subject·betreff·betr·objet·sujet·asunto·oggetto·assunto·onderwerp·ämne·emne·efni·aihe·otsikko·temat·předmět
·predmet·tárgy·subiect·тема·относно·θέμα·konu·perihal·subjek·chủ đề·tiêu đề·teema·tēma·tema·נושא·الموضوع·موضوع·เรื่อง
·หัวเรื่อง·件名
·主题·主題·主旨·제목·विषय""",
    other="cc·kopie·copie·copia·cópia·kopia·kopi·kopio·bcc·reply-to·importance·priorität·wichtigkeit·antwort an·副本·抄送·참조",
)
"""The names of copied header fields, each with what it names."""
LONGEST_HEADER_NAME = max(map(len, HEADER_GROUPS))

SEPARATOR_STEMS = (
    *("original message", "original mail", "original e-mail", "original email", "forwarded message", "original appointment"),
    *("ursprüngliche", "originalnachricht", "original-nachricht", "weitergeleitete", "originaltext", "message d'origine"),
    *("message original", "message transféré", "mensaje original", "mensaje reenviado", "messaggio originale"),
    *("messaggio inoltrato", "messaggio originario", "mensagem original", "mensagem encaminhada", "oorspronkelijk bericht"),
    *("doorgestuurd bericht", "originalmeddelande", "ursprungligt", "vidarebefordrat", "oprindelig", "opprinnelig"),
    *("videresendt", "videresendte", "alkuperäinen", "välitetty", "wiadomość oryginalna", "oryginalna wiadomość"),
    *("wiadomość przekazana", "przekazana wiadomość", "původní", "přeposlaná", "pôvodná", "preposlaná", "eredeti üzenet"),
    *("továbbított üzenet", "mesaj original", "mesajul original", "mesaj redirecționat", "izvorna poruka", "izvirno sporočilo"),
    *("исходное сообщение", "пересылаемое", "пересланное", "оригинално съобщение", "препратено", "оригінальне", "вихідне"),
    *("αρχικό μήνυμα", "προωθημένο", "orijinal mesaj", "orijinal ileti", "özgün ileti", "iletilen", "pesan asli"),
    *("pesan terusan", "thư gốc", "tin nhắn gốc", "thư đã chuyển", "הודעה מקורית", "ההודעה המקורית", "הודעה שהועברה"),
    *("الرسالة الأصلية", "رسالة أصلية", "ข้อความต้นฉบับ", "ข้อความเดิม", "元のメッセージ", "オリジナルメッセージ", "転送メッセージ"),
    *(
        "original",
        "原始邮件",
        "原邮件",
        "原始郵件",
        "原始信件",
        "转发邮件",
        "转发的邮件",
        "원본 메시지",
        "원본 메일",
        "전달된 메시지",
    ),
    *("reply to message", "in reply to", "mensatge original", "missatge original", "mesaj redirectionat"),
)
"""What stands between dashes above a quotation."""

FORWARD_LINES = frozenset(
    {
        *("begin forwarded message", "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail"),
        *("début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado"),
        *("inizio messaggio inoltrato", "início da mensagem reencaminhada", "início da mensagem encaminhada"),
        *("begin doorgestuurd bericht", "vidarebefordrat brev", "start på videresendt besked", "videresendt melding"),
        *("välitetty viesti alkaa", "początek przekazanej wiadomości", "začátek přeposílané zprávy"),
        *("továbbított levél kezdete", "начало переадресованного сообщения", "начало переадресованного письма"),
        *("iletilen mesajın başlangıcı", "転送されたメッセージ", "下面是被转发的邮件", "转发的邮件", "전달된 메시지"),
    }
)
"""Lines, less their colon, after which all is passed on."""

REPLY_ABOVE = re.compile(
    r"##-.{3,150}-##|(?:reply|respond|type|write|answer).{0,40}\babove th(?:is|e) line|above this line to reply"
    r"|oberhalb dieser (?:zeile|linie)|über dieser (?:zeile|linie)|au-?dessus de cette ligne|encima de esta línea"
    r"|sopra (?:a )?questa (?:riga|linea)|acima desta linha|boven deze (?:regel|lijn)|ovanför (?:den här|denna) rad"
    r"|over denne linje|tämän rivin yläpuolelle|powyżej tej linii|nad tento řádek|nad tento riadok|e fölé a sor fölé"
    r"|выше этой (?:строки|линии)|bu satırın üst|この行より上|この線より上|在此行上方|在此线以上|이 줄 위에|이 행 위에",
    re.IGNORECASE,
)
"""The line that help desks put above their mail, so that answers are told from it."""
REPLY_ABOVE_STEMS = (
    *("##-", "above th", "oberhalb", "über dies", "dessus", "encima", "sopra", "acima", "boven de", "ovanför", "over denne"),
    *("yläpuolelle", "powyżej", "nad tento", "fölé", "выше", "üst", "より上", "上方", "以上", "위에"),
)
"""One of these stands in all that REPLY_ABOVE finds: they are looked for first."""
