"""TeX's names of signs, and the raised and lowered letters that Unicode has."""

from typing import Final


def _words(text: str) -> list[str]:
    return text.split()


SIGNS: Final[dict[str, str]] = dict(
    pair.split("=", 1)
    for pair in _words(
        "alpha=α beta=β gamma=γ delta=δ epsilon=ε varepsilon=ε zeta=ζ eta=η theta=θ vartheta=ϑ iota=ι kappa=κ lambda=λ mu=μ nu=ν "
        "xi=ξ pi=π varpi=ϖ rho=ρ varrho=ϱ sigma=σ varsigma=ς tau=τ upsilon=υ phi=φ varphi=φ chi=χ psi=ψ omega=ω Gamma=Γ Delta=Δ "
        "Theta=Θ Lambda=Λ Xi=Ξ Pi=Π Sigma=Σ Upsilon=Υ Phi=Φ Psi=Ψ Omega=Ω "
        "times=× cdot=· div=÷ pm=± mp=∓ ast=∗ star=⋆ circ=∘ bullet=• oplus=⊕ ominus=⊖ otimes=⊗ odot=⊙ dagger=† "
        "le=≤ leq=≤ leqslant=≤ ge=≥ geq=≥ geqslant=≥ ne=≠ neq=≠ ll=≪ gg=≫ approx=≈ sim=∼ simeq=≃ cong=≅ equiv=≡ propto=∝ "
        "prec=≺ succ=≻ mid=∣ parallel=∥ perp=⊥ models=⊨ vdash=⊢ lt=< gt=> "
        "in=∈ notin=∉ ni=∋ subset=⊂ subseteq=⊆ supset=⊃ supseteq=⊇ cup=∪ cap=∩ setminus=∖ emptyset=∅ varnothing=∅ "
        "forall=∀ exists=∃ nexists=∄ neg=¬ lnot=¬ land=∧ wedge=∧ lor=∨ vee=∨ implies=⟹ iff=⟺ therefore=∴ because=∵ top=⊤ bot=⊥ "
        "to=→ rightarrow=→ leftarrow=← leftrightarrow=↔ Rightarrow=⇒ Leftarrow=⇐ Leftrightarrow=⇔ longrightarrow=⟶ mapsto=↦ "
        "uparrow=↑ downarrow=↓ hookrightarrow=↪ rightharpoonup=⇀ rightleftharpoons=⇌ "
        "sum=∑ prod=∏ coprod=∐ int=∫ iint=∬ iiint=∭ oint=∮ partial=∂ nabla=∇ infty=∞ Re=ℜ Im=ℑ wp=℘ hbar=ħ ell=ℓ aleph=ℵ "
        "angle=∠ degree=° prime=′ triangle=△ square=□ blacksquare=■ checkmark=✓ ldots=… dots=… cdots=⋯ vdots=⋮ ddots=⋱ "
        "langle=⟨ rangle=⟩ lceil=⌈ rceil=⌉ lfloor=⌊ rfloor=⌋ lbrace={ rbrace=} vert=| Vert=‖ lVert=‖ rVert=‖ backslash=\\ "
    )
)

FUNCTIONS: Final = frozenset(
    _words(
        "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp lim limsup liminf sup inf max min arg det dim ker "
        "gcd deg hom Pr mod bmod"
    )
)
"""Written as they are named."""

SPACES: Final = {",": " ", ":": " ", ";": " ", " ": " ", "!": "", "quad": "  ", "qquad": "    ", "\\": "; "}

PLAIN: Final = frozenset(
    _words("text textrm textbf textit texttt mathrm mathbf mathit mathsf mathtt operatorname boldsymbol mbox")
)
"""What stands in their braces is what is read."""

NOTHING: Final = frozenset(
    _words("left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits nolimits")
)

ACCENTS: Final = {
    "hat": "\u0302",
    "bar": "\u0304",
    "overline": "\u0304",
    "vec": "\u20d7",
    "dot": "\u0307",
    "ddot": "\u0308",
    "tilde": "\u0303",
}

BLACKBOARD: Final = {"A": "𝔸", "B": "𝔹", "C": "ℂ", "D": "𝔻", "E": "𝔼", "F": "𝔽", "H": "ℍ", "K": "𝕂", "N": "ℕ", "P": "ℙ", "Q": "ℚ",
                     "R": "ℝ", "T": "𝕋", "Z": "ℤ", "1": "𝟙"}  # fmt: skip

RAISED: Final = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW*′βγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ*′ᵝᵞᵟᶿᵠᵡ",
        strict=True,
    )
)

LOWERED: Final = dict(
    zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
