"""Words in names that name nobody: titles, suffixes, particles, legal forms. Lower-case ASCII; words only."""

from __future__ import annotations

from typing import Final

from mailguard.identity.folding import word_set

TITLES: Final = word_set("""
familie family famille familia famiglia
mr mrs ms miss mx sir dame lord lady madam dr doctor prof professor rev reverend fr hon capt captain col maj sgt lt frau
herr herrn hr fraulein dipl ing mag med phil jur rer nat habil univ monsieur madame mademoiselle mme mlle docteur maitre
senor senora senorita sr sra srta dna dra signor signora signore signorina sig dott dottssa avv geom senhor senhora meneer
mevrouw heer dhr mw mevr herra rouva pan pani gospodin gospozha gospodja
""")
"""Before a name. `don`, `mag` alone, `m` and `d` are names or initials as well: only what is hardly ever one is here."""

SUFFIXES: Final = word_set("""
jr jnr junior sr snr senior ii iii iv esq esquire phd md dds mba msc bsc llb llm cpa dphil mbe obe cbe ret
""")
"""After a name."""

PARTICLES: Final = word_set("""
von vom zum zur zu van der den ten ter te de del della dello dei degli di da dal das do dos du des la las le los les y e i
af av bin ibn bint binti ben
""")
"""Before a surname; written or left out as it comes."""

JOINED: Final = word_set("o mc mac d l st saint san fitz al el abu ap")
"""First halves of one surname: Mc Donald is McDonald, Al Masri AlMasri."""

AND: Final = word_set("and und et og och en")
"""Between two people of one display name."""

LEGAL_FORMS: Final = word_set("""
ltd limited llc llp inc incorporated corp corporation plc gmbh ag kg ohg gbr mbh ug sarl sas srl spa snc bv nv ab oy oyj asa
kft zrt doo sro pty pte ooo zao oao holding holdings
""")
"""At the end of a company's name. Those that are surnames too (Sá) are not here."""

COMPANY_WORDS: Final = word_set("""
company group gruppe team support service services kundenservice kundendienst department dept abteilung office verein
association university universitat college school hospital clinic bank insurance versicherung shop store solutions systems
consulting agency agentur verlag hotel restaurant club foundation stiftung institute institut ministry council newsletter
billing sales accounts reception sekretariat redaktion
""")
"""In the name of something that is no person."""
