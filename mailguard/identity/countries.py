"""ISO 3166 alpha-2 codes of countries by what sources call them. Refuses to know languages and borders."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mailguard.identity.folding import is_nothing, words

# alpha-2, alpha-3, then names: English and its own, parted by commas.
_TABLE = """
ad and andorra
ae are united arab emirates, uae, emirates
al alb albania, shqiperia
am arm armenia
ar arg argentina
at aut austria, osterreich, oesterreich
au aus australia
az aze azerbaijan
ba bih bosnia and herzegovina, bosnia, bosna i hercegovina
be bel belgium, belgie, belgique, belgien
bg bgr bulgaria, balgariya, bulgariya
bh bhr bahrain
bo bol bolivia
br bra brazil, brasil
by blr belarus
ca can canada
ch che switzerland, schweiz, suisse, svizzera
cl chl chile
cn chn china, peoples republic of china, zhongguo
co col colombia
cr cri costa rica
cy cyp cyprus, kypros
cz cze czechia, czech republic, cesko, ceska republika
de deu germany, deutschland, brd, allemagne, alemania, germania
dk dnk denmark, danmark
do dom dominican republic
dz dza algeria, algerie
ec ecu ecuador
ee est estonia, eesti
eg egy egypt
es esp spain, espana, spanien
fi fin finland, suomi
fr fra france, frankreich
gb gbr united kingdom, uk, great britain, england, scotland, wales, northern ireland, britain
gb gbr vereinigtes konigreich, grossbritannien, royaume uni
ge geo georgia
gh gha ghana
gr grc greece, ellada, hellas
gt gtm guatemala
hk hkg hong kong
hr hrv croatia, hrvatska
hu hun hungary, magyarorszag
id idn indonesia
ie irl ireland, eire, republic of ireland
il isr israel
in ind india, bharat
iq irq iraq
ir irn iran
is isl iceland, island
it ita italy, italia, italien
jo jor jordan
jp jpn japan, nippon
ke ken kenya
kr kor south korea, korea, republic of korea
kw kwt kuwait
kz kaz kazakhstan
lb lbn lebanon, liban
li lie liechtenstein
lk lka sri lanka
lt ltu lithuania, lietuva
lu lux luxembourg, luxemburg
lv lva latvia, latvija
ma mar morocco, maroc
mc mco monaco
md mda moldova
me mne montenegro, crna gora
mk mkd north macedonia, macedonia
mt mlt malta
mx mex mexico
my mys malaysia
ng nga nigeria
nl nld netherlands, the netherlands, nederland, holland
no nor norway, norge
nz nzl new zealand
om omn oman
pa pan panama
pe per peru
ph phl philippines
pk pak pakistan
pl pol poland, polska, polen
pr pri puerto rico
pt prt portugal
py pry paraguay
qa qat qatar
ro rou romania
rs srb serbia, srbija
ru rus russia, russian federation, rossiya
sa sau saudi arabia
se swe sweden, sverige
sg sgp singapore
si svn slovenia, slovenija
sk svk slovakia, slovensko
sm smr san marino
sn sen senegal
th tha thailand
tn tun tunisia, tunisie
tr tur turkey, turkiye
tw twn taiwan
ua ukr ukraine, ukrayina, ukraina
us usa united states, united states of america, america, vereinigte staaten, etats unis, estados unidos
uy ury uruguay
uz uzb uzbekistan
va vat vatican
ve ven venezuela
vn vnm vietnam, viet nam
za zaf south africa
"""


def _names() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in _TABLE.strip().splitlines():
        short, long, names = line.split(" ", 2)
        table.update(dict.fromkeys([short, long, *names.split(", ")], short))
    return table


_CODES: Final = _names()


@lru_cache(4096)
def country(text: str) -> str:
    """Return the lower-case alpha-2 code of a country given as code or name; its words where it is none of those known."""
    if is_nothing(text):
        return ""
    name = " ".join(words(text)[:8])
    found = _CODES.get(name) or _CODES.get(name.replace(" ", ""), name)
    return "" if is_nothing(found) else found  # (unknown) is nothing, too, but one sees it only without its marks
