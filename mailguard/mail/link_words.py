"""How senders offer to unsubscribe, and to see a mail in a browser, in many languages. Casefolded. Knows words only."""

from __future__ import annotations

import re

ASIDE_IN_TARGETS = (
    *("unsub", "optout", "opt-out", "opt_out", "abmeld", "abbestell", "austragen", "desabon", "désabon", "desinscri"),
    *("désinscri", "desuscri", "darse-de-baja", "/baja/", "/baja?", "disiscri", "uitschrij", "afmeld", "avregistr"),
    *("avmeld", "frameld", "wypis", "odhlas", "leirat", "dezabon", "otpis", "list-manage", "listmanage"),
    *("email-preferences", "emailpreferences", "preference-center", "preferencecenter", "manage-subscription"),
    *("managesubscription", "manage-preferences", "subscription-center", "view-online", "viewonline"),
    *("view-it-online", "view-in-browser", "viewinbrowser", "web-version", "webversion", "web-view", "webview"),
    *("webansicht", "online-version", "onlineversion", "online-ansicht", "browser-view", "browserview"),
    *("browseransicht", "browserversion", "view-email", "viewemail", "view-mail", "viewmail", "mirror-page"),
    *("mirrorpage", "/abuse-report", "haishin-teishi"),
)
"""Parts of lower-case targets."""

ASIDE_STEMS = tuple(
    line.strip().casefold()
    for line in """
unsubscribe
opt out
opt-out
stop receiving
no longer wish to receive
no longer want to receive
manage your subscription
manage subscription
manage your preferences
manage preferences
manage your email
manage email
manage notifications
manage your notifications
email preferences
email settings
notification settings
notification preferences
subscription preferences
communication preferences
update your preferences
update preferences
change your preferences
abmelden
abmeldung
abbestell
austragen
keine newsletter
keinen newsletter
keine weiteren
keine e-mails mehr
keine mails mehr
newsletter-einstellungen
newslettereinstellungen
benachrichtigungseinstellungen
e-mail-einstellungen
désabonn
désinscri
ne plus recevoir
gérer vos préférences
gérer mes préférences
gérer vos abonnements
darse de baja
darte de baja
dar de baja
date de baja
dese de baja
cancelar la suscripción
cancelar tu suscripción
cancelar su suscripción
anular la suscripción
anular tu suscripción
desuscri
dejar de recibir
no desea recibir
no deseas recibir
gestionar preferencias
disiscri
annulla l'iscrizione
annullare l'iscrizione
annulla iscrizione
cancella l'iscrizione
cancellare l'iscrizione
cancellati
cancellarti
non ricevere più
cancelar inscrição
cancelar a inscrição
cancelar subscrição
cancelar a subscrição
cancelar assinatura
cancelar a assinatura
anular a subscrição
anular subscrição
remover subscrição
descadastr
deixar de receber
uitschrij
afmelden
afmeld
abonnement opzeggen
voorkeuren
avregistrera
avprenumerera
avsluta prenumeration
avsluta din prenumeration
avanmäl
avmeld
frameld
meld deg av
peruuta tilaus
peruuta uutiskirje
peru tilaus
peru uutiskirje
poistu postituslistalta
poistu listalta
wypisz
wypisać
zrezygn
rezygn
anuluj subskrypcj
wyrejestr
odhlásit
odhlásiť
odhlášení
odhlásenie
odhlaste
odhláste
zrušit odběr
zrušiť odber
leiratkoz
dezabon
abonelikten çık
abonelikten ayrıl
aboneliği iptal
aboneliğinizi iptal
aboneliğini iptal
listeden çık
отписа
отказаться от рассылки
отказаться от подписки
отказаться от получения
відписа
отпиши
отписв
διαγραφή
διαγραφείτε
διαγραφή από
κατάργηση εγγραφής
απεγγραφή
odjava
odjavi
odjavite
loobu
atrakst
atsisak
إلغاء الاشتراك
الغاء الاشتراك
إلغاء اشتراكك
לביטול המנוי
ביטול מנוי
ביטול הרשמה
להסרה
הסרה מרשימת
सदस्यता समाप्त
सदस्यता रद्द
सदस्यता छोड़
अनसब्सक्राइब
hủy đăng ký
huỷ đăng ký
berhenti berlangganan
""".strip().splitlines()
)

UNSPACED_ASIDE_STEMS = (
    *("配信停止", "配信解除", "購読解除", "購読を解除", "メルマガ解除", "登録解除", "配信の停止", "退订"),
    *("取消订阅", "退訂", "取消訂閱", "수신거부", "수신 거부", "구독 취소", "구독취소", "ยกเลิกการสมัคร"),
    *("ยกเลิกการรับ", "ブラウザで", "ウェブ版", "web版", "オンライン版", "在浏览器中", "在瀏覽器中"),
    *("浏览器查看", "网页版", "網頁版", "브라우저에서 보기", "브라우저에서 보", "웹에서 보기", "온라인으로 보기"),
)

# Not "copy this link into your browser", nor "view your invoice online": what is viewed must be this mail.
_BROWSER_PATTERNS = (
    (
        r"(?:view|see|read|open|display) (?:(?:this|the|our|it) ?)?(?:e-?mail|message|newsletter|mail"
        r"|it)? ?(?:online|in (?:your|a|the|my) (?:web )?browser)"
    ),
    r"(?:trouble|problems?|difficulty|difficulties) (?:viewing|reading|seeing|displaying)",
    r"(?:web|online|browser) ?version",
    r"as a web ?page",
    r"on the web$",
    r"(?:display|render)(?:ed|ing)? (?:correctly|properly)",
    r"(?:can'?t|cannot|can not) (?:see|view|read) (?:this|the) (?:e-?mail|message|newsletter|images)",
    r"(?:im|in (?:ihrem|deinem)) (?:web-?)?browser (?:an(?:sehen|zeigen|schauen)|lesen|betrachten)",
    r"online-?(?: ?version|ansicht| ansehen| lesen)",
    r"web-?(?:ansicht|version)",
    r"browser-?(?:ansicht|version)",
    r"(?:nicht|fehlerhaft) (?:richtig |korrekt |optimal )?(?:angezeigt|dargestellt)",
    (
        r"(?:voir|lire|consulter|visualiser|afficher|version|ouvrir) (?:(?:ce|cet|cette|le|la) ?|l['’])?(?:e-?mail"
        r"|courriel|message|newsletter)? ?(?:en ligne|dans (?:votre|le|un) navigateur|web)"
    ),
    r"s['’]affiche (?:pas|mal)",
    (
        r"(?:ver|leer|abrir|versión) (?:(?:este|el) )?(?:correo|e-?mail|mensaje|boletín|newsletter)? ?(?:en línea"
        r"|online|web|en (?:el|tu|su|un) navegador)"
    ),
    (
        r"(?:visualizza|vedi|leggi|apri|versione) (?:(?:questa|la) )?(?:e-?mail|newsletter|messaggio)? ?(?:online"
        r"|web|nel (?:tuo )?browser)"
    ),
    (
        r"(?:ver|veja|visualizar|ler|abrir|versão) (?:(?:este|esta|o|a) )?(?:e-?mail|mensagem"
        r"|newsletter)? ?(?:online|web|no (?:seu )?navegador)"
    ),
    (
        r"(?:bekijk|lees|open) (?:(?:deze|de|dit|het) )?(?:e-?mail|mail|nieuwsbrief|bericht)? ?(?:online|in (?:je"
        r"|uw|de|een) (?:web)?browser)"
    ),
    r"web-?versie",
    r"online ?versie",
    r"niet goed (?:weergegeven|zichtbaar|leesbaar)",
    r"(?:web|nett|online)-?versjon",
    r"(?:web|online)-?version",
    (
        r"(?:visa|se|läs|öppna|vis|læs|les|åbn|åpne) (?:.{0,20} )?(?:i (?:din |en )?(?:webbläsar|browser|nettleser)"
        r"|online|på nettet|på webben)"
    ),
    r"selaimessa",
    r"verkkoversio",
    r"(?:zobacz|wyświetl|otwórz|czytaj) .{0,20}(?:w przeglądarce|online)",
    r"wersja (?:online|internetowa)",
    r"(?:zobrazit|zobraziť) .{0,25}prohl",
    r"v prehliadači",
    r"v prohlížeči",
    r"(?:webová|online) ver[sz]",
    r"megtekint.{0,20}böngésző",
    r"böngészőben",
    r"webes vált",
    r"vezi .{0,20}(?:în browser|online)",
    r"versiunea (?:web|online)",
    r"tarayıcı(?:da|nızda) (?:görüntüle|aç)",
    r"web sürüm",
    r"çevrimiçi görüntüle",
    r"(?:открыть|посмотреть|просмотреть|читать) .{0,20}в браузере",
    r"веб-верси",
    r"онлайн-верси",
    r"(?:відкрити|переглянути) .{0,20}[ув] браузері",
    r"(?:προβολή|δείτε) .{0,25}(?:browser|περιηγητή|πρόγραμμα περιήγησης)",
    r"online έκδοση",
    r"(?:عرض|فتح).{0,20}في المتصفح",
    r"בדפדפן",
    r"ब्राउज़र में (?:देखें|खोलें)",
)
ASIDE_PATTERNS = tuple(re.compile(pattern) for pattern in _BROWSER_PATTERNS)

_BROWSER_WORDS = """
view see read open display trouble problem difficulty web webversion webansicht webversie online onlineversion rendered
correctly cannot can't im browser nicht fehlerhaft navigateur ligne version affiche línea navegador versión versione
visualizza versão visualizar bekijk lees niet webbläsare webbläsaren nettleser nettleseren öppna nettversjon selaimessa
verkkoversio przeglądarce wersja prohlížeči prehliadači webová böngésző böngészőben megtekint webes vezi versiunea
tarayıcıda çevrimiçi браузере браузері веб онлайн προβολή δείτε عرض فتح בדפדפן ब्राउज़र
"""
ASIDE_BEGINNINGS = frozenset(
    stem.replace("-", " ").replace("'", " ").split()[0][:4] for stem in (*ASIDE_STEMS, *_BROWSER_WORDS.split())
)
"""The first letters of the first word of each: a sentence without any says nothing of the kind."""

_TRACKING = """
gclid dclid gbraid wbraid fbclid msclkid yclid ttclid twclid igshid igsh li_fat_id mkt_tok hsctatracking wickedid
rb_clickid s_cid ef_id dicbo _openstat _ke _kx trk trkcampaign trkemail trkinfo nr_email_referer mbid cmp cmpid cmp_id
campaign campaignid campaign_id mailing_id mailingid newsletter_id nlid xtor ns_mchannel ns_campaign ns_source et_rid
et_cid sfmc_sub sfmc_id wt_mc wtmc wt_zmc _ga _gl gclsrc srsltid zanpid irclickid epik vgo_ee trackingtoken mc_cid
mc_eid dm_i dm_t esid spmailingid spuserid spjobid spreportid ck_subscriber_id ml_subscriber ml_subscriber_hash
"""
TRACKING = frozenset(_TRACKING.split())
"""Parameters that only tell who clicked, and where."""
TRACKING_BEGINNINGS = (
    "utm_",
    "mtm_",
    "pk_",
    "piwik_",
    "matomo_",
    "hsa_",
    "_hs",
    "__hs",
    "vero_",
    "oly_",
    "_bta_",
    "elq",
    "emcs_",
)
