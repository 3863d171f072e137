"""What a question asks for: a file, by name or by kind, or a change of one that is there. Pure.

Expressions run by RE2, so that no text takes longer than it is long. Of a long question the beginning and the end are looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import re2

from chat.artifacts import kinds
from chat.artifacts.kinds import Kind

HEAD, TAIL = 1_200, 600
"""Characters of a question that say what it wants; between them lies what somebody has pasted."""


@dataclass(frozen=True, slots=True)
class Wish:
    """``file``: a file is asked for in words; ``work``: something is to be written that is usually one (a program, a page, a report);
    ``change``: what is there is to be changed; ``explain``: words are asked for, and code in the answer is an example. ``names`` of
    files that it mentions, ``kind`` if it says one.
    """

    file: bool = False
    work: bool = False
    prose: bool = False
    change: bool = False
    explain: bool = False
    names: tuple[str, ...] = ()
    kind: Kind | None = None


NOTHING: Final = Wish()


def _any(*words: str) -> str:
    return "|".join(words)


_MAKE: Final = _any(
    r"create", r"write", r"make", r"generate", r"build", r"produce", r"draft", r"prepare", r"compose", r"design", r"code", r"implement", r"develop",
    r"program", r"give me", r"i need", r"i want", r"i'd like", r"export", r"convert", r"turn (?:it|this|that|them)", r"put (?:it|this|that|them)",
    r"rewrite", r"output", r"provide", r"send me", r"draw",
    r"erstell\w*", r"schreib\w*", r"erzeug\w*", r"generier\w*", r"mach\w*", r"bau\w*", r"entwirf", r"entwerf\w*", r"programmier\w*", r"gib mir", r"ich brauche",
    r"ich h[äa]tte gern\w*", r"verfass\w*", r"wandle", r"zeichne\w*", r"entwickl\w*", r"implementier\w*", r"exportier\w*", r"leg\w*",
    r"cr[ée]e[rz]?", r"[ée]cri[srtv]\w*", r"g[ée]n[èe]re[rz]?", r"fais", r"faites", r"donne-moi", r"r[ée]dige[rz]?", r"exporte[rz]?", r"j'ai besoin", r"pr[ée]pare[rz]?",
    r"con[çc]ois", r"dessine[rz]?",
    r"crea\w*", r"cr[ée]ame", r"escr[íi]b\w*", r"genera\w*", r"haz(?:me)?", r"hacer", r"dame", r"necesito", r"exporta\w*", r"redacta\w*", r"prepara\w*", r"dibuja\w*",
    r"scriv\w*", r"fammi", r"dammi", r"esporta\w*", r"mi serve", r"disegna\w*",
    r"cri[ae]\w*", r"escrev\w*", r"ger[ae]r?", r"faz", r"fa[çc]a", r"preciso", r"redija",
    r"maak", r"schrijf", r"genereer", r"geef me", r"stel .{0,30} op", r"bouw",
)  # fmt: skip
_SAVE: Final = _any(
    r"save (?:it|this|that|them|everything|the \w+|your answer|the result)? ?(?:as|to|in|into)", r"save as", r"as an? (?:downloadable )?(?:\w+ )?(?:file|document)\b",
    r"(?:in|into|to) an? (?:\w+ )?(?:file|document)\b", r"store (?:it|this|that) (?:as|in)", r"downloadable",
    r"(?:speicher\w*|sicher\w*|leg\w*|abspeichern) .{0,40}(?:als|in|unter)\b", r"als (?:\w+-?)?datei\b",
    r"(?:als|unter) \.?[\w.-]+ (?:ab)?speichern\b", r"in (?:eine[rn]?|die) (?:\w+-?)?datei\b",
    r"(?:enregistre\w*|sauvegarde\w*) .{0,40}(?:sous|dans|en|comme)\b", r"(?:dans|comme|sous forme d[e'] ?) ?(?:un )?fichier\b",
    r"(?:guarda\w*|gu[áa]rdal[oae]s?|salva\w*|salve) .{0,40}(?:como|en|em|come|in)\b", r"(?:en|como|em) (?:un |um )?(?:archivo|fichero|arquivo|ficheiro)\b",
    r"(?:in|come) un file\b", r"sla .{0,40} op als\b", r"als bestand\b",
)  # fmt: skip
_FILE_WORD: Final = (
    r"files?|datei(?:en)?|fichiers?|archivos?|ficheros?|arquivos?|ficheiros?|bestand(?:en)?|artifacts?|artefakt"
)
_WORK: Final = _any(
    r"scripts?", r"programs?", r"programme?s?", r"programa", r"programma", r"apps?", r"applications?", r"anwendung", r"aplicaci[óo]n", r"aplica[çc][ãa]o", r"applicazione",
    r"web ?sites?", r"web ?pages?", r"webseite", r"(?:landing|home|login|sign-?up|error|contact|pricing|about) page", r"page web", r"p[áa]gina(?: web)?", r"pagina(?: web)?", r"html page", r"games?", r"spiel", r"jeu", r"juego", r"gioco", r"jogo",
    r"class(?:es)?", r"klasse", r"modules?", r"modul", r"components?", r"komponente", r"composants?", r"componente", r"servers?", r"bots?", r"cli", r"calculator", r"dockerfile", r"makefile",
    r"docker-?compose", r"workflow", r"config(?:uration)?", r"konfiguration", r"schema", r"template", r"vorlage", r"plantilla", r"mod[èe]le", r"diagram\w*", r"diagrama",
    r"flow ?charts?", r"svg", r"logo", r"icons?", r"spreadsheets?", r"tabellen?", r"tables?", r"tableau", r"tabla", r"dataset", r"library", r"api", r"crawler", r"scraper", r"parser", r"unit tests?", r"tests", r"todo list",
    r"stylesheet", r"userscript", r"plugin", r"regex tester", r"simulat\w+", r"invoice", r"rechnung", r"unit file",
)  # fmt: skip
_PROSE: Final = _any(
    r"essays?", r"aufsatz", r"articles?", r"artikel", r"art[íi]culo", r"articolo", r"artigo", r"reports?", r"bericht", r"rapport", r"informe", r"relat[óo]rio", r"rapporto", r"relazione",
    r"letters?", r"briefs?", r"brief", r"anschreiben", r"lettre", r"carta", r"lettera", r"blog ?posts?", r"blogbeitrag", r"readme", r"documents?", r"dokument", r"documento", r"proposal", r"angebot",
    r"manual", r"handbuch", r"anleitung", r"contract", r"vertrag", r"contrat", r"contrato", r"contratto", r"cv", r"resume", r"lebenslauf", r"speech", r"rede", r"discours", r"discurso", r"newsletter", r"press release",
    r"specification", r"spezifikation", r"short stor(?:y|ies)", r"kurzgeschichte", r"nouvelle", r"cuento", r"racconto", r"conto", r"chapter", r"kapitel", r"screenplay", r"drehbuch", r"business plan", r"lesson plan",
    r"white ?paper", r"minutes", r"protokoll", r"privacy policy", r"datenschutzerkl[äa]rung", r"cover letter", r"documentation", r"dokumentation", r"guide", r"design doc",
)  # fmt: skip
_CHANGE: Final = _any(
    r"add", r"change", r"fix", r"update", r"remove", r"rename", r"improve", r"refactor", r"extend", r"replace", r"make it", r"make the", r"now", r"also", r"instead", r"translate", r"rewrite",
    r"shorten", r"use", r"include", r"clean up", r"optimi[sz]e", r"again",
    r"f[üu]ge?", r"erg[äa]nz\w*", r"[äa]nder\w*", r"korrigier\w*", r"verbesser\w*", r"entfern\w*", r"ersetz\w*", r"mach\w*", r"jetzt", r"stattdessen", r"k[üu]rz\w*", r"[üu]bersetz\w*", r"bau\w* .{0,40} ein",
    r"ajoute\w*", r"change\w*", r"corrige\w*", r"am[ée]liore\w*", r"supprime\w*", r"remplace\w*", r"maintenant", r"traduis\w*", r"raccourcis",
    r"a[ñn]ad\w*", r"agrega\w*", r"cambia\w*", r"corr[ie]g\w*", r"mejora\w*", r"elimina\w*", r"quita\w*", r"reemplaza\w*", r"ahora", r"traduce\w*",
    r"aggiungi\w*", r"modifica\w*", r"correggi\w*", r"migliora\w*", r"rimuovi\w*", r"adesso", r"ora", r"adicion\w*", r"acrescent\w*", r"mud[ae]\w*", r"melhor\w*", r"remov\w*", r"agora",
    r"voeg", r"verander", r"verbeter", r"verwijder",
)  # fmt: skip
_EXPLAIN: Final = _any(
    r"how (?:do|does|can|could|to|would|should|is|are|did)\b", r"why\b", r"what(?:'s| is| are| does| do| happens| would)?\b", r"when\b", r"where\b", r"which\b", r"who\b", r"is\b", r"are\b", r"does\b", r"do (?:i|we|you know)\b",
    r"explain\b", r"can (?:you |u )?explain\b", r"could you explain\b", r"tell me (?:about|how|why|what)\b", r"describe (?:how|what|why)\b", r"difference between\b", r"show me how\b", r"help me understand\b", r"i don't understand\b",
    r"wie (?:kann|macht|geht|mache|funktioniert|schreibt|erstelle|speichere|soll)\b", r"warum\b", r"wieso\b", r"weshalb\b", r"was (?:ist|sind|macht|bedeutet|tut)\b", r"wann\b", r"wo\b", r"welche\w*", r"erkl[äa]r\w*", r"kannst du (?:mir )?(?:bitte )?erkl[äa]ren\b",
    r"comment\b", r"pourquoi\b", r"qu'est-ce\b", r"quelle?s?\b", r"explique\w*", r"quand\b", r"que fait\b",
    r"c[óo]mo\b", r"por qu[ée]\b", r"qu[ée] (?:es|son|hace)\b", r"explica\w*", r"expl[íi]came\b", r"cu[áa]l\b", r"come (?:si|posso|faccio|funziona)\b", r"perch[ée]\b", r"cos'[èe]\b", r"che cosa\b", r"spiega\w*",
    r"como (?:fa[çc]o|posso|funciona|se)\b", r"o que\b", r"hoe\b", r"waarom\b", r"wat (?:is|doet)\b",
)  # fmt: skip

_EDGE: Final = r"(?:^|[^\w.])"
_SUFFIX: Final = "|".join(
    sorted({*kinds.SUFFIXES, *(kind.suffix for kind in kinds.KINDS.values())}, key=len, reverse=True)
)
_FORMAT: Final = r"markdown|csv|tsv|json|yaml|toml|xml|html|svg|latex|tex|mermaid|plain text|text|python|javascript|typescript|bash|shell|sql|css|rust|java|ruby|php"


def _compiled(expression: str) -> "re2._Regexp[str]":
    return re2.compile(f"(?i){expression}")


_makes = _compiled(rf"{_EDGE}(?:{_MAKE})\b")
_saves = _compiled(rf"{_EDGE}(?:{_SAVE})")
_makes_file = _compiled(rf"{_EDGE}(?:{_MAKE})\b[^.?!\n]{{0,80}}[^\w](?:[\w-]*-)?(?:{_FILE_WORD})\b")
_makes_work = _compiled(
    rf"{_EDGE}(?:{_MAKE})\b[^.?!\n]{{0,80}}[^\w](?:[\w]*[-])?(?:{_WORK}|\w+(?:skript|programm|spiel|seite))\b"
)
_makes_prose = _compiled(rf"{_EDGE}(?:{_MAKE})\b[^.?!\n]{{0,60}}[^\w](?:{_PROSE})\b")
_changes = _compiled(rf"{_EDGE}(?:{_CHANGE})\b")
_explains = _compiled(
    rf"^\W*(?:(?:hi|hello|hey|hallo|please|bitte|so|and|but|ok(?:ay)?|thanks|danke)[,!. ]+)*(?:{_EXPLAIN})"
)
_names = _compiled(
    rf"(?:^|[\s\"'`(«„“*\[:/\\])((?:[\w][\w+-]{{0,60}}(?:\.[\w+-]{{1,30}}){{0,3}}\.(?:{_SUFFIX})|Dockerfile|Makefile|\.gitignore|\.dockerignore|\.env))(?:$|[\s\"'`)»“”*\],;:!?]|\.(?:$|\s))"
)
_as_kind = _compiled(
    rf"{_EDGE}(?:as|als|en|como|come|in|to|into|im|nach|em|au format) (?:an? |ein(?:e|en|er)? |une? |una? |uma? )?(?:(?:\.)({_SUFFIX})|({_FORMAT}))\b(?:[- ]?({_FILE_WORD}|document|dokument|format\w*|table|tabelle))?"
)
_kind_file = _compiled(rf"{_EDGE}\.?({_SUFFIX}|{_FORMAT})[- ](?:{_FILE_WORD}|document|dokument)\b")
_file_kind = _compiled(rf"{_EDGE}(?:{_FILE_WORD})\s+(?:\.)?({_FORMAT})\b")

_AMBIGUOUS: Final = frozenset(
    ("python", "javascript", "typescript", "bash", "shell", "sql", "css", "rust", "java", "ruby", "php", "text", "html")
)
"""Named as a language to write in, more often than as the form of a file."""


def of(question: str) -> Wish:
    """Costs some tens of microseconds."""
    text = question if len(question) <= HEAD + TAIL else f"{question[:HEAD]}\n{question[-TAIL:]}"
    text = _without_code(text)
    if not text.strip():
        return NOTHING
    names = tuple(dict.fromkeys(found[1] for found in _names.finditer(text)))[:8]
    explain = _explains.search(text) is not None
    save = _saves.search(text) is not None
    makes = _makes.search(text) is not None
    kind, formed = _kind(text)
    file = save or (makes and not explain and (bool(names) or formed or _makes_file.search(text) is not None))
    if explain and not (save and (names or formed)):
        file = False
    prose = not explain and _makes_prose.search(text) is not None
    work = not explain and (prose or _makes_work.search(text) is not None)
    if kind is None and names:
        kind = kinds.of_file(names[-1])
    return Wish(file, work or file, prose, _changes.search(text) is not None, explain, names, kind)


def _kind(text: str) -> tuple[Kind | None, bool]:
    """The kind that is named, and whether as the form of what is wanted."""
    found = _kind_file.search(text)
    if found is not None:
        return kinds.of_language(found[1].replace("plain ", "")), True
    found = _file_kind.search(text)
    if found is not None:
        return kinds.of_language(found[1].replace("plain ", "")), True
    found = _as_kind.search(text)
    if found is None:
        return None, False
    word = (found[1] or found[2]).lower().replace("plain ", "")
    formed = bool(found[1] or found[3]) or word not in _AMBIGUOUS
    return kinds.of_language(word), formed


def mentions(question: str, names: Sequence[str]) -> list[str]:
    """Those of ``names`` that a question speaks of, with or without what they end with."""
    text = question[:HEAD].lower()
    found = []
    for name in names:
        stem = name.rpartition(".")[0] or name
        if name.lower() in text or (len(stem) > 4 and re2.search(rf"\b{re2.escape(stem.lower())}\b", text)):
            found.append(name)
    return found


def _without_code(text: str) -> str:
    """What somebody quotes wants nothing."""
    parts = text.split("```")
    return "\n".join(parts[::2]) if len(parts) > 2 else text


def asks(question: str, *, changes: bool = False) -> bool:
    """Whether an answer may be a file even if it holds no block of code; with ``changes`` also one that is there, changed. For every question:
    most end after the first look."""
    text = question[:HEAD] + question[-TAIL:] if len(question) > HEAD + TAIL else question
    if _makes.search(text) is None and _saves.search(text) is None and not (changes and _changes.search(text)):
        return False
    wish = of(question)
    return wish.file or wish.prose or (changes and wish.change and not wish.explain)
