"""What mail programs and companies put under a mail, in many languages. Casefolded. Knows words only."""

from __future__ import annotations

import re

MOBILE = re.compile(
    r"\S+ (?:\S+ ){0,3}(?:for|für|para|pour|per|voor|til|till|för|dla|pro|pre|için|για|для) (?:android|ios|iphone|ipad)\b"
    r"|(?:sent|written|typed|composed) (?:from|with|via|using|by|on) (?:my |the |a |an |yahoo|outlook|mail|proton|gmail"
    r"|aol|samsung"
    r"|blackberry|iphone|ipad|galaxy|android|tutanota|tuta|spark|fastmail|mobile|email|windows|huawei|nine|bluemail|k-9"
    r"|fairemail)"
    r"|get outlook for|download outlook|get bluemail|secured by|von meine[mr]\S* .{1,40}gesendet"
    r"|.{0,40}\boutlook\b.{0,30}\b(?:ios|android)|.{0,20}\b(?:ios|android)\b.{0,30}\boutlook\b|gesendet (?:von|mit"
    r"|über) "
    r"|diese nachricht wurde (?:von|mit) |versendet (?:von|mit) (?:meinem|der)|holen sie sich outlook|outlook für (?:ios"
    r"|android)"
    r"|envoyé (?:de|depuis|à partir d|avec|via) ?|télécharge[rz] outlook|obtenir outlook|provenance : courrier|obtenez outlook"
    r"|enviado (?:desde|do|de|a partir d|con|com|pelo) |obtener outlook|obter o? ?outlook|inviato (?:da|dal|con) "
    r"|scarica outlook"
    r"|ottieni outlook|verzonden (?:vanaf|met|via|van) |verstuurd (?:vanaf|met) |outlook voor |skickat från |skickades från"
    r"|hämta outlook|sendt fra |sendt med|hent outlook|få outlook|lähetetty .{1,60}|hanki outlook|wysłane? z |wysłano z "
    r"|pobierz"
    r" (?:aplikację )?outlook|odesláno z |odoslané z |odesláno ze|získat outlook|küldve (?:az|a|innen)|iphone-?o?mról küldve"
    r"|trimis de pe |trimis din|poslano (?:s|z|iz) |poslato sa |отправлено (?:с|из) |відправлено з |надіслано з |изпратено от "
    r"|στάλθηκε από |απεσταλμένο από|(?:\S+ ?){0,3}'?(?:umdan|imden|mdan|den|dan) gönderildi|dikirim dari |được gửi từ "
    r"|נשלח מה|أرسلت من|أُرسلت من|مرسل من|ส่งจาก|から送信|iphoneから送信|发自我的|發自我的|從我的|从我的|来自我的"
    r"|나의 .{1,20}에서 보냄"
    r"|내 .{1,20}에서 보냄|saadetud minu|nosūtīts no|išsiųsta iš|enviat des de|sent via |sent from ",
    re.IGNORECASE,
)
"""How a line begins that a phone or mail program adds."""

DISCLAIMERS = re.compile(
    r"(?:this|the) (?:e-?mail|message|communication|electronic)[^.\n]{0,80}(?:confidential|privileged|intended"
    r"|attachment|may contain)"
    r"|intended (?:only |solely )?for the (?:use|person|individual|addressee|named)|(?:confidentiality|disclaimer|legal) notice"
    r"|if you (?:are not the intended|have received this)|virus[- ]free|scanned (?:for|by)|checked for viruses"
    r"|before printing this"
    r"|consider the environment|diese (?:e-?mail|nachricht)[^.\n]{0,80}(?:vertraulich|enthält|bestimmt|virenfrei)"
    r"|vertraulichkeitshinweis|denken sie an die umwelt|wurde von (?:avast|avg)|auf viren geprüft|virenfrei"
    r"|(?:ce|cet|ces|le présent) (?:message|e-?mail|courriel|courrier)[^.\n]{0,80}(?:confidentiel|destinés?|pièces? jointes?)"
    r"|pensez à l'environnement|sans virus|este (?:mensaje|correo|e-?mail)[^.\n]{0,80}(?:confidencial|dirigid|destinad|adjunto)"
    r"|antes de imprimir|libre de virus|(?:questo|il presente|la presente|questa) (?:messaggio|e-?mail"
    r"|comunicazione)[^.\n]{0,80}"
    r"(?:riservat|confidenzial|destinat|allegat)|privo di virus|prima di stampare"
    r"|esta mensagem[^.\n]{0,80}(?:confidencia|destina|anex)"
    r"|livre de vírus|sem vírus|(?:dit|deze) (?:bericht|e-?mail)[^.\n]{0,80}(?:vertrouwelijk|bestemd|bestemming|bijlage)"
    r"|virusvrij"
    r"|detta (?:meddelande|mejl|e-post)[^.\n]{0,80}(?:konfidenti|avsett|avsedd)|denne (?:e-?mail|e-?post"
    r"|meddelelse)[^.\n]{0,80}fortrolig"
    r"|tämä (?:viesti|sähköposti)[^.\n]{0,80}luottamuksel|(?:ta|niniejsza) wiadomość[^.\n]{0,80}(?:poufn|przeznaczon)"
    r"|tat?o (?:zpráva|správa|e-mail)[^.\n]{0,80}(?:důvěrn|dôvern|určen)|ez az (?:e-mail|üzenet)[^.\n]{0,80}bizalmas"
    r"|(?:данное|это|настоящее) (?:сообщение|письмо)[^.\n]{0,80}(?:конфиденциальн|предназначен)|bu (?:e-?posta|mesaj"
    r"|ileti)[^.\n]{0,80}gizli"
    r"|www\.avast\.com|www\.avg\.com|本メールは|本邮件|이 메일은 .{0,40}(?:기밀|비밀)|הודעה זו .{0,40}חסוי"
    r"|هذه الرسالة .{0,60}سري",
    re.IGNORECASE,
)
"""What a paragraph of a disclaimer says in its first words."""

BANNERS = re.compile(
    r"\W{0,4}(?:caution|warning|attention|achtung|external(?: e-?mail| sender| message)?|externe? (?:e-?mail|nachricht"
    r"|absender)|vorsicht"
    r"|\[ext(?:ern(?:al|e)?)?\]|you don't often get email from|sie erhalten nicht oft"
    r"|some people who received this message don't often"
    r"|this (?:e-?mail|message) (?:originated|came|was sent) from outside|diese (?:e-?mail|nachricht) (?:kommt|stammt"
    r"|wurde) von (?:ausserhalb|extern))",
    re.IGNORECASE,
)
"""How a paragraph begins that a mail gateway puts above a mail."""
BANNER_STEMS = (
    *("outside", "external", "extern", "links", "sender", "often", "learnaboutsenderidentification", "ausserhalb", "absender"),
)
