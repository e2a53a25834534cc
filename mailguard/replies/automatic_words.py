"""What automatic mail says of itself in its subject and first words, in many languages. Knows words only: they are hints."""

from __future__ import annotations

import re


def _pattern(text: str) -> re.Pattern[str]:
    """Return the pattern that the lines are, one after the other."""
    return re.compile("".join(map(str.strip, text.splitlines())), re.IGNORECASE)


ABSENCE_SUBJECTS = _pattern(
    r"""
    \bout[ -]of[ -](?:the )?office\b|\booo\b|\bauto(?:matic|mated)?[ -]?(?:reply|response|respond\w*|answer)\b
    |\bon (?:vacation|leave|holiday)s?\b
    |vacation (?:reply|response|message|notice)|away from (?:my )?(?:mail|desk|office)|out on leave|\bannual leave\b
    |parental leave
    |automatische (?:antwort|abwesenheit)|abwesenheit|außer haus|ausser haus|nicht im (?:haus|büro)|urlaubsvertretung
    |bin im urlaub|autoantwort
    |réponse automatique|absence du bureau|absent du bureau|message d'absence|absente? jusqu|notification d'absence
    |en congés?\b|hors du bureau
    |respuesta automática|fuera de (?:la )?oficina|ausencia|ausente|de vacaciones|respuesta automatizada
    |risposta automatica|fuori (?:sede|ufficio|dall'ufficio)|assente|assenza|in ferie
    |resposta automática|fora do escritório|ausência|de férias|resposta automatizada
    |automatisch antwoord|automatische reactie|afwezig|niet aanwezig|buiten kantoor|op vakantie
    |autosvar|automatiskt svar|automatisk svar|frånvar|ikke til stede|ikke på kontoret|fraværende|fravær|på semester|ferie\b
    |automaattinen vastaus|poissa toimistolta|poissaolo|lomalla|poissa
    |automatyczna odpowiedź|autoodpowiedź|odpowiedź automatyczna|nieobecno|poza biurem|urlop
    |automatická odpověď|automatická odpoveď|mimo kancelář|nepřítomn|neprítomn|mimo kancelárie|dovolen
    |automatikus válasz|házon kívül|távollét|irodán kívül|szabadság
    |răspuns automat|absent din birou|în concediu|plecat din birou
    |automatski odgovor|samodejni odgovor|odsutan|odsoten|izvan ureda|na godišnjem|odsotnost
    |автоответ|автоматическ\w+ ответ|вне офиса|отсутств|в отпуске|автоматичн\w+ відповідь|відсутн|у відпустці
    |автоматичен отговор|извън офиса
    |αυτόματη απάντηση|εκτός γραφείου|απουσία|σε άδεια
    |otomatik (?:yanıt|cevap)|ofis dışı|izinde|yıllık izin
    |automaatvastus|automātisk\w+ atbilde|automatinis atsakymas|sjálfvirkt svar|kontorist väljas|puhkusel
    |رد تلقائي|رد آلي|خارج المكتب|תשובה אוטומטית|מענה אוטומטי|מחוץ למשרד|בחופשה|पाठ नहीं|स्वचालित (?:उत्तर|जवाब)
    |कार्यालय से बाहर
    |ตอบกลับอัตโนมัติ|ไม่อยู่ที่สำนักงาน|trả lời tự động|vắng mặt|balasan otomatis|di luar kantor|sedang cuti
    |自動応答|自動返信|不在|休暇|自动答复|自动回复|自動回覆|自動答覆|外出|休假|不在办公室|자동 ?회신|자동 ?응답|부재|휴가
    |resposta automàtica|fora de l'oficina|erantzun automatikoa
    """
)
"""The subject of an absence notice."""

ABSENCES = _pattern(
    r"""
    out of (?:the )?(?:my )?office|(?:i am|i'm|i will be|i'll be|am) (?:currently )?(?:away
    |on (?:annual |parental |maternity |sick )?(?:leave|vacation|holiday))
    |away from (?:my|the) (?:desk|office|email|e-mail)|on (?:annual|parental|maternity|paternity|sick) leave
    |limited access to (?:my )?e?-?mail
    |(?:will|shall) (?:be back|return|reply|respond|answer)[^.\n]{0,60}(?:when|after|upon|on my return)
    |no access to (?:my )?e?-?mail
    |(?:nicht|bis)[^.\n]{0,40}(?:im (?:büro|haus|hause|dienst)|erreichbar)|abwesend|im urlaub|in urlaub|elternzeit
    |mutterschutz|außer haus|ausser haus|nicht am platz
    |wieder (?:erreichbar|im büro|für sie da|da\b|zurück)|nach meiner rückkehr|wird nicht weitergeleitet
    |absente? (?:du|de|jusqu|actuellement)|en (?:congés?|vacances)|en arrêt|actuellement absent|de retour (?:le|au bureau)
    |à mon retour|hors du bureau
    |fuera de (?:la |mi )?oficina|de vacaciones|estoy ausente|estaré ausente|de baja|a mi (?:regreso|vuelta)
    |sin acceso al correo
    |fuori (?:sede|ufficio|dall'ufficio)|in ferie|sono assente|sarò assente|al mio rientro|in maternità
    |fora do escritório|de férias|estou ausente|estarei ausente|no meu regresso|ao meu retorno|de licença
    |niet (?:op kantoor|aanwezig|bereikbaar)|afwezig|op vakantie|met (?:verlof|vakantie)|bij mijn terugkomst
    |weer (?:aanwezig|bereikbaar|terug)
    |på semester|inte på kontoret|ledig|föräldraledig|tillbaka (?:på|den|igen)|på ferie|ikke på kontoret|ikke til stede
    |har ferie|fraværende|tilbage (?:på|den|igen)
    |tilbake (?:på|den|igjen)|poissa|lomalla|vuosilomalla|en ole (?:tavoitettavissa|paikalla)|palaan
    |nieobecn|na urlopie|poza biurem|urlopie|nepřítomn|na dovolené|mimo kancelář|neprítomn|na dovolenke|mimo kancelárie
    |nie som v kancelárii|nejsem v kanceláři
    |szabadságon|nem vagyok (?:az )?irod|távol (?:vagyok|leszek)|házon kívül|în concediu|nu sunt (?:în|la) birou|absent până
    |na godišnjem odmoru|nisam u uredu|odsutan|odsutna|na dopustu|odsoten|odsotna|izvan ureda|na odmoru
    |в отпуске|нет на (?:рабочем )?месте|отсутству|вне офиса|у відпустці|відсутн|поза офісом|в отпуск|извън офиса
    |εκτός γραφείου|σε άδεια|απουσιάζω|izindeyim|izinde olac|ofis dışında|yıllık izin|tatilde
    |puhkusel|ei viibi|kontorist eemal|atvaļinājum|prombūtn|atostog|nebūsiu|í fríi|í orlofi|ekki við|fjarverandi
    |خارج المكتب|في إجازة|إجازة|בחופשה|מחוץ למשרד|לא (?:נמצא|אהיה) במשרד|कार्यालय से बाहर|छुट्टी पर|अवकाश पर
    |ไม่อยู่ที่(?:สำนักงาน|ออฟฟิศ)|ลาพักร้อน|ลาพัก|ลางาน|vắng mặt|nghỉ phép|không có mặt|sedang cuti|cuti
    |tidak berada di kantor|di luar kantor
    |(?:closed|shut) (?:until|till|this|for|from|on|between|over)|(?:will|we'll|i'll) (?:be back|reopen|return|re-open)
    |betriebsferien|geschlossen|betriebsurlaub
    |(?:est|sommes|serons|sera) fermée?s?|fermeture (?:annuelle|estivale)|cerrad[oa]s? (?:hasta|por|del|desde)
    |chius[oi] (?:fino|per|dal)|fechad[oa]s? (?:até|de|para|por)|em recesso|retornar?emos
    |gesloten (?:tot|van|wegens)|stängt (?:till|fram|mellan)|lukket (?:til|frem|mellom|mellem)|suljettu|nieczynn|zamknięt
    |zavřeno|zatvorené|zárva|închis|zatvoren|zaprt[oi]|закрыт|зачинен|затворен
    |κλειστ|kapalıdır|kapalıyız|休業|休館|放假|휴무|tutup|đóng cửa|مغلق|סגור
    |不在に|不在です|不在と|休暇|お休みを|外出し|休假|不在办公室|不在辦公室|外出|出差|부재중|부재 중|휴가|자리를 비우
    |de vacances|fora de l'oficina|oporretan
    """
)
"""What an absence notice says in its first words."""

RECEIPT_SUBJECTS = _pattern(
    r"""
    ^\s*(?:read|not read|gelesen|ungelesen|nicht gelesen|lus?|non lu|leído|leido|no leído|letto|non letto|lida|lido|não lida
    |gelezen|niet gelezen|läst|inte läst|læst|ikke læst|lest|ikke lest|luettu|przeczytano|přečteno|prečítané|olvasott
    |elolvasva|citit|pročitano|prebrano|прочитано|прочитанo|διαβάστηκε|αναγνώστηκε|okundu|loetud|lasīts|perskaityta|נקרא
    |مقروء|אושר|อ่านแล้ว|đã đọc|dibaca|開封済み|已读|已讀|읽음)\s?[:：]
    |return receipt|read receipt|read notification|lesebestätigung|empfangsbestätigung \(|lesebest|accusé de (?:lecture
    |réception)|confirmation de lecture|confirmación de lectura|acuse de (?:recibo|lectura)|conferma di lettura
    |ricevuta di ritorno|recibo de leitura|confirmação de leitura|leesbevestiging|ontvangstbevestiging \(|läskvitto
    |läsbekräftelse|læsekvittering|lesekvittering|lukukuittaus|potwierdzenie (?:przeczytania|odczytania)
    |potvrzení o (?:přečtení|doručení)|potvrdenie o prečítaní|olvasási visszaigazolás|confirmare de citire
    |уведомление о прочтении|отчет о прочтении|сповіщення про прочитання|okundu bilgisi|開封確認|開封通知|阅读回执|已读回执
    |讀取回條|수신 ?확인
    |읽음 확인
    """
)
"""The subject of a read receipt."""

RECEIPTS = _pattern(
    r"""
    (?:was|has been) (?:read|displayed|opened|deleted without being read) on|this is (?:a|only a) (?:return|read) receipt
    |return receipt for
    |wurde (?:am|um)?[^\n]{0,60}(?:gelesen|angezeigt|geöffnet|gelöscht)|dies ist eine (?:empfangs|lese)bestätigung
    |a été (?:lu|affiché|ouvert)|ceci est un accusé
    |(?:fue|ha sido|se ha) (?:leíd|leid|mostrad|abiert)|è stat[oa] (?:lett|visualizzat|apert)|foi (?:lida?|exibida|aberta)
    |is (?:gelezen|weergegeven) op
    |har (?:lästs|visats)|lästes den|blev læst|ble lest|er blevet læst|on luettu|luettiin|został[ao] (?:przeczytan
    |wyświetlon)|byla přečtena|bola prečítaná
    |elolvasták|a fost citit|прочитано|прочитана|было прочитано|διαβάστηκε|okundu|開封され|開かれました|已读|已閱讀|已于
    |읽었습니다|읽음
    """
)
"""What a read receipt says."""

TICKET_SUBJECTS = re.compile(
    r"[\[(#<]\s?(?:ticket|case|request|req|issue|incident|inc|sr|ref|anfrage|vorgang|fall|demande|dossier|caso|solicitud"
    r"|richiesta|pedido"
    r"|zaak|ärende|sag|sak|tapaus|zgłoszenie|požadavek|обращение|заявка|talep)?\s?(?:id|nr|no"
    r"|number)?\.?\s?[:#=°-]?\s?[A-Z]{0,6}-?\d{3,}"
    r"|\b(?:ticket|case|incident|vorgangsnummer|ticketnummer)\s?(?:id|nr|no|number)?\.?\s?[:#]?\s?[A-Z]{0,6}-?\d{3,}",
    re.IGNORECASE,
)
"""A ticket's number in a subject."""

TICKETS = _pattern(
    r"""
    \b(?:ticket|case|incident|reference|request|enquiry|inquiry)\s(?:id|nr|no|number|#)?\.?\s?(?:is|has been (?:created
    |opened|logged|received)|:|\()?\s?:?\s?[#\[(]{0,2}[A-Z]{0,8}-?\d{3,}
    |\bticket\b[^.\n]{0,60}\d{3,}
    |(?:a|your|new) (?:support )?(?:ticket|case|request) (?:has been|was|is) (?:created|opened|received|logged|registered
    |updated|solved|closed)
    |(?:ticket|vorgangs?|bearbeitungs|anfrage|fall)[- ]?(?:nummer|nr\.?|id)|ticket (?:wurde )?(?:mit der nummer|eröffnet
    |erstellt|angelegt)
    |numéro (?:de )?(?:ticket|dossier|demande)|votre (?:ticket|demande) (?:n°|a été (?:créé|enregistr))|(?:número
    |n\.?º) de (?:ticket|caso|solicitud|pedido|protocolo|chamado)
    |numero (?:di )?(?:ticket|pratica|richiesta)|ticketnummer|zaaknummer|ärendenummer|sagsnummer|saksnummer|tapausnumero
    |numer (?:zgłoszenia|sprawy)
    |číslo (?:požadavku|tiketu|případu|požiadavky)|jegyszám|ügyszám|număr(?:ul)? (?:de )?(?:tichet|solicit)|номер (?:заявки
    |обращения|тикета|звернення)|talep numara
    |αριθμός (?:αιτήματος|εισιτηρίου)|お問い合わせ番号|受付番号|チケット番号|工单|工單|案件编号|접수 ?번호|문의 ?번호
    |티켓 ?번호|nomor tiket|mã (?:yêu cầu|vé)
    """
)
"""What a help desk's robot says."""

ACKNOWLEDGEMENTS = _pattern(
    r"""
    (?:we|i) (?:have |'ve )?(?:successfully )?received your|thank(?:s| you) for (?:contacting|reaching out|getting in touch
    |your (?:message|e-?mail|enquiry|inquiry|request|interest))|your (?:message|e-?mail|enquiry|inquiry|request) (?:has been
    |was) received
    |this is an auto(?:matic|mated)|automatically generated|auto-?generated|do not (?:reply|respond) to this
    |unattended mailbox|not monitored|will (?:get back|reply|respond|answer)[^.\n]{0,60}(?:soon|shortly|within|as soon)
    |(?:ihre|deine) (?:nachricht|anfrage|e-?mail|mail)[^.\n]{0,40}(?:erhalten|eingegangen)|(?:danke|dank) für (?:ihre|deine
    |die) (?:nachricht|anfrage|e-?mail|mail)|automatisch (?:generiert|erzeugt|erstellt|versendet)|automatische (?:antwort
    |nachricht|e-?mail|eingangsbestätigung)|eingangsbestätigung|schnellstmöglich|antworten sie (?:bitte )?nicht
    |nous avons bien reçu|bien été (?:reçu|pris)|(?:merci|remercions) (?:de|pour) (?:votre|nous avoir)|message automatique
    |réponse automatique|ne pas répondre|généré automatiquement|accusé de réception
    |hemos recibido|gracias por (?:contactar|su (?:mensaje|correo|consulta)|tu (?:mensaje|correo|consulta)|ponerse)
    |mensaje automático|respuesta automática|no responda
    |abbiamo ricevuto|grazie per (?:averci|il tuo|il suo|la tua|la sua)|messaggio automatico|risposta automatica
    |non rispondere
    |recebemos (?:a|o) (?:sua|seu)|obrigad[oa] (?:por|pelo)[^.\n]{0,30}(?:contact|contato|mensagem|email)
    |mensagem automática|resposta automática|não responda
    |(?:hebben|heeft) (?:uw|je|wij)[^.\n]{0,30}ontvangen|bedankt voor (?:uw|je)|automatisch (?:bericht|antwoord|gegenereerd)
    |automatische (?:ontvangst|reactie)|niet (?:op )?(?:dit|deze)[^.\n]{0,30}(?:antwoorden|reageren|beantwoorden)
    |(?:har|vi) (?:har )?(?:mottagit|tagit emot|modtaget|mottatt)|tack för (?:ditt|din|att)|tak for (?:din|dit|at)
    |takk for (?:din|ditt|at|henvendelsen|meldingen)|automatiskt (?:svar|meddelande|genererat)|automatisk (?:svar|besked
    |melding|genereret|generert)
    |olemme vastaanottaneet|kiitos (?:viestistäsi|yhteydenotostasi|yhteydenotosta)|automaattinen|otrzymaliśmy
    |dziękujemy za (?:wiadomość|kontakt|zgłoszenie|przesłanie)|wiadomość (?:została )?(?:wygenerowana )?automatyczn
    |(?:vaši|tvou|vašu) (?:zprávu|správu|žádost|žiadosť|požadavek)[^.\n]{0,40}(?:přijali|obdrželi|prijali|dostali)
    |děkujeme za|ďakujeme za|automatick(?:á|y|ý)|megkaptuk|köszönjük (?:a )?(?:megkeres|level|üzenet|hogy)|automatikus
    |am primit (?:mesajul|solicitarea|cererea)|vă mulțumim (?:pentru|că)|mesaj automat|generat automat|zaprimili smo
    |prejeli smo|hvala (?:vam )?(?:na|za) (?:poruci|upit|sporočil|vaš|javljanju)
    |(?:ваше|ваш|вашу)[^.\n]{0,30}(?:получен|получили|зарегистрирован|принят|отримано|отримали|получено)|(?:спасибо
    |благодарим|дякуємо|благодарим) (?:вас )?за (?:ваше|обращение|звернення|письмо)|автоматическ|автоматичн|получихме
    |λάβαμε|ευχαριστούμε (?:για|που)|αυτόματ|(?:mesajınız|talebiniz|e-postanız)[^.\n]{0,30}(?:alındı|ulaştı|alınmıştır
    |ulaşmıştır)|otomatik
    |تم استلام|استلمنا|شكرا لتواصل|شكراً لتواصل|رسالة تلقائية|קיבלנו את|פנייתך התקבלה|תודה על פני|הודעה אוטומטית|हमें आपका
    |प्राप्त हुआ|स्वचालित
    |ได้รับ(?:ข้อความ|อีเมล)|ขอบคุณที่ติดต่อ|อัตโนมัติ|đã nhận được|cảm ơn (?:bạn|quý khách) đã|tự động
    |telah (?:kami )?(?:terima|menerima)|terima kasih (?:telah|sudah|atas)|otomatis
    |受け付け|受付いたし|お問い合わせ(?:いただき|ありがとう)|自動(?:送信|返信|配信|応答)|已收到|感谢您的(?:来信|邮件|咨询
    |联系)|自动(?:回复|发送|生成)|請勿直接回覆|请勿(?:直接)?回复|접수되었
    |문의해 주셔서|자동(?:으로)? ?(?:발송|응답|회신)
    """
)
"""What a robot says that confirms that a mail came in."""

SELF_DECLARED = _pattern(
    r"""
    this is an auto(?:matic|mated)|auto(?:matic|mated|matically)[ -](?:reply|response|answer|message|generated|e-?mail)
    |auto-?generated
    |do not (?:reply|respond) to this|unattended mailbox|not monitored
    |automatisch (?:generierte?|erzeugte?|erstellte?|versendete?|verschickte?)|automatische[rsn]? (?:antwort|nachricht
    |e-?mail|eingangsbestätigung)
    |(?:message|réponse|courriel|e-?mail) automatique|(?:généré|envoyé)e? automatiquement|(?:mensaje|respuesta
    |correo) automátic[oa]
    |(?:messaggio|risposta|e-?mail) automatic[oa]|(?:mensagem|resposta|e-?mail) automátic[oa]|automatisch (?:bericht
    |antwoord|gegenereerd)
    |automatiskt? (?:svar|meddelande|besked|melding|genererat|genereret|generert)|automaattinen (?:vastaus|viesti)
    |automatyczn\w+ (?:odpowied|wiadomo)|odpowied\w+ automatyczn|wygenerowan\w+ automatycznie|automatick\w+ (?:odpov|zpráv
    |správ)
    |automatikus (?:válasz|üzenet|levél)|(?:mesaj|răspuns) automat|automatsk\w+ (?:odgovor|poruka)|samodejn\w+ (?:odgovor
    |sporočil)
    |автоматическ\w+ (?:ответ|сообщ|уведом)|автоматичн\w+ (?:відпов|повідом|отговор|съобщ)|αυτόματ\w+ (?:απάντηση|μήνυμα)
    |otomatik (?:yanıt|mesaj|cevap|bir)|balasan otomatis|pesan otomatis|trả lời tự động|thư tự động|(?:رد|رسالة) (?:تلقائي
    |آلي)
    |(?:תשובה|הודעה|מענה) אוטומטי|自動(?:送信|返信|配信|応答)|自动(?:回复|发送|生成|答复)|自動(?:回覆|發送)
    |자동(?:으로)? ?(?:발송|응답|회신|답장)
    """
)
"""What only a robot says of the mail that it writes."""

SELF_DECLARING_STEMS = (
    *("auto", "do not reply", "do not respond", "unattended", "not monitored", "автомат", "αυτόματ", "otomat", "tự động"),
    *("samodejn", "تلقائي", "آلي", "אוטומטי", "自動", "自动", "자동"),
)
"""One of these stands in all that SELF_DECLARED finds: they are looked for first, for most mails have none."""

CHALLENGES = _pattern(
    r"""
    (?:confirm|verify|prove) (?:that )?you(?:'re| are) (?:a |not a )?(?:human|person|real|robot|sender)
    |confirm (?:that )?you sent|challenge[ -]response
    |(?:has|have) not (?:yet )?been delivered[^\n]{0,200}(?:confirm|click|verify)|approve your (?:message|e-?mail)|(?:add
    |join) (?:you|me) to (?:my|the) (?:guest|approved|white ?list)
    |bestätigen sie[^.\n]{0,60}(?:mensch|person|absender|kein roboter)|confirm\w* que você é
    |confirm\w* que (?:usted )?es una persona|confirme[rz]? que vous (?:êtes|n'êtes)
    |confermi? (?:di essere|che lei)|bevestig dat u|potwierdź, że|potvrďte, že|подтвердите, что вы|підтвердьте, що ви
    """
)
"""What a mail filter says that wants to be answered before it hands a mail on."""

NO_ANSWER_STEMS = (
    *("do not reply", "don't reply", "do not respond", "do not answer", "not monitored", "unmonitored", "unattended mailbox"),
    *(
        "nicht antworten",
        "antworten sie nicht",
        "antworten sie bitte nicht",
        "nicht auf diese",
        "ne pas répondre",
        "no responda",
    ),
    *(
        "no conteste",
        "no contestar",
        "non rispondere",
        "non risponda",
        "não responda",
        "niet beantwoorden",
        "niet te antwoorden",
    ),
    *(
        "niet antwoorden",
        "niet reageren",
        "svara inte",
        "svar ikke",
        "ikke svar",
        "ikke besvar",
        "älä vastaa",
        "älkää vastatko",
    ),
    *("nie odpowiada", "neodpovíd", "neodpoved", "ne válaszol", "nu răspunde", "ne odgovaraj", "не отвечай", "не відповідай"),
    *(
        "не отговаряй",
        "μην απαντ",
        "yanıtlamayın",
        "cevaplamayın",
        "cevap vermeyin",
        "ärge vasta",
        "neatbild",
        "neatsak",
        "ekki svara",
    ),
    *("لا ترد", "عدم الرد", "אין להשיב", "נא לא להשיב"),
    *("उत्तर न दें", "อย่าตอบ", "โปรดอย่าตอบ", "không trả lời", "jangan membalas"),
    *(
        "返信しないで",
        "返信いただいても",
        "返信はできません",
        "请勿回复",
        "請勿回覆",
        "请勿直接回复",
        "회신하지",
        "답장하지",
        "발신 전용",
        "送信専用",
    ),
)
"""How a robot asks not to be answered. Casefolded."""

ANSWERING_PREFIXES = _pattern(
    r"""
    ^\W{0,2}(?:auto(?:matic|mated)?[ -]?(?:reply|response|answer)|autoreply|out[ -]of[ -](?:the )?office(?: (?:reply
    |autoreply|notice))?|ooo
    |automatische antwort|abwesenheitsnotiz|abwesenheit|autoantwort|réponse automatique|absence(?: du bureau)?
    |respuesta automática
    |fuera de la oficina|risposta automatica|fuori sede|resposta automática|fora do escritório|ausência(?: temporária)?
    |automatisch antwoord|automatische reactie|afwezig(?:heid)?|autosvar|automatiskt svar|automatisk svar|frånvaro
    |automaattinen vastaus
    |poissaolo|odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź|automatická odpověď|automatická odpoveď
    |automatikus válasz
    |răspuns automat|automatski odgovor|samodejni odgovor|автоответ|автоматический ответ|автоматична відповідь
    |автоматичен отговор
    |αυτόματη απάντηση|otomatik yanıt|otomatik cevap|automaatvastus|automātiskā atbilde|automatinis atsakymas|sjálfvirkt svar
    |رد تلقائي|تشغيل تلقائي|תשובה אוטומטית|मुक्त उत्तर|स्वचालित उत्तर|ตอบกลับอัตโนมัติ|trả lời tự động|balasan otomatis|自動応答
    |自動返信
    |自动答复|自动回复|自動回覆|자동 ?회신|자동 ?응답|부재중)\s?[:：]
    """
)
"""What a program puts before the subject that it answers, where a person's puts `Re:`."""
