"""Which given names are one name: Bob is Robert. From the package `nicknames` (English), and the table below.

Read at first use; it refuses to say how common a name is.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from nicknames import name_triplets

_CACHED: Final = 1 << 16
# The formal name first, then what it is usually called. Transliterated as anyascii does it.
_USUAL = """
alan allen allan
albert al bert bertie
alexander alex alec alick sandy xander sascha aleksandr sasha sanya shura alejandro alessandro ale
amy
andrew andy drew
anthony tony
austin
benjamin ben benny benji
brian bryan
charles charlie chuck chas
christopher chris topher
daniel dan danny
david dave davey davie
donald don donnie
edward ed eddie ted teddy ned
francis frank frankie
frederick fred freddie freddy
gary
george
gerald gerry jerry
gregory greg gregg
henry harry hank hal
james jim jimmy jamie jem
john jack johnny jon johnnie
jonathan jonny nathan
joseph joe joey josef sepp pepi jupp jozef
kenneth ken kenny
lawrence larry laurence
mark marc marcus
matthew matt matty mathew
michael mike mick mickey micky michi mikey
nicholas nick nicky nico nicolas
noah
patrick pat paddy
peter pete petey
philip phil phillip
ralph
randy
raymond ray
richard dick rick ricky rich richie
robert bob bobby rob robbie robby
ronald ron ronnie
roy
samuel sam sammy
stephen steve steven stevie
terry
theodore theo
thomas tom tommy tommi
timothy tim timmy
walter walt wally
william bill billy will willie liam wm
zachary zach zack zac
ann anne nan annie
catherine katherine kathryn kate katie kathy cathy kat kitty katharine
deborah deb debbie debra
dorothy dot dottie dolly
eleanor ellie nell nora
elizabeth liz beth betty betsy lizzie lizzy eliza libby elisabeth bess
jane
jennifer jen jenny jenn
judith judy
julia julie
kayla
kelly
laura
margaret maggie meg peggy peg madge marge margie
martha patsy
mary molly polly mamie
megan
patricia patty trish pattie tricia
rebecca becky becca
sarah sally sadie sara
sophia sofia sophie
susan sue susie suzy
victoria vicky vicki tori
johannes hans johann hannes jan hansi
franz franzl
friedrich fritz friedl
heinrich heinz heiner hein
wilhelm willi willy
karl carl kalle
georg schorsch jorg jurgen
ludwig lutz
maximilian max maxi
sebastian basti wastl
matthias mathias hias matze
stefan stephan steffen
katharina kathi kati katja kathrin katrin karin
margarete grete gretl gretchen greta margareta
lisa lisl liesl sissi sisi elsbeth
magdalena leni
johanna hanna hanni
barbara babsi barb babs
susanne susi sanne
gertrud gerti trude traudl
theresia resi therese
ursula uschi ulla
giuseppe beppe peppe pino
giovanni gianni nanni
francesco franco ciccio checco
luigi gigi gino
antonio toni tonino nino
salvatore toto turi
domenico mimmo
vincenzo enzo
caterina rina
jose pepe chepe
francisco paco pancho curro kiko
ignacio nacho
enrique quique kike
jesus chus chuy
manuel manolo manu
rafael rafa
guadalupe lupe
dolores lola
concepcion concha conchita
mercedes merche
rosario charo
isabel isa chabela
maria mari marie mia mitzi mariya masha
jean jeannot
jacques jacquot
ivan vanya
dmitriy dima mitya dmitri dmitry
vladimir vova volodya
mikhail misha
nikolay kolya nikolai
sergey seryozha sergei
aleksey alyosha lyosha alexei alexey
evgeniy zhenya evgeny
pavel pasha
anna anya anja annika anni
ekaterina katya
elena lena olena yelena
natalya natasha nataliya natalia
tatyana tanya tatiana
olga olya
svetlana sveta
lyudmila luda lyuda
anastasiya nastya anastasia
yuliya yulia
jerzy jurek
stanislaw staszek
krzysztof krzys
malgorzata gosia
aleksandra ola
mohammed muhammad mohamed mohammad mehmet muhammed mhmd
ahmed ahmad ahmet
""".strip()


@lru_cache(_CACHED)
def formal(given: str) -> str:
    """Return the name that stands for a given name: itself, or the formal name that it is usually short for.

    A name that has nicknames of its own is formal itself. Of several, where no usual one is known, it is the one that has most.
    """
    usual, counts = _usual_names(), _counts()
    if given in usual or counts.get(given, 0) > 1:
        return usual.get(given, given)
    names: tuple[str, ...] = (given, *_formal_names().get(given, ()))
    name = max(names, key=lambda name: (counts.get(name, 0), name))
    return usual.get(name, name)


def is_nickname(given: str, other: str) -> bool:
    """Whether one of two names is short for the other, or both are short for a third."""
    if given == other:
        return False
    ours, theirs = formal_names(given), formal_names(other)
    return other in ours or given in theirs or not ours.isdisjoint(theirs)


def formal_names(given: str) -> frozenset[str]:
    """Return the names that a name may be short for. Of two names one is a nickname of the other if these, or they, overlap."""
    return _formal_names().get(given, frozenset())


def is_short(given: str) -> bool:
    """Whether a name is short for some other."""
    return given in _formal_names()


@cache
def _usual_names() -> dict[str, str]:
    """Return the usual formal name of each name of the table above."""
    return {name: line.split()[0] for line in _USUAL.splitlines() for name in line.split()}


@cache
def _formal_names() -> dict[str, frozenset[str]]:
    """Return the formal names by nickname."""
    pairs = [(name, nickname) for name, _, nickname in name_triplets()]
    pairs += [(formal_name, nickname) for nickname, formal_name in _usual_names().items() if nickname != formal_name]
    table: dict[str, set[str]] = {}
    for name, nickname in pairs:
        table.setdefault(nickname, set()).add(name)
    return {nickname: frozenset(names) for nickname, names in table.items()}


@cache
def _counts() -> dict[str, int]:
    """Return how many nicknames each formal name has."""
    counts: dict[str, int] = {}
    for names in _formal_names().values():
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return counts
