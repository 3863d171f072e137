"""Languages as files name them (ISO 639-2: three letters, for some in two ways) and as pages, playlists and players do (BCP 47)."""

import re
from typing import Final

_TWO_LETTERS: Final = (
    "aar=aa abk=ab afr=af aka=ak amh=am ara=ar arg=an asm=as ava=av ave=ae aym=ay aze=az bak=ba bam=bm bel=be ben=bn bis=bi bod=bo "
    "bos=bs bre=br bul=bg cat=ca ces=cs cha=ch che=ce chu=cu chv=cv cor=kw cos=co cre=cr cym=cy dan=da deu=de div=dv dzo=dz ell=el "
    "eng=en epo=eo est=et eus=eu ewe=ee fao=fo fas=fa fij=fj fin=fi fra=fr fry=fy ful=ff gla=gd gle=ga glg=gl glv=gv grn=gn guj=gu "
    "hat=ht hau=ha heb=he her=hz hin=hi hmo=ho hrv=hr hun=hu hye=hy ibo=ig ido=io iii=ii iku=iu ile=ie ina=ia ind=id ipk=ik isl=is "
    "ita=it jav=jv jpn=ja kal=kl kan=kn kas=ks kat=ka kau=kr kaz=kk khm=km kik=ki kin=rw kir=ky kom=kv kon=kg kor=ko kua=kj kur=ku "
    "lao=lo lat=la lav=lv lim=li lin=ln lit=lt ltz=lb lub=lu lug=lg mah=mh mal=ml mar=mr mkd=mk mlg=mg mlt=mt mon=mn mri=mi msa=ms "
    "mya=my nau=na nav=nv nbl=nr nde=nd ndo=ng nep=ne nld=nl nno=nn nob=nb nor=no nya=ny oci=oc oji=oj ori=or orm=om oss=os pan=pa "
    "pli=pi pol=pl por=pt pus=ps que=qu roh=rm ron=ro run=rn rus=ru sag=sg san=sa sin=si slk=sk slv=sl sme=se smo=sm sna=sn snd=sd "
    "som=so sot=st spa=es sqi=sq srd=sc srp=sr ssw=ss sun=su swa=sw swe=sv tah=ty tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th tir=ti "
    "ton=to tsn=tn tso=ts tuk=tk tur=tr twi=tw uig=ug ukr=uk urd=ur uzb=uz ven=ve vie=vi vol=vo wln=wa wol=wo xho=xh yid=yi yor=yo "
    "zha=za zho=zh zul=zu "
)
_ENGLISH: Final = (
    "alb=sqi arm=hye baq=eus bur=mya chi=zho cze=ces dut=nld fre=fra geo=kat ger=deu gre=ell ice=isl mac=mkd mao=mri may=msa per=fas "
    "rum=ron slo=slk tib=bod wel=cym "
)
_SHORT: Final = dict(pair.split("=") for pair in _TWO_LETTERS.split())
"""Where there are two letters, BCP 47 has no three."""

_OLDER: Final = dict(pair.split("=") for pair in _ENGLISH.split())
"""After the English name of the language, which Matroska and many discs have."""

_LONG: Final = {short: long for long, short in _SHORT.items()}
_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
_NONE: Final = frozenset({"und", "mis", "zxx"})


def tag(said: str) -> str:
    """By BCP 47, of what a file says; empty where that is no language."""
    main, *rest = said.strip().replace("_", "-").split("-")
    main = main.lower()
    main = _OLDER.get(main, main)
    found = "-".join([_SHORT.get(main, main), *(one.title() if len(one) == 4 else one.upper() for one in rest)])
    return found if _TAG.fullmatch(found) and main not in _NONE else ""


def three(tag: str) -> str:
    """As MP4 has it, in which nothing else is a language."""
    main = tag.partition("-")[0].lower()
    return _LONG.get(main, main if len(main) == 3 and main.isascii() else "und")
