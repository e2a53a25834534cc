"""Greetings, titles and those whom a greeting means when it means nobody in particular, in many languages. Casefolded.

Knows words only; what makes a salutation is told in `salutation.py`, and where a mail's closing starts in `footer.py`.
"""

from __future__ import annotations


def _phrases(lines: str) -> frozenset[str]:
    return frozenset(phrase.strip().casefold() for line in lines.splitlines() for phrase in line.split("·") if phrase.strip())


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.casefold().split())


GREETINGS = _phrases("""
dear · hi · hello · hey · hiya · hi there · hello there · hey there · greetings · good morning · good afternoon
good evening · good day · welcome
to whom it may concern · welcome back · howdy · my dear
sehr geehrte · sehr geehrter · sehr geehrtes · sehr verehrte · sehr verehrter · geehrte · geehrter · verehrte · verehrter
liebe · lieber · liebes · hallo
guten tag · guten morgen · guten abend · grüß gott · grüss gott · grüezi · moin · servus · werte · werter · hallo liebe
hallo lieber · willkommen
madame, monsieur · mesdames, messieurs · mesdames · messieurs · messieurs dames · bonjour · bonsoir · salut · cher · chère
chers · chères · coucou · bienvenue
estimado · estimada · estimados · estimadas · querido · querida · queridos · hola · buenos días · buenas tardes
buenas noches · apreciado · apreciada · apreciados · distinguido · distinguida · muy señor mío · muy señores míos
buen día · bienvenido · bienvenida
gentile · gentilissimo · gentilissima · egregio · egregia · egr. · gent.mo · gent.ma · gentili · caro · cara · cari · care
ciao · salve · buongiorno
buonasera · spettabile · spett.le · buon giorno · benvenuto · benvenuta · illustre
prezado · prezada · prezados · prezadas · olá · oi · bom dia · boa tarde · boa noite · exmo · exma · exmo. · exma.
excelentíssimo · caríssimo
caros · ola · estimado senhor · estimada senhora · bem-vindo · bem-vinda
beste · geachte · hoi · dag · goedemorgen · goedemiddag · goedenavond · goedendag · lieve · hallo beste · welkom
hej · hejsan · bäste · bästa · kära · käre · god morgon · god dag · hallå · välkommen · kære · goddag · hei · kjære
velkommen · heisann · god morgen
hyvä · moi · terve · arvoisa · rakas · päivää · hyvää päivää · hyvää huomenta · moikka · tervehdys · tervetuloa
dzień dobry · witaj · witam · szanowny · szanowna · szanowni · drogi · droga · drodzy · cześć · witamy
dobrý den · vážený · vážená · vážení · milý · milá · milí · ahoj · zdravím · dobrý deň · dobré ráno · vitajte · vítejte
dobrý večer
kedves · tisztelt · szia · sziasztok · helló · jó napot · jó napot kívánunk · üdvözöljük · üdv · szervusz · igen tisztelt
bună · bună ziua · stimate · stimată · stimați · stimaţi · dragă · dragi · buna · buna ziua · salutare · bine ai venit
poštovani · poštovana · poštovane · dragi · draga · bok · zdravo · pozdrav · pozdravljeni · spoštovani · spoštovana
dober dan · dobar dan · živjo · štovani
здравей · здравейте · уважаеми · уважаема · скъпи · скъпа · добър ден · драги
здравствуйте · здравствуй · привет · добрый день · добрый вечер · доброе утро · уважаемый · уважаемая · уважаемые
дорогой · дорогая · дорогие
вітаємо · вітаю · доброго дня · добрий день · шановний · шановна · шановні · привіт · здрастуйте · добридень · дорога
дорогі · доброго ранку
αγαπητέ · αγαπητή · αγαπητοί · αγαπητοί μας · αξιότιμε · αξιότιμη · γεια σας · γεια σου · γεια · καλημέρα · καλησπέρα
αξιότιμοι
sayın · merhaba · merhabalar · sevgili · değerli · selam · iyi günler · günaydın · hoş geldiniz
tere · lugupeetud · austatud · kallis · labdien · cienījamais · cienījamā · cienījamie · sveiki · dārgais · gerbiamas
gerbiama · gerbiamieji · laba diena
gerb. · mielas · miela · sæl · sæll · kæri · kæra · góðan dag · halló
عزيزي · عزيزتي · السيد · السيدة · مرحبا · مرحبًا · مرحباً · أهلا · أهلًا · أهلاً · السلام عليكم · حضرة · عزيزنا · أعزاءنا
سلام
שלום · היי · לכבוד · שלום רב · הי
नमस्ते · नमस्कार · प्रिय · आदरणीय · हैलो · श्रीमान
เรียน · สวัสดี · สวัสดีค่ะ · สวัสดีครับ · สวัสดีคุณ · เรียนคุณ
kính gửi · xin chào · chào · thân gửi · kính chào · chào bạn
halo · yth. · yth · kepada yth · kepada yth. · hai · selamat pagi · selamat siang · selamat sore · selamat malam
apa kabar · salam
annwyl · benvolgut · benvolguda · bon dia · kaixo · benvolguts · habari · mpendwa
""")

GREETING_BEGINNINGS = frozenset(phrase.split()[0] for phrase in GREETINGS)
MOST_GREETING_WORDS = max(len(phrase.split()) for phrase in GREETINGS)

UNSPACED_GREETINGS = (
    *("お世話になっております", "안녕하십니까", "안녕하세요", "こんにちは", "こんばんは", "尊敬的", "亲爱的"),
    *("親愛的", "친애하는", "拝啓", "您好", "你好"),
)
UNSPACED_HONORIFICS = (
    *("고객님", "회원님", "님께", "님", "귀하", "씨", "様へ", "様", "さま", "さん", "殿", "御中", "各位", "先生"),
    *("女士", "小姐", "同学", "老师", "先生/女士"),
)

TITLES = _phrases("""
mr · mrs · ms · miss · mx · sir · madam · ma'am · dr · prof · professor · doctor · messrs
frau · herr · herrn · fräulein · dipl.-ing · ing · mag · fr · hr
monsieur · madame · mademoiselle · m · mme · mlle · docteur · maître · mr
señor · señora · señorita · sr · sra · srta · don · doña · d · dña · dra
signor · signora · signore · signorina · sig · sig.ra · sig.na · dott · dott.ssa · avv · rag · geom · egr
senhor · senhora · exmo · exma · sr.ª · sr.a
meneer · mevrouw · heer · de heer · dhr · mw · mevr
herra · rouva · neiti · pan · pani · panie · państwo · paní · pane · pán · úr · asszony · úrhölgy · domnule · doamnă
domnul · doamna · dl · d-na
gospodin · gospođa · gospodine · gospođo · gospa · господин · госпожа · господине · госпожо · г-н · г-жа · пан · пані · пане
κύριε · κυρία · κ · κα · κύριο · bay · bayan · härra · proua · kungs · kundze · pone · ponia
السيد · السيدة · الأستاذ · الأستاذة · الدكتور · אדון · גברת · מר · גב' · גב · ד"ר · श्री · श्रीमती · सुश्री · डॉ · คุณ
นาย · นาง · นางสาว · ông · bà · anh · chị
bapak · ibu · sdr · sdri · bpk
""")

NOBODY = _phrases("""
customer · customers · client · clients · all · everyone · everybody · team · teams · colleagues · colleague · friends
friend · folks · subscriber
subscribers · member · members · user · users · partner · partners · sir · madam · sirs · ladies · gentlemen · there
guest · guests · reader · readers
passenger · passengers · student · students · parent · parents · neighbours · neighbors · residents · resident · supplier
suppliers · applicant · candidate
shareholder · shareholders · investor · investors · tenant · tenants · patient · account holder · valued · group · crew
admin · administrator · owner
whom · concern · family · traveller · traveler · cardholder · policyholder · policy · holder · participant · participants
learner · both · again · world
administrators · operator · operators · employee · employees · staff · developer · developers · shopper · donor · donors
supporter · supporters · fan · fans
kundin · kunde · kunden · kundinnen · kund · kundschaft · damen · herren · kolleginnen · kollegen · kollege · kollegin
zusammen · alle · allerseits · miteinander
freunde · freund · freundin · mitglied · mitglieder · nutzer · nutzerin · nutzerinnen · abonnent · abonnenten · abonnentin
leser · leserin · leserinnen · gast · gäste
mieter · mieterin · mieterinnen · familie · partner · eltern · teilnehmer · teilnehmerin · teilnehmende · teilnehmerinnen
mitarbeiter · mitarbeiterinnen · mitarbeitende
kontoinhaber · patientin · bewerber · bewerberin · lieferant · lieferanten · geschäftspartner · interessent
interessentin · versicherte · versicherter · anwender
abonné · abonnés · abonnée · client(e) · cliente · clientes · tous · toutes · équipe · collègues · collègue · amis
ami(e)s · adhérent · adhérents · usager · utilisateur
utilisatrice · membre · membres · lecteur · lectrice · voyageur · partenaire · partenaires · famille · monde · assuré
sociétaire · locataire · parents
todos · todas · equipo · cliente · clientes · colegas · compañeros · compañeras · amigo · amiga · amigos · usuario
usuaria · usuarios · socio · socia · socios · suscriptor
señores · señoras · lector · lectora · familia · pasajero · alumno · alumnos · padres · vecinos · proveedor · miembro
titular · comunidad
tutti · tutte · clienti · colleghi · collega · amici · amico · amica · utente · utenti · abbonato · socio · soci · lettore
lettrice · signori · famiglia · squadra · iscritto
paziente · fornitore · passeggero · ospite · genitori · condomini · condomino · azionista · contribuente
senhores · senhoras · colaboradores · assinante · utilizador · utilizadores · usuário · usuários · pessoal · equipa
equipe · amigos · sócio · sócios · família
klant · klanten · allemaal · iedereen · collega's · collega · team · lezer · lezers · lid · leden · abonnee · relatie
heer/mevrouw · mevrouw/meneer · gebruiker · familie · huurder
patiënt · reiziger · deelnemer · ouders · bewoner · bewoners · vrienden
kund · kunden · kunder · alla · allihopa · medlem · medlemmar · kollegor · vänner · läsare · prenumerant · medarbetare
kunde · alle · alle sammen · medlemmer · kolleger
bruger · bruker · brukere · abonnent · familj · hyresgäst · resenär · patient · asiakas · asiakkaamme · asiakkaat · kaikki
jäsen · jäsenet · tilaaja · käyttäjä · ystävä · tiimi
matkustaja · vastaanottaja · vuokralainen
klient · klienci · kliencie · kliencie! · klientko · klienta · klientce · wszyscy · użytkowniku · użytkownicy · zespół
zespole · państwo · członku · subskrybencie · czytelniku · koledzy
zákazník · zákazníku · zákaznice · zákazníci · všichni · uživateli · kolegové · přátelé · týme · člene · čtenáři · všetci
používateľ · priatelia · kolegovia · tím
ügyfelünk · ügyfél · vásárlónk · vásárló · felhasználó · felhasználónk · mindenki · kollégák · csapat · partnerünk
előfizetőnk · olvasónk · barátunk · hölgyem · uram · hölgyem/uram · címzett · utasunk
client · clientă · clienți · toți · toată · lumea · echipă · utilizator · colegi · prieteni · abonat · membru
kupci · kupče · kupac · svi · korisniče · korisnici · korisnik · kolege · prijatelji · stranka · stranke · vsi · uporabnik
gospodo · kliente · klijenti
клиент · клиенти · клиенты · клиентка · колеги · коллеги · все · всички · друзья · приятели · абонент · пользователь
пользователи · покупатель · подписчик · подписчики · партнёры · партнеры · гость
пассажир · читатель · потребителю · клієнте · клієнти · клієнт · клієнтко · усі · всі · друзі · користувачу · колего
абоненте · покупцю · пасажире · гостю · команда · команде
πελάτη · πελάτες · πελάτισσα · όλοι · όλους · όλες · συνάδελφοι · συνάδελφε · φίλοι · φίλε · χρήστη · συνδρομητή · μέλος
μέλη · ομάδα · επιβάτη · κυρία/κύριε
müşterimiz · müşteri · müşterilerimiz · herkes · herkese · arkadaşlar · ekip · üyemiz · üye · kullanıcı · kullanıcımız
misafirimiz · abonemiz · yolcumuz · ziyaretçi · ilgili · yetkili
klient · kõik · kasutaja · sõbrad · kolleegid · tellija · klients · visi · lietotāj · kolēģi · klientas · kliente
kolegos · vartotojau · viðskiptavinur
العميل · عميلنا · عملاءنا · عملائنا · الجميع · الزملاء · الزبون · المستخدم · المشترك · الفريق · الأصدقاء · العملاء
السادة · ועד · לקוח · לקוחה · לקוחות · לקוחותינו · כולם · חברים · עמיתים · צוות
לקוחות · לקוח/ה · משתמש · משתמשת · מנוי · ग्राहक · ग्राहकों · उपयोगकर्ता · सभी · टीम · मित्रों · सदस्य · साथियों · यात्री
दोस्तों
ลูกค้า · ท่านลูกค้า · ทุกท่าน · ทุกคน · ท่าน · สมาชิก · ผู้ใช้ · khách · hàng · quý · khách hàng · mọi · người · bạn
anh/chị · pelanggan · semua · tim · pengguna · rekan · teman · nasabah
gwsmer · gwsmeriaid · tothom · clienta · companys
""")

UNSPACED_NOBODY = (
    *("お客", "会員", "各位", "ユーザ", "担当者", "皆", "利用者", "契約者", "受講者", "加入者", "オーナー"),
    *("保護者", "关系", "客户", "用户", "顾客", "會員", "客戶", "用戶", "會員", "大家", "旅客", "读者", "讀者"),
    *("同事", "先生/女士", "先生／女士", "女士/先生", "朋友", "株式会社", "有限公司", "家长", "订户", "会员"),
    *("高客", "고객", "회원", "여러분", "사용자", "이용자", "담당자", "가입자", "구독자", "학부모", "임직원"),
    *("입주민",),
)

AND = _words("""
and und et y e i och og ja a és și şi и та і й και ve & + en und/oder or oder ou o u lub nebo alebo vagy или або ή veya
и/или ו و और dan và และ
""")

PARTICLES = _words("""
van von de der den del della di da dos das du la le el al bin ibn binti ben zu zur ter ten af av do d' o' y mac mc vom
zum st
""")

# What begins a sentence and no name, where a greeting stands alone: "Hallo, Ihre Bestellung".
NO_NAMES = _phrases("""
your · you · we · thank · thanks · this · the · a · an · it · i · our · please · as · if · in · on · to · for · welcome
here · there's · just · new · good · is · from · at · by · with · no · and
ihr · ihre · ihrem · ihren · ihrer · sie · wir · vielen · danke · dies · diese · dieser · die · der · das · es · ein
eine · bitte · am · im · für · in · zu · dein · deine · du · ich · unser · unsere · heute · hiermit · anbei
votre · vos · vous · nous · merci · ceci · le · la · les · un · une · il · ce · cette · voici · ton · ta · tes · veuillez
su · sus · usted · gracias · este · esta · el · los · las · tu · te · hemos · le
il · lo · la · grazie · questo · questa · abbiamo · suo · sua · tuo · tua · obrigado · obrigada · o · os · as · seu · sua
uw · je · jouw · we · wij · bedankt · dit · deze · het · de · er
tack · din · ditt · dina · vi · du · det · den · tak · takk · kiitos · tilauksesi · twoje · twój · dziękujemy · państwa
vaše · váš · děkujeme · ďakujeme · köszönjük · az · mulțumim
ваш · ваша · ваше · ваши · спасибо · мы · вы · дякуємо · ми · ви · ваше · вашe · η · ο · το · σας · ευχαριστούμε
siparişiniz · teşekkürler · teşekkür
""")

_CLOSINGS = _phrases("""
kind regards · best regards · warm regards · regards · best wishes · with best wishes · with kind regards
with best regards · sincerely · yours sincerely · yours faithfully · yours truly · sincerely yours · cheers
many thanks and · all the best · with regards · kindest regards · warm wishes · see you soon · yours · warmly
respectfully · cordially
mit freundlichen grüßen · mit freundlichen gruessen · mit freundlichen grüssen · freundliche grüße · freundliche grüsse
viele grüße · liebe grüße · beste grüße · herzliche grüße · mit besten grüßen · mit freundlichem gruß · schöne grüße
hochachtungsvoll · mfg · herzlichst · mit herzlichen grüßen · es grüßt sie · ihr team · freundlicher gruss · beste grüsse
viele grüsse · liebe grüsse · herzliche grüsse
cordialement · bien cordialement · bien à vous · sincères salutations · salutations distinguées · meilleures salutations
veuillez agréer · nous vous prions d'agréer · je vous prie d'agréer · bien à toi · à bientôt · l'équipe
très cordialement · sincèrement · bonne journée
saludos · saludos cordiales · un saludo · atentamente · un cordial saludo · cordialmente · reciba un cordial saludo
le saluda atentamente · afectuosamente · un abrazo · cordiales saludos · atentos saludos · saludos atentos
cordiali saluti · distinti saluti · saluti · un saluto · un cordiale saluto · cordialmente · i migliori saluti · a presto
il team · con i migliori saluti · grazie e saluti
atenciosamente · cumprimentos · com os melhores cumprimentos · melhores cumprimentos · abraços · um abraço
cordiais saudações · saudações · obrigado pela atenção · att · com os nossos cumprimentos
met vriendelijke groet · met vriendelijke groeten · vriendelijke groet · vriendelijke groeten · hartelijke groet
hartelijke groeten · hoogachtend · groeten · groetjes · mvg · met hartelijke groet
med vänliga hälsningar · vänliga hälsningar · vänlig hälsning · med vänlig hälsning · hälsningar · mvh · bästa hälsningar
venlig hilsen · med venlig hilsen · venlige hilsner · mange hilsner · hilsen · vennlig hilsen · med vennlig hilsen
beste hilsen · bedste hilsner · de bedste hilsner · varma hälsningar
ystävällisin terveisin · terveisin · parhain terveisin · t. · terveiset · yhteistyöterveisin · kunnioittavasti
ystävällisesti
pozdrawiam · pozdrawiamy · z poważaniem · z wyrazami szacunku · łączę pozdrowienia · z pozdrowieniami
serdecznie pozdrawiamy · serdecznie pozdrawiam · do zobaczenia · zespół
s pozdravem · s přátelským pozdravem · s úctou · hezký den · s pozdravom · s priateľským pozdravom · přejeme hezký den
prajeme pekný deň · srdečně · váš tým · váš tím
üdvözlettel · tisztelettel · köszönettel · szívélyes üdvözlettel · baráti üdvözlettel · üdv
cu stimă · cu respect · o zi bună · cu drag · toate cele bune · cu considerație · cu prietenie
s poštovanjem · srdačan pozdrav · lijep pozdrav · lep pozdrav · s spoštovanjem · pozdrav · lp · s uvažavanjem
с уважение · поздрави · с уважением · с наилучшими пожеланиями · всего доброго · ваша команда · з повагою · щиро ваш
щиро ваша · з найкращими побажаннями · всього найкращого · поздрави · с найкращими · хорошего дня · гарного дня
με εκτίμηση · φιλικά · με φιλικούς χαιρετισμούς · χαιρετισμούς · με φιλικά · ευχαριστούμε · η ομάδα
saygılarımızla · saygılarımla · iyi günler dileriz · sevgiler · iyi çalışmalar · selamlar · sevgilerle
lugupidamisega · parimate soovidega · tervitades · ar cieņu · pagarbiai · linkėjimai · su pagarba · kveðja · með kveðju
bestu kveðjur
مع تحياتنا · مع أطيب التحيات · مع التحية · تحياتنا · وتفضلوا بقبول · أطيب التحيات · مع خالص التحية · בברכה · בכבוד רב
בתודה · תודה · בברכה חמה · सादर · धन्यवाद · भवदीय · शुभकामनाओं सहित
ขอแสดงความนับถือ · ด้วยความเคารพ · ขอบคุณค่ะ · ขอบคุณครับ · trân trọng · thân ái · kính thư · hormat kami · salam hangat
terima kasih · hormat saya · salam
敬具 · よろしくお願いいたします · 今後ともよろしくお願いいたします · どうぞよろしくお願いいたします · 以上 · 此致 · 敬上
谨上 · 顺颂商祺 · 祝好 · 감사합니다 · 드림 · 此致敬礼 · 敬祝 · 敬启
atentament · salutacions · agur bat · cordialmente
""")
CLOSINGS: dict[str, list[str]] = {}
"""The closings by their first word, the longest first."""
for _closing in sorted(_CLOSINGS, key=len, reverse=True):
    CLOSINGS.setdefault(_closing.split()[0], []).append(_closing)
UNSPACED_CLOSINGS: list[str] = [closing for closing in _CLOSINGS if closing[0] >= "\u3040"]

THANKS = _phrases("""
thanks · thank you · many thanks · thanks again · danke · vielen dank · besten dank · herzlichen dank · merci
merci beaucoup · gracias · muchas gracias · grazie · grazie mille · obrigado
obrigada · muito obrigado · bedankt · dank je wel · hartelijk dank · tack · tack så mycket · tak · mange tak · takk
kiitos · dziękujemy · dziękuję · děkujeme · ďakujeme · köszönjük · mulțumim · hvala
спасибо · дякуємо · благодарим · ευχαριστούμε · teşekkürler · teşekkür ederiz · شكرا · شكراً · شكرًا · תודה · धन्यवाद
ありがとうございます · ありがとうございました · 谢谢 · 謝謝 · cảm ơn · terima kasih · aitäh · paldies · ačiū
""")
"""They close a mail only where a name follows in a line of its own; else they are what it says."""

TEAMS = _words("""
team équipe equipo equipe equipa squadra zespół tým tím csapat csapata echipa tim ekip ekibi команда tiimi teamet
tiimisi ομάδα فريق צוות टीम customer-service support kundenservice kundendienst
""")
"""A short line with one of these and a name stands where a signature does."""
