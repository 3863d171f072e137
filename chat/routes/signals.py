"""What speaks for a route in the words of a question: patterns of RE2, each with its weight. Several languages, as far as a few words reach.

``code`` is not a route: it is told apart into simple and complex afterwards, see :mod:`chat.routes.rules`.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

import re2
from django.utils.translation import gettext_lazy as _

from chat.personas.patterns import Pattern

MAX_MEMORY = 8 * 2**20
"""Bytes that one pattern may take for its automaton. Beyond it RE2 falls back to a slower way, still linear."""

_SIGNS = str.maketrans(
    {"×": "*", "÷": "/", "√": "sqrt(", "∫": r"\int", "∑": r"\sum", "π": r"\pi", "≤": r"\leq", "≥": r"\geq", "²": "^2", "³": "^3",
     "−": "-", "–": "-", "’": "'", "€": "$", "£": "$"}
)  # fmt: skip


def folded(text: str) -> bytes:
    """In ASCII: signs of mathematics spelled out, accents taken off, other scripts left out. RE2 knows no words beyond ASCII."""
    return unicodedata.normalize("NFKD", text.translate(_SIGNS)).encode("ascii", "ignore")


@cache
def pattern(text: str) -> Pattern:
    """One of ours, which looks at folded text."""
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.max_mem = False, False, MAX_MEMORY
    return Pattern(re2.compile(folded(text), options))


class Signal(NamedTuple):
    """``weight``: the probability, roughly, that a question with it belongs to ``family``, nothing else being known."""

    family: str
    name: str
    weight: float
    pattern: str


_LANGUAGES = (
    r"(python|javascript|typescript|java|rust|golang|c\+\+|c#|php|ruby|kotlin|swift|haskell|sql|sqlite|postgres\w*|bash|powershell|html|css|"
    r"react|django|flask|node\.?js|pandas|numpy|regex|dockerfile|docker|kubernetes|git|jq|awk|sed|lua|scala|perl|fastapi|celery|redis)"
)
_PROGRAM = (
    r"(function|script|query|snippet|program|regex|regular expression|one-liner|class|method|decorator|loop|funktion|skript|programm|"
    r"abfrage|fonction|requ[eê]te|funci[oó]n|consulta|funzione|programma|fun[cç][aã]o|api|endpoint|cli|parser|dockerfile|cron ?job)"
)

SIGNALS = (
    # code
    Signal("code", "fence", 0.75, r"```"),
    Signal("code", "line", 0.7, r"(?m)^\s*(def \w+\(|class \w+[:({]|import \w|from \w+ import|function \w*\(|const \w+ ?=|let \w+ ?=|fn \w+\(|func \w+\(|package \w+|#include|select .+ from |public (static|class|void)|<\?php|<div|if __name__)"),
    Signal("code", "language", 0.55, r"(^|[^\w])" + _LANGUAGES + r"($|[^\w])"),
    Signal("code", "program", 0.6, r"(write|create|give me|show me|make|need|build|implement|schreib\w*|brauche|erstell\w*|[eé]cri[st]|escrib[ea]\w*|scrivi|escreva)[^.?!]{0,50}\b" + _PROGRAM + r"\b"),
    Signal("code", "in a language", 0.5, r"\b(in|with|using|en|mit|con|em) " + _LANGUAGES + r"\b"),
    Signal("code", "error", 0.6, r"(\b[A-Z]?\w+(Error|Exception)\b|traceback|segfault|segmentation fault|stack ?trace|undefined is not|null pointer|panicked at|borrow checker|merge conflict|compil(er|ing) error)"),
    Signal("code", "craft", 0.5, r"\b(codebase|source code|unit tests?|compile[sr]?|vim|emacs|json|yaml|csv file|linux|terminal|shell|chmod|excel formula|command[- ]line|jquery|b-tree|webhooks?|lock-free|api keys?|debug\w*|refactor\w*|backend|frontend|foreign key|git (commit|branch|rebase|stash|reset)|pull request|api endpoint|thread pool|websocket|linter|css grid|flexbox|quellcode|datenbank\w*|befehl|programmier\w*|code review|async/await|mutex)\b"),
    Signal("code", "sign", 0.6, r"(\w+\(\)|\w+\.\w+\(|[=!]==|=>|::|&&|\|\||</\w+>|\bself\.\w+|--\w+-\w+)"),
    # what makes code complex, or simple
    Signal("complex", "design", 0.5, r"\b(architect\w*|design (a|an|the|me|our|my)|from scratch|state machine|event loop|microservices?|distributed|plugin system|schema for|scal(e|able|ing)|multi-?tenant|entwirf|architektur|con[cç]ois|dise[nñ]a|projeta)\b"),
    Signal("complex", "concurrency", 0.55, r"\b(race conditions?|deadlocks?|memory leaks?|concurren\w*|thread[- ]safe\w*|lock-free|parallel\w*|idempoten\w*|backpressure|eventual consistency|wettlauf\w*|nebenl[aä]ufig\w*|concurrence|concurrencia)\b"),
    Signal("complex", "trouble", 0.5, r"\b(stack ?trace|traceback|intermittent\w*|flaky|hangs|crash(es|ed|ing)?|leaks?|sometimes|every few|under load|only (happens|fails) (in|on|when)|segfault|out of memory|deadlocks|h[aä]ngt|manchmal|abst[uü]rz\w*|parfois|a veces)\b"),
    Signal("complex", "review", 0.5, r"\b(refactor\w*|code review|review (this|my|the|our)|rewrite|restructure|clean up|migrat\w+|port (this|our|my)|[uü]berarbeit\w*|refactori[sz]\w*|refactorisa\w*|refactoriza\w*)\b"),
    Signal("complex", "whole", 0.45, r"\b(implement (a|an|the|my|our)|build (a|an|me|the)|complete (application|app|project|service)|full[- ]stack|with tests|unit and integration|several (files|modules)|pipeline|end-to-end|client and server|implementier\w*|impl[eé]mente\w*|implementa)\b"),
    Signal("complex", "quality", 0.35, r"\b(optimi[sz]e|performance|profil(e|ing)|latency|throughput|bottleneck|o\(n|memory usage|production|slow|langsam|optimier\w*|lent[eo]?)\b"),
    Signal("simple", "how", 0.4, r"\b(how (do|can|to)|what('s| is) the (command|syntax|difference)|one-liner|snippet|quick|simple|short|regex (for|that|to)|syntax|wie (kann|mache|geht)|kurz\w*|einfach\w*|comment (faire|je)|c[oó]mo (se|puedo|hago)|come (si|posso))\b"),
    # math
    Signal("math", "latex", 0.85, r"\\(frac|int|sum|prod|sqrt|lim|infty|alpha|beta|theta|pi|cdot|times|leq|geq|mathbb|begin\{[bp]?matrix)"),
    Signal("math", "sum", 0.65, r"\d\s*[+*/×÷^]\s*\(?\d|\d\s*-\s*\d+\s*[=?]|\d\s*=\s*\?"),
    Signal("math", "equation", 0.75, r"\b\d*[a-z]\s*(\^\s*\d+|²|³)?\s*[-+]\s*\d*\.?\d*[a-z]?[^.?!]{0,20}=\s*-?\d|\b[fgy]\s*\(?x?\)?\s*=\s*[^.?!]{0,20}[x\d]|\bx\s*(\^|²|³)"),
    Signal("math", "task", 0.6, r"\b(solve (for|the (equation|system|inequality)|[^.?!]{1,40}= ?-?\w+)|calculate|compute the|evaluate the (integral|limit|sum)|differentiate|integrate|factori[sz]e|simplify the (expression|fraction)|prove (that|the|by)|find the (roots? of|area|volume|derivative|limit|sum|inverse|determinant|probability|value)|berechne\w*|l[oö]se (die|das|den|nach|folgende\w*)|beweise|bestimme die|leite .{0,20} ab|r[eé]sou[sd]\w*|calcul(e|er|ez)|d[eé]montre\w*|resuelve|calcula|demuestra|risolvi|calcola|resolva)\b"),
    Signal("math", "notion", 0.6, r"\b(integrals?|derivatives?|polynomials?|matri(x|ces)|eigenval\w+|eigenvectors?|determinant|logarithms?|equations?|theorem|prime (numbers?|factors?)|binomial|standard deviation|confidence interval|geometric series|hypotenuse|quadratic|modulo|combinatori\w+|permutations?|arrangements of|closed form|dot product|square roots?|perimeter|divisible by|in(to)? binary|compound interest|probability of|gleichung\w*|ableitung|wahrscheinlichkeit|primzahl\w*|standardabweichung|[eé]quation|d[eé]riv[eé]e|probabilit[eéà]\w*|ecuaci[oó]n|derivada|probabilidad|ra[ií]z cuadrada|raiz quadrada|racine carr[eé]e|wurzel aus|equazione|derivata|integrale?)\b"),
    Signal("math", "percentage", 0.75, r"\d\s*(%|percent|prozent|pour cent|por ciento)\s*(of|von|de|di|auf)\s*[€$£]?\d|\d+([.,]\d+)?\s?% (discount|interest|tax|zinsen|rabatt)"),
    Signal("math", "amounts", 0.4, r"\b(how (many|much|long|far|fast|old)|what is the (total|average|area|volume|speed)|wie (viel\w*|lange|weit|schnell)|combien|cu[aá]nt[oa]s?|quant[oiae])\b[^?]{0,200}\d|\d[^?]{0,200}\b(how (many|much|long|far|fast|old)|wie (viel\w*|lange|weit|schnell)|combien|cu[aá]nt[oa]s?|quant[oiae])\b"),
    Signal("math", "units", 0.65, r"(convert|how many|umrechn\w*|in)\b[^.?!]{0,30}\d[\d.,]*\s?(km|miles?|meters?|feet|inches|cm|kg|pounds|lbs|ounces|celsius|fahrenheit|°[cf]|litres?|gallons?|mph|km/h|meilen|zoll)\b[^.?!]{0,30}\b(to|in|into|nach)\b"),
    # research
    Signal("research", "now", 0.45, r"\b(latest|newest|current(ly)?|today('s)?|tonight|yesterday|tomorrow|since last (week|month|year)|this (week|month|year|season)|recent(ly)?|right now|as of|so far this|up to date|20(2[4-9]|3\d)|aktuell\w*|neueste\w*|heute|gestern|derzeit|diese (woche|jahr)|derni[eè]re?s?|actuel\w*|aujourd'hui|cette (semaine|ann[eé]e)|[uú]ltim[oa]s?|hoy|actual\w*|este a[nñ]o|oggi|attual\w*|hoje)\b"),
    Signal("research", "changing", 0.45, r"\b(news|prices? of|how much does|stock|exchange rate|shares? of|released?|release date|weather|forecast|elections?|who won|score|president|prime minister|ceo|opening hours|available in|in stock|nachrichten|preis\w*|kurs|wetter|leitzins|zinssatz|wahl\w*|wer hat .{0,30}gewonnen|prix|m[eé]t[eé]o|quel temps|[eé]lections?|noticias|precio|clima|elecciones|notizie|prezzo|meteo|che tempo fa|cheap flights?|rents?)\b"),
    Signal("research", "sources", 0.65, r"\b(sources?|cite|citations?|with links|quot(e|ing) (the|them|articles?)|papers? (on|about)|studies|literature|evidence (for|that)|peer-reviewed|statistics (on|about)|quellen|belege|studien|literatur|[eé]tudes|fuentes|estudios|fonti|studi)\b"),
    Signal("research", "look it up", 0.75, r"\b(look (it )?up|search (the web|online|the internet|for)|google (it|this|for)|find (me )?(out|sources|articles|papers|information|reviews)|on the (web|internet)|fact-?check|recherchier\w*|such(e|st)? (im|mir|nach|bitte)|im (netz|internet)|cherche\w* (sur|des|les)|sur (internet|le web)|busca\w* (en|informaci[oó]n|fuentes)|en internet|cerca (su|in|online))\b"),
    Signal("research", "address", 0.5, r"https?://\S+"),
    Signal("research", "products", 0.4, r"\b(which .{0,40}(should i buy|is best|are the best)|best .{0,30}(under|for) [€$£]?\d|reviews? of|compare (the )?(prices|plans|models|phones|laptops|cars|providers)|market share|kaufberatung|testsieger|vergleich\w* (die|der) (preise|anbieter|modelle)|comparatif|comparativa)\b"),
    # reasoning
    Signal("reasoning", "puzzle", 0.8, r"\b(puzzles?|riddles?|brain ?teaser|knights and knaves|who is (lying|telling the truth)|logic grid|paradox\w*|r[aä]tsel|knobelaufgabe|[eé]nigme|devinette|acertijo|indovinello|wolf, (a |the )?goat)\b"),
    Signal("reasoning", "conclusion", 0.6, r"\b(if (all|every|no|some) \w+ (are|is)|what follows|does it follow|therefore|deduce|infer|conclude|premises?|syllogism\w*|contradict\w*|fallac(y|ies)|counter-?examples?|valid argument|what else could explain|is it rational|what evidence|can('t| not)? i conclude|hidden assumptions?|wenn alle|folgt daraus|widerspr[uü]ch\w*|fehlschluss|si tous|peut-on conclure|si todos|se sigue|puedo concluir|quale conclusione|sofisma)\b"),
    Signal("reasoning", "weighing", 0.6, r"\b(pros and cons|trade-?offs?|should (i|we|they)|which (option|offer|choice|would you)|weigh\w* (the|up|these)|decide (between|whether)|arguments? (for|against)|argumente|argumentos|argomenti|decision|dilemma|devil's advocate|second-order|what would happen if|thought experiment|vor- und nachteile|abw[aä]g\w*|soll(en|te)? (ich|wir)|entscheid\w*|avantages et (les )?inconv[eé]nients|dois-je|devrais-je|ventajas y (desventajas|contras)|deber[ií]a|pro e contro|dovrei)\b"),
    Signal("reasoning", "plan", 0.5, r"\b(strategy|plan (a|for|my|the|how)|schedule|prioriti[sz]e|root cause|step by step why|minimum number of (moves|steps|weighings)|optimal (order|strategy)|constraints?|strategie|priorisier\w*|reihenfolge|strat[eé]gie|estrategia|strategia|argue (for|against)|steelman|ethic(s|al)|moral\w*)\b"),
    # general
    Signal("general", "greeting", 0.9, r"^\W*(hi|hello|hey|yo|good (morning|evening|afternoon|night)|thanks?( you)?|thx|hallo|moin|servus|guten (morgen|tag|abend)|danke\w*|bonjour|bonsoir|salut|merci|hola|buenos d[ií]as|gracias|ciao|buongiorno|grazie|ol[aá]|obrigad[oa]|ok(ay)?|lol|cool)\b[^?\d]{0,50}$"),
    Signal("general", "writing", 0.85, r"\b(write|draft|compose|schreib\w*|verfass\w*|formulier\w*|r[eé]dige\w*|[eé]cri[st]\w*|escrib[ea]\w*|redacta|scrivi|escreva)\b[^.?!]{0,50}\b(poem|haiku|limerick|story|e-?mail|letter|song|lyrics|toast|speech|invitation|tweet|blog post|post|caption|bio|slogan|birthday|cover letter|review of|note|message|gedicht|geschichte|brief|einladung|rede|nachricht|po[eè]me|lettre|histoire|discours|message|poema|carta|cuento|correo|mensaje|poesia|lettera|storia|racconto|conto)\b"),
    Signal("general", "language", 0.8, r"\b([uü]bersetz\w*|translat(e|ion)|tradu(is\w*|ce|cir|zca|ci|za)|proofread|rephrase|reword|paraphrase|correct (my|the|this) (grammar|spelling|text|sentence)|synonyms?|summari[sz]e|tl;?dr|make (this|it) (sound|more|less|shorter)|zusammenfass\w*|fasse .{0,60}zusammen|umformulier\w*|r[eé]sum(e|er|ez)|reformul\w*|riassum\w*|how do you say|what does .{0,40} mean|wie sagt man)\b"),
    Signal("general", "home", 0.65, r"\b(recipes?|cook|bake|dinner|lunch|breakfast|gift|present for|party|birthday|movie|film|book recommendations?|recommend (me )?(a|some)|jokes?|bored|travel|packing|workout|sleep|plants?|garden|dog|cat|rezept\w*|koch\w*|back\w* (ich|einen|kuchen)|geschenk\w*|witz\w*|recette\w*|cadeau|blague|receta\w*|regalo|chiste|ricetta|regalo|barzelletta)\b"),
    Signal("general", "talk", 0.6, r"\b(how are you|who are you|what can you do|your name|i feel|i'm (so )?(sad|happy|tired|bored|nervous|lonely)|tell me (a|about yourself)|let's (chat|talk)|role-?play|pretend|wie geht|wer bist du|mir geht|[cç]a va|qui es-tu|qu[eé] tal|qui[eé]n eres|come (va|stai))\b"),
    Signal("general", "explanation", 0.35, r"^\W*(what (is|are|was|were)|who (is|was|were)|why (do|does|is|are|did)|explain|tell me about|describe|was (ist|sind)|wer war|warum|erkl[aä]r\w*|qu'est-ce|pourquoi|explique|qu[eé] es|por qu[eé]|explica|cos'[eè]|perch[eé]|spiega|o que [eé])\b"),
)  # fmt: skip

NAMES = {
    "fence": _("it holds code"), "line": _("it holds code"), "sign": _("it holds code"), "language": _("it names a language"),
    "program": _("it asks for a program"), "in a language": _("it names a programming language"), "error": _("it shows a program's error"),
    "craft": _("it speaks of programming"), "latex": _("it holds formulas"), "sum": _("it holds a calculation"), "equation": _("it holds an equation"),
    "task": _("it sets a task of mathematics"), "notion": _("it names notions of mathematics"), "percentage": _("it asks for a percentage"),
    "amounts": _("it asks how much or how many"), "units": _("it converts units"), "now": _("it asks about the present"),
    "changing": _("it asks for what changes"), "sources": _("it asks for sources"), "look it up": _("it asks to look something up"),
    "address": _("it names an address on the web"), "products": _("it compares products"), "puzzle": _("it is a puzzle"),
    "conclusion": _("it asks what follows"), "weighing": _("it weighs possibilities"), "plan": _("it asks for a plan"),
    "greeting": _("it is a greeting"), "writing": _("it asks for a text"), "home": _("it is about everyday life"),
    "talk": _("it is conversation"), "explanation": _("it asks for an explanation"),
}  # fmt: skip
"""What a signal found, in words for who reads why a route was chosen."""
