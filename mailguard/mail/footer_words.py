"""What footers say of themselves in many languages, and what an address or a phone number looks like. Casefolded."""

from __future__ import annotations

import re

MARKER_STEMS = tuple(
    line.strip().casefold()
    for line in """
©
(c) 20
copyright
all rights reserved
alle rechte vorbehalten
tous droits
todos los derechos
tutti i diritti
todos os direitos
alle rechten
wszelkie prawa
všechna práva
все права
do not reply
don't reply
do not respond
please do not answer
cannot reply
not monitored
unmonitored
no-reply
noreply
nicht antworten
antworten sie nicht
antworten sie bitte nicht
nicht auf diese
ne pas répondre
no responda
no respondas
non rispondere
não responda
niet beantwoorden
niet te beantwoorden
niet antwoorden
svara inte
går inte att svara
ikke svar
kan ikke besvares
älä vastaa
ei voi vastata
nie odpowiada
neodpovídejte
neodpovedajte
ne válaszol
nu răspunde
не отвечайте
не відповідайте
μην απαντ
yanıtlamayın
automatically generated
automated message
automated e-mail
automated email
automated notification
automatic message
automatic notification
automatisch generiert
automatisch erstellt
automatisch versendet
automatisch erzeugt
automatische nachricht
automatische e-mail
automatisch gegenereerd
automatisch verzonden
message automatique
e-mail automatique
courriel automatique
automatiquement
mensaje automático
correo automático
automáticamente
messaggio automatico
automaticamente
mensagem automática
automatiskt
automatisk
automaattinen
automatycznie
automaticky
automatikusan
автоматическ
автоматичн
otomatik
this email was sent
this e-mail was sent
this message was sent
this email is
this e-mail is
this email has been
this mail was sent
you are receiving
you're receiving
you received this
you have received this
you get this
sent to you because
because you asked
because you signed up
because you are
because you have
is a trading name
trading as
no longer want
would rather not
before printing
think before you print
consider the environment
nachricht nicht mehr
keine e-mail mehr
keine nachricht mehr
umwelt
bevor sie diese
vor dem ausdruck
avant d'imprimer
avant d’imprimer
conformément à
vous disposez d
antes de imprimir
medio ambiente
prima di stampare
innan du skriver ut
drukować
przed wydrukowaniem
før du printer
de conformidad con
conformidade com
ai sensi d
gemäß dsgvo
μήνυμα αυτό
αυτόματα
הודעה זו
נשלחה באופן
הודעת דוא"ל זו
هذه الرسالة
detta är ett automatiskt
det här är ett automatiskt
det här mejlet
meddelandet skickades
diese e-mail wurde
diese nachricht wurde
diese mail wurde
diese e-mail ist
sie erhalten diese
sie bekommen diese
sie haben diese
du erhältst diese
du bekommst diese
vous recevez ce
vous avez reçu ce
cet e-mail
ce message a été
ce courriel
recibe este
recibes este
ha recibido este
has recibido este
este correo
este mensaje ha sido
ricevi questa
riceve questa
hai ricevuto questa
questa e-mail
questa email
você recebeu
recebeu este
este e-mail
u ontvangt dit
u ontvangt deze
je ontvangt dit
je ontvangt deze
deze e-mail is
dit bericht is
du får det
du har fått det
detta mejl
detta e-post
denne e-mail
denne e-posten
du modtager denne
du mottar denne
sait tämän
tämä viesti
tę wiadomość
ta wiadomość
tento e-mail
tuto zprávu
ezt az e-mail
ezt az üzenet
ez az üzenet
acest e-mail
acest email
acest mesaj
вы получили это
это письмо
этого письма
цей лист
ви отримали цей
това съобщение
αυτό το μήνυμα
αυτό το e-mail
bu e-posta
bu ileti
privacy
datenschutz
impressum
imprint
terms of
terms and
agb
confidentialité
mentions légales
privacidad
aviso legal
riservatezza
конфиденциальн
registered office
registered in
company no
company number
company reg
sitz der gesellschaft
amtsgericht
handelsregister
hrb
hra
geschäftsführ
vorstand
ust-id
vat no
vat reg
vat id
vat number
siret
rcs
p.iva
p. iva
partita iva
c.f.
cif
nif
kvk
btw
org.nr
org. nr
y-tunnus
krs
regon
ičo
adószám
инн
огрн
confidential
confidentiel
confidencial
riservato
vertraulich
vertrouwelijk
poufn
kan inte besvaras
kan ikke besvares
follow us
folgen sie uns
suivez-nous
síguenos
seguici
""".strip().splitlines()
)
MARKER_BEGINNINGS = frozenset(stem.replace("-", " ").split()[0][:4] for stem in MARKER_STEMS)

UNSPACED_MARKER_STEMS = (
    *("返信", "请勿回复", "請勿回覆", "回信", "발신전용", "발신 전용", "회신", "自動送信", "自動配信"),
    *("自動的に", "自动发送", "系统自动", "系統自動", "자동으로", "자동 발송", "このメールは", "本メール"),
    *("本邮件", "此邮件", "本郵件", "此郵件", "이 메일은", "본 메일", "プライバシー", "版权所有", "著作権"),
    *("無断転載", "כל הזכויות", "לא להשיב", "عدم الرد", "جميع الحقوق", "אין להשיב", "ห้ามตอบกลับ"),
    *("กรุณาอย่าตอบกลับ", "आप को यह ईमेल", "उत्तर न दें", "जवाब न दें"),
)

CONTACT = re.compile(
    r"(?:^|[\s|·•,;/])(?:tel(?:efon\w{0,6}|éfono|éphone)?|phone|fax|telefax|mobile?|handy|hotline|tél|puh|tlf|tfn|тел"
    r"|факс|☎|📞|✆|電話|电话|전화|t|f|m)[.:]{0,2}\s?[+(]?\d"
    r"|©|\(c\) ?20\d\d|copyright|\b(?:hr[ab]|ust-?id(?:nr)?|steuernummer|vat|company (?:no|number|reg)|siret|rcs"
    r"|p\.? ?iva|cif|nif|kvk|btw|org\.? ?nr|y-tunnus|krs|nip|regon|ičo|dič"
    r"|adószám|инн|огрн|registered (?:in|office)|amtsgericht|iban|bic|postfach|p\.? ?o\.? box)\b"
    r"|(?:straße|strasse|str\.|gasse|allee|platz|ufer|damm|weg|straat|laan|plein|gracht|kade|gatan|vägen|gade|vej|gata"
    r"|veien|katu|tanssi) ?\d"
    r"|\d[a-z]?,? (?:rue|avenue|boulevard|bd|place|quai|chemin|allée|cours)\b"
    r"|\d[a-z]? [\w']{2,20} (?:[\w']{2,20} )?(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way"
    r"|square|court|close|place|parkway)\b"
    r"|\b(?:calle|c/|avda|avenida|plaza|paseo|via|viale|piazza|corso|largo|rua|praça|ul\.|ulica|al\.|aleja|plac|ул\."
    r"|улица|проспект|пр\.|вул\.|οδός|λεωφ|cad\.|cadde|sok\.|mah\."
    r"|utca|út|tér|bd\.|str|rue|avenue|boulevard) .{0,40}\d"
    r"|^\W{0,3}(?:[a-z]{1,2}-)?\d{3,5} (?:[a-z]{2} )?[^\W\d]{3,30}(?:[ -][^\W\d]{1,30}){0,2}\W{0,3}$|〒 ?\d"
)
