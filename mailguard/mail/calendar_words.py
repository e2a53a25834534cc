"""What months, weekdays and parts of a date are called in the languages of automated mail. Casefolded, NFKC.

Knows words only; how they make a date is told in `dates.py`. A name that means two months in two languages (Croatian and
Czech `listopad`…) is given with both: a date then equals the mail's own where either reading does.
"""

from __future__ import annotations

from unicodedata import normalize

_MONTHS = (
    """
    january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari tammikuu tammikuuta tammi styczeń
    stycznia sty leden ledna led január januára januárja ianuarie ian siječanj siječnja sij janar януари янв январь января
    січень січня січ ιανουαρίου ιανουάριος ιαν ocak oca jaanuar jaan janvāris janvārī sausis sausio janúar يناير جانفي ינואר
    जनवरी gener urtarrila januarie
    """,
    """
    february feb februar feber février févr fév fevrier febrero febbraio fevereiro fev februari helmikuu helmikuuta helmi
    luty lutego lut únor února úno február februára februárja februarie veljača veljače velj февруари фев февраль февраля
    февр лютий лютого лют φεβρουαρίου φεβρουάριος φεβ şubat şub veebruar veebr februāris februārī vasaris vasario febrúar
    فبراير فيفري פברואר फ़रवरी फरवरी febrer
    """,
    """
    march mar märz mrz mär mars marzo março maart mrt maaliskuu maaliskuuta maalis marzec marca březen března bře marec
    márca márc március márciusa martie ožujak ožujka ožu mart marts март марта мар березень березня бер μαρτίου μάρτιος μαρ
    märts märtsil martā kovas kovo مارس מרץ मार्च março març
    """,
    """
    april apr avril avr abril abr aprile huhtikuu huhtikuuta huhti kwiecień kwietnia kwi duben dubna dub apríl apríla
    április áprilisa ápr aprilie travanj travnja tra april април апр апрель апреля квітень квітня кві απριλίου απρίλιος απρ
    nisan nis aprill aprīlis aprīlī balandis balandžio apríl أبريل ابريل أفريل אפריל अप्रैल
    """,
    """
    may mai mayo maggio mag maio mei maj toukokuu toukokuuta touko maja květen května kvě máj mája május májusa svibanj
    svibnja svi maí май мая травень травня тра μαΐου μάιος μαϊ mayıs maijs maijā gegužė gegužės مايو ماي מאי मई
    maig
    """,
    """
    june jun juni juin junio giugno giu junho kesäkuu kesäkuuta kesä czerwiec czerwca cze červen června čvn jún júna június
    júniusa iunie iun lipanj lipnja lip juuni jūnijs jūnijā birželis birželio júní юни июнь июня июн червень червня чер
    ιουνίου ιούνιος ιουν haziran haz يونيو جوان יוני जून juny
    """,
    """
    july jul juli juillet juil julio luglio lug julho heinäkuu heinäkuuta heinä lipiec lipca červenec července čvc júl júla
    július júliusa iulie iul srpanj srpnja srp juuli jūlijs jūlijā liepa liepos júlí юли июль июля июл липень липня лип
    ιουλίου ιούλιος ιουλ temmuz tem يوليو جويلية יולי जुलाई juliol
    """,
    """
    august aug août aout agosto ago augustus augusti elokuu elokuuta elo sierpień sierpnia sie srpen srpna srp august
    augusta augusztus augusztusa kolovoz kolovoza kol avgust август авг августа серпень серпня сер αυγούστου αύγουστος αυγ
    ağustos ağu augusts augustā rugpjūtis rugpjūčio ágúst أغسطس اغسطس أوت אוגוסט अगस्त agost
    """,
    """
    september sep sept septembre septiembre setiembre settembre set setembro syyskuu syyskuuta syys wrzesień września wrz
    září zář septembra szeptember szeptembere szept septembrie rujan rujna ruj septembar септември сентябрь сентября сен
    вересень вересня вер σεπτεμβρίου σεπτέμβριος σεπ eylül eyl septembris septembrī rugsėjis rugsėjo سبتمبر ספטמבר सितंबर
    सितम्बर setembre
    """,
    """
    october oct oktober okt octobre octubre ottobre ott outubro out lokakuu lokakuuta loka październik października paź
    říjen října říj október októbra októbere octombrie listopad listopada lis oktobar октомври октябрь октября окт жовтень
    жовтня жов οκτωβρίου οκτώβριος οκτ ekim eki oktoober oktobris oktobrī spalis spalio أكتوبر اكتوبر אוקטובר अक्टूबर
    अक्तूबर
    """,
    """
    november nov novembre noviembre nov novembro marraskuu marraskuuta marras listopad listopada lis novembra novembere
    noiembrie noi studeni studenoga studenog stu novembar ноември ноя ноябрь ноября нояб листопад листопада лис νοεμβρίου
    νοέμβριος νοε kasım kas novembris novembrī lapkritis lapkričio نوفمبر נובמבר नवंबर नवम्बर nóvember
    """,
    """
    december dec dezember dez décembre déc decembre diciembre dic dicembre dezembro joulukuu joulukuuta joulu grudzień
    grudnia gru prosinec prosince pro decembra decembere decembrie prosinac prosinca decembar декември дек декабрь декабря
    грудень грудня гру δεκεμβρίου δεκέμβριος δεκ aralık ara detsember dets decembris decembrī gruodis gruodžio ديسمبر דצמבר
    दिसंबर दिसम्बर desember desembre
    """,
)

_WEEKDAYS = """
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim
lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom
lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab
segunda-feira terça-feira quarta-feira quinta-feira sexta-feira segunda terça quarta quinta sexta seg ter qua qui sex
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo
måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag mån tis ons tor fre lör sön man lør søn
maanantai maanantaina tiistai tiistaina keskiviikko keskiviikkona torstai torstaina perjantai perjantaina lauantai
lauantaina sunnuntai sunnuntaina ti ke to pe la su
poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela niedzielę pon wt śr czw pt sob niedz
pondělí úterý středa středu čtvrtek pátek sobotu neděle neděli po út st čt pá ne pondelok utorok streda stredu štvrtok
piatok nedeľa nedeľu
hétfő kedd szerda csütörtök péntek szombat vasárnap
luni marți miercuri joi vineri sâmbătă duminică
ponedjeljak utorak srijeda četvrtak petak subota nedjelja
понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье пн вт ср чт пт сб вс
понеділок вівторок середа середу четвер п'ятниця п'ятницю субота суботу неділя неділю
понеделник сряда четвъртък петък събота неделя
δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή
pazartesi salı çarşamba perşembe cuma cumartesi pazar
esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev
الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
월요일 화요일 수요일 목요일 금요일 토요일 일요일
thứ chủ
सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार
"""


def _folded(names: str) -> str:
    return normalize("NFKC", normalize("NFKC", names).casefold())


MONTHS: dict[str, frozenset[int]] = {}
for _number, _names in enumerate(map(_folded, _MONTHS), start=1):
    for _name in _names.split():
        MONTHS[_name] = MONTHS.get(_name, frozenset()) | {_number}

WEEKDAYS = frozenset(_folded(_WEEKDAYS).split())

WITHIN_A_DATE = frozenset({"of", "de", "del", "di", "do", "da", "the", "den", "der", "d", "a", "al", "le", "m", "i"})
"""Words between the day, the month and the year."""

AFTER_A_YEAR = frozenset({"г", "года", "году", "р", "року", "r", "roku", "m", "año", "anno", "j", "évi", "год"})
"""Words after the year that are part of the date."""

_ZONES = """
utc gmt z cet cest mez mesz bst wet west eet eest ist jst kst est edt cst cdt mst mdt pst pdt hkt sgt msk aest aedt
"""
ZONES = frozenset(_ZONES.split())

AFTER_A_TIME = frozenset(
    {
        "uhr",
        "h",
        "hrs",
        "hours",
        "o'clock",
        "uur",
        "ч",
        "godz",
        "hod",
        "klo",
        "heures",
        "horas",
        "ore",
    }
)
"""Words after the hour and minute that are part of the time."""

BEFORE_NOON = frozenset({"am", "a.m", "오전", "πμ", "π.μ", "ص"})
AFTER_NOON = frozenset({"pm", "p.m", "오후", "μμ", "μ.μ", "م"})
