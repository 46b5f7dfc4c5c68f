"""Only what is clearly another language leaves; everything doubtful stays."""

import pytest

from redditess.corpus.errors import SettingsError
from redditess.corpus.language import clearly_not

# Invented; one paragraph per language or script.
OTHER = {
    "de": "Ich kann seit Wochen nicht mehr schlafen und weiß nicht, was ich noch machen "
    "soll. Es ist immer das gleiche.",
    "fr": "Je ne dors plus depuis des semaines et je ne sais pas quoi faire, c'est "
    "toujours la même chose avec mon travail.",
    "es": "No puedo dormir desde hace semanas y no sé qué hacer, siempre es lo mismo con "
    "mi trabajo y no tengo a nadie.",
    "pt": "Eu não consigo dormir há semanas e não sei mais o que fazer, está tudo muito "
    "difícil para mim.",
    "it": "Non riesco a dormire da settimane e non so più cosa fare, è sempre la stessa "
    "cosa con il mio lavoro.",
    "nl": "Ik kan al weken niet slapen en ik weet niet wat ik nog moet doen, het is altijd "
    "hetzelfde met mijn werk.",
    "sv": "Jag har inte kunnat sova på flera veckor och jag vet inte vad jag ska göra, det "
    "är alltid samma sak.",
    "pl": "Nie mogę spać od tygodni i nie wiem już co robić, to zawsze jest to samo i "
    "bardzo się boję o siebie.",
    "tr": "Haftalardır uyuyamıyorum ve ne yapacağımı bilmiyorum, bu benim için çok zor ama "
    "kimse yok gibi.",
    "id": "Saya tidak bisa tidur selama berminggu dan saya tidak tahu apa yang bisa "
    "dilakukan karena ini sudah lama.",
    "tl": "Hindi ako makatulog ng ilang linggo at hindi ko na alam kung ano ang gagawin ko "
    "sa mga ito.",
    "ru": "Я не могу спать уже несколько недель и не знаю, что делать.",
    "ja": "もう何週間も眠れていません。どうすればいいのかわからないです。",
    "ar": "لا أستطيع النوم منذ أسابيع ولا أعرف ماذا أفعل الآن",
    "hi": "मैं हफ्तों से सो नहीं पा रहा हूँ और मुझे नहीं पता क्या करना है",
}
ENGLISH = (
    "I have not slept for weeks and I don't know what to do any more.",
    "idk man ngl shit sucks rn fr fr no cap lmao u good tho",
    "finna go off on em aint nobody got time fo dat smh ion even kno",
    "ok", "", "😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭😭", "20 mg 30 mg 40 mg 50 mg",
    "My abuela always says: no hay mal que por bien no venga, and I think she is right about it.",
    "Sertraline Escitalopram Fluoxetine Venlafaxine Bupropion Mirtazapine Quetiapine Lamotrigine",
    "𝓘 𝓱𝓪𝓿𝓮 𝓷𝓸𝓽 𝓼𝓵𝓮𝓹𝓽 𝓯𝓸𝓻 𝔀𝓮𝓮𝓴𝓼 𝓪𝓷𝓭 𝓘 𝓭𝓸 𝓷𝓸𝓽 𝓴𝓷𝓸𝔀",
    "https://example.de/und/der/die/das u/ich_nicht r/de",
    "Die Hard was on TV, war and an old man in a den, so it was a bad night for me",
    "Is there a word like Weltschmerz, Angst or Schadenfreude in your language? Спасибо!",
    "danke", "no lo sé", "gracias por todo amigo", "Не знаю, брат", "Ich bin nicht die Mutter",
)  # fmt: skip


@pytest.mark.parametrize("language", OTHER)
def test_another_language_is_seen(language):
    assert clearly_not(OTHER[language], "en")


@pytest.mark.parametrize("text", ENGLISH)
def test_english_and_the_doubtful_stay(text):
    assert not clearly_not(text, "en")


def test_a_text_is_in_its_own_language():
    for language in ("de", "fr", "es", "pt", "it", "nl", "sv", "pl", "tr", "id", "tl"):
        assert not clearly_not(OTHER[language], language), language
    assert clearly_not(ENGLISH[0], "de")


def test_missing_text_stays():
    assert not clearly_not(None, "en")


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(SettingsError, match="use one of en, de, fr"):
        clearly_not("hello", "xx")
