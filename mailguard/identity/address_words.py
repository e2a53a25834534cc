"""Words of streets and buildings with their abbreviations, in several languages. Lower-case ASCII; words only."""

from __future__ import annotations

from typing import Final

from mailguard.identity.folding import word_set

_SAME = """
st street str strasse
rd road
av ave aven avenue avenida avda avd av
dr drv drive
ln lane
ct crt court
cl close cls
cres crescent cr crs
pl place plaza platz plz
pde parade
tce ter terr terrace
gr grove gve grv
hwy highway
sq square sqr
blvd boulevard bvd boul bd
pk park
pkwy parkway
gdns gardens gdn garden
cct circuit cir circle
way wy
mt mount
n north
s south
e east
w west
r rue rua
c calle
via v
viale vle
piazza pza
corso cso
ch chemin
imp impasse
all allee
ring rg
weg w
gasse g
ul ulica ulitsa
pr prospekt
nam namesti
"""
ABBREVIATED: Final = {word: line.split()[0] for line in _SAME.strip().splitlines() for word in line.split() if len(word) > 1}
"""Each word of a kind of street, by all its spellings."""

SAINT: Final = dict.fromkeys(("st", "ste", "saint", "sainte", "sankt"), "saint")

STREET_ENDINGS: Final = ("strasse", "strase", "straat", "str")
"""Of streets whose kind is written in one word with their name (Musterstraße, Musterstr.)."""

UNITS: Final = word_set("""
flat apt apartment unit suite ste room rm floor fl level lvl app appartement appartamento wohnung whg top tur stiege stock
etage piso puerta planta interno int scala bat batiment esc escalera bus boite lot door block building bldg
""")
"""They name a part of a building when a number or one letter follows."""
