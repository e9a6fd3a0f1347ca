"""French."""

from agent.demo.interlocutor.tongue.shape import Tongue, Topic

FRENCH = Tongue(
    language="fr",
    yes=r"\b(?:oui|ouais|si|bien sur|tout a fait|exactement|certainement|d'accord|absolument"
    r"|j'en ai(?! pas)|je l'ai(?! pas)|j'ai deja|quelques fois|parfois)\b",
    no=r"\b(?:non|jamais|pas (?:encore|du tout|vraiment)|aucune? fois|je n'ai pas|ce n'est pas"
    r"|je ne (?:l'ai )?pas|pas une fois)\b",
    none=r"\b(?:aucune?|jamais|pas encore|pas du tout|zero)\b|^non\b",
    unsure=r"\b(?:(?:ne )?sais pas|aucune idee|pas sure?|j'ignore)\b",
    negative=r"^(?:pas|non|jamais|aucun)",
    skip=r"\b(?:prefere(?:rais)? (?:ne pas|pas)|ne (?:veux|souhaite) pas (?:le )?(?:dire|repondre)"
    r"|je passe|passons cette|question suivante|sautez|sauter)\b",
    go_on=r"\b(?:on (?:continue|y va|commence)|continu(?:er|ons|ez)|allons-y|allons y|poursuivre"
    r"|commen(?:cer|cons)|passons a la video|passer a la video|(?:voir|regarder|lance\w*) la video"
    r"|je suis prete?)\b",
    nothing_more=r"\b(?:rien (?:d'autre|de plus)|c'est (?:tout|bon)|pas d'autres? questions?"
    r"|plus de questions?|pas de questions?|non,? merci|ca ira)\b|^(?:non|rien|pas vraiment)\W*$",
    bye=r"\b(?:au revoir|a bientot|bonne journee|salut\W*$)",
    again=r"\b(?:rep(?:etez|eter|ete)|encore une fois|pardon\?|qu'avez-vous dit|comment\s*\?"
    r"|plus (?:lentement|simplement|doucement)|pas (?:bien )?(?:compris|entendu))",
    correction=r"\b(?:je voulais dire|je veux dire|je me suis trompee?|c'est une erreur"
    r"|correction|c'est faux|en fait|je corrige)\b[\s,:.;]*",
    question=r"^(?:et |mais |alors,? |d'accord,? |bon,? )*(?:que|qu'|qui|quoi|ou(?= est| sont| se)"
    r"|quand|pourquoi|quel(?:le)?s?|comment|combien|est-ce|puis-je|peut-on|dois-je|faut-il|y a-t-il"
    r"|pouvez-vous|a quoi|de quoi|avec quoi|expliquez|dites-moi|etes-vous|c'est quoi)",
    ordinals=(
        r"\bpremiere?\b|\bpremier\b",
        r"\bdeuxieme\b|\bseconde?\b",
        r"\btroisieme\b",
        r"\bquatrieme\b",
        r"\bderniere?\b|\bdernier\b",
    ),
    injection=r"\b(?:(?:ignore[rz]?|oublie[rz]?)\b.{0,40}\b(?:instructions|regles|consignes)"
    r"|vous etes maintenant|tu es maintenant|faites semblant|agis(?:sez)? comme"
    r"|(?:vos|tes) (?:instructions|regles|consignes)|nouvelles instructions|prompt)\b",
    emergency=r"\b(?:urgence|je (?:suis blessee?|saigne)|je me suis (?:coupee?|blessee?|brulee?)"
    r"|il y a (?:un incendie|le feu)|je ne peux (?:pas|plus) respirer"
    r"|(?:est|a) (?:blessee?|inconsciente?))\b",
    filler=frozenset(
        "le la les l un une des du de d et ou mais a au aux en dans avec pour par sur sous comme"
        " que qu qui quoi se s est sont etre il elle on ils elles je tu vous nous me te mon ma mes"
        " son sa ses leur ce cet cette ces ca cela fait faire faut avoir ai as avez ont si ne pas"
        " plus tres deja video formation formateur dire savoir peut puis dois doit avant apres tout"
        " toute tous rien quelque toujours jamais quand comment combien quel quelle bien y"
        " passe chose dois-je est-ce".split()
    ),
    first_topics=(
        Topic(
            "real",
            r"\b(?:etes-vous|vous etes|es-tu|est-ce que je parle|je parle a).{0,30}"
            r"\b(?:reelle?|humaine?|personne|robot|bot|machine|ordinateur|avatar|ia|vraie?"
            r"|intelligence|enregistrement)\b",
            (
                "Je suis un avatar animé par une intelligence artificielle, donc pas une vraie "
                "personne. Vos formateurs, eux, le sont.",
                "Je suis un avatar, et une intelligence artificielle parle à travers moi. Que "
                "voulez-vous savoir d'autre ?",
            ),
        ),
        Topic(
            "long",
            r"\b(?:combien de (?:temps|minutes|heures)|quelle duree|dure|duree|c'est long)\b",
            (
                "C'est une courte vidéo. Je ne connais pas sa durée exacte, mais le lecteur "
                "l'affiche dès qu'elle s'ouvre. Avez-vous un peu de temps ?",
                "Elle est courte. Le lecteur vous en montre la durée.",
            ),
        ),
        Topic(
            "nervous",
            r"\b(?:nerveu\w*|angoiss\w*|peur|inqui\w*|stress\w*|anxieu\w*|depassee?"
            r"|(?:trop|si|tres) difficile|question (?:bete|idiote)|mal a l'aise)\b",
            (
                "C'est tout à fait normal un premier jour. Vous n'avez rien à savoir encore, et "
                "personne ne l'attend de vous. Qu'est-ce qui vous inquiète le plus ?",
                "Merci de me le dire. Une chose après l'autre ; votre formateur est là pour vous "
                "aider.",
            ),
        ),
        Topic(
            "break",
            r"\b(?:pause|arreter (?:la video|un moment)|plus tard|la revoir|revenir)\b",
            (
                "Vous pouvez faire une pause quand vous voulez. Personne ne vous chronomètre. "
                "Autre chose que vous aimeriez savoir ?",
                "Oui, faites une pause dès qu'il le faut. Votre formation vous attend.",
            ),
        ),
        Topic(
            "test",
            r"\b(?:examen|un test|le test|une epreuve|quiz|certificat|note finale)\b",
            (
                "Je ne sais pas s'il y a un examen. Votre formateur vous le dira. La vidéo est "
                "seulement à regarder.",
            ),
        ),
        Topic(
            "who",
            r"\b(?:qui etes-vous|votre nom|comment vous appelez|presentez-vous|qui es-tu)\b",
            (
                "Je suis {guide}, un avatar animé par une intelligence artificielle, et je vous "
                "accueille pour {training}. Qu'est-ce qui vous tente le plus ?",
                "Je m'appelle {guide}. J'accueille les personnes avant leur formation.",
            ),
        ),
        Topic(
            "my_name",
            r"\b(?:mon nom|comment je m'appelle|qui je suis|qui suis-je)\b",
            ("{name_known}",),
        ),
        Topic(
            "role",
            r"\b(?:mon (?:poste|travail|metier|equipe)|quelle formation|quel cours)\b",
            ("{role_known}",),
        ),
    ),
    topics=(
        Topic(
            "about",
            r"\b(?:de quoi (?:s'agit|parle)|que vais-je|qu'est-ce que je vais|apprendre"
            r"|m'attendre|expliquez|parlez-moi|comment ca marche)\b"
            r"|\b(?:la video|la formation|cette formation)\b",
            (
                "D'abord, une courte vidéo vous montre l'essentiel. Elle s'ouvre avec le bouton "
                "qui mène à la vidéo. Que voulez-vous savoir d'autre ?",
                "Vous regardez la vidéo, puis votre formateur prend la suite. Voulez-vous savoir "
                "autre chose ?",
            ),
        ),
        Topic(
            "trainer",
            r"\b(?:formateur|formatrice|professeur|chef|responsable|aide)\b",
            ("Votre formateur vous aidera volontiers, juste après la vidéo.",),
        ),
        Topic(
            "thanks",
            r"\bmerci\b",
            ("Je vous en prie{comma_name}. Aimeriez-vous savoir autre chose ?",),
        ),
        Topic(
            "how_are_you",
            r"\bcomment (?:allez-vous|ca va|vas-tu)\b",
            ("Très bien, merci. Et vous, comment vous sentez-vous aujourd'hui ?",),
        ),
        Topic(
            "hello",
            r"\b(?:bonjour|bonsoir|salut)\b",
            ("Bonjour{comma_name} ! Je suis ravie de vous voir. Qu'aimeriez-vous savoir ?",),
        ),
        Topic(
            "good",
            r"\b(?:je vais bien|ca va|je me sens bien|hate|content\w*|curieu\w*)\b",
            ("Cela fait plaisir. Qu'est-ce qui vous rend le plus curieux ?",),
        ),
        Topic(
            "yes",
            r"^\W*(?:oui|bien sur|d'accord|s'il vous plait)\b",
            ("Très bien. Demandez-moi ce que vous voulez sur {training}.",),
        ),
        Topic(
            "no",
            r"^\W*(?:non|rien)\b",
            ("Très bien. Quand vous voulez, appuyez sur le bouton qui mène à la vidéo.",),
        ),
    ),
    the_training="votre formation",
    some_training="votre formation",
    hello="Bonjour{comma_name} ! Qu'aimeriez-vous savoir ?",
    of_course="Bien sûr. ",
    thanks=("Merci.", "Très bien, merci.", "Je comprends, merci."),
    corrected="Merci, c'est corrigé.",
    skipped="Aucun souci, passons.",
    once_more="Excusez-moi, je n'ai pas bien compris.",
    nothing_left="C'est tout ce que je voulais vous demander. Aimeriez-vous savoir autre chose ?",
    what_else="Qu'aimeriez-vous savoir ?",
    farewell="Très bien{comma_name}. Appuyez sur le bouton qui mène à la vidéo, et bonne vidéo !",
    unknown=(
        "Cela, je ne le sais pas, mais votre formateur vous le dira. Qu'aimeriez-vous savoir sur "
        "{training} ?",
        "C'est une bonne question pour votre formateur ; je ne connais que l'accueil et la vidéo. "
        "Aimeriez-vous en savoir plus là-dessus ?",
    ),
    stay="Je reste {guide} et je m'en tiens à {training}. Qu'aimeriez-vous en savoir ?",
    help_now="Arrêtez-vous et demandez tout de suite de l'aide autour de vous. C'est le plus "
    "important.",
    switched="Bien sûr, parlons français.",
    only="Je suis désolée, je ne parle pas cette langue ici. Nous pouvons continuer ainsi.",
)
