"""German."""

from agent.demo.interlocutor.tongue.shape import Tongue, Topic

GERMAN = Tongue(
    language="de",
    yes=r"\b(?:ja|jawohl|klar|naturlich|sicher(?:lich)?|genau|stimmt|auf jeden fall|doch(?! nicht)"
    r"|gerne|habe ich(?! (?:noch )?(?:nicht|nie))|bin ich(?! (?:noch )?(?:nicht|nie))|schon oft"
    r"|ab und zu|manchmal)\b",
    no=r"\b(?:nein|nee|nie|niemals|noch (?:nicht|nie)|(?:eher|gar|uberhaupt) nicht"
    r"|(?:habe|bin|werde|kann) ich (?:noch )?(?:nicht|nie)|ich (?:habe|bin|werde) (?:noch )?"
    r"(?:nicht|nie|kein\w*))\b",
    none=r"\b(?:kein\w*|nie|noch nicht|gar nicht|null)\b|^nein\b",
    unsure=r"\b(?:weiss (?:ich )?(?:das )?(?:noch )?nicht|ich weiss (?:es|das)? ?(?:noch )?nicht"
    r"|keine ahnung|nicht sicher|unsicher)\b",
    negative=r"^(?:nicht|noch nicht|eher nicht|nein|nie|kein)",
    skip=r"\b(?:lieber nicht|mochte ich nicht (?:sagen|beantworten)|will ich nicht sagen"
    r"|mochte (?:das |dazu )?(?:nicht|nichts) (?:sagen|beantworten)|uberspringen|nachste frage"
    r"|behalte ich fur mich|geht sie nichts an)\b",
    go_on=r"\b(?:weiter(?:machen|gehen)?(?!hin)|los geht'?s|geht'?s los|(?:fangen|legen) wir"
    r"|beginnen wir|anfangen|(?:zum|das) video (?:ansehen|starten|sehen|zeigen|anschauen|gehen)"
    r"|zum video|ich bin (?:bereit|so weit|soweit)|fortfahren)\b",
    nothing_more=r"\b(?:nichts (?:mehr|weiter|sonst)|das (?:war|ist|ware) (?:alles|es)"
    r"|keine (?:weiteren )?fragen?(?: mehr)?|nein,? danke)\b|^(?:nein|nichts|eigentlich nicht)\W*$",
    bye=r"\b(?:tschuss|auf wiedersehen|bis bald|bis dann)\b",
    again=r"\b(?:wiederhol\w*|noch ?(?:ein)?mal\W*$|noch (?:ein)?mal sagen|wie bitte|langsamer"
    r"|einfacher|nicht (?:verstanden|gehort|mitbekommen)|was haben sie gesagt)",
    correction=r"\b(?:ich meinte|ich meine|ich wollte sagen|ich habe mich (?:vertan|geirrt"
    r"|versprochen)|korrektur|das (?:war|ist) falsch|das stimmt nicht|eigentlich)\b[\s,:.;]*",
    question=r"^(?:und |aber |also,? |ok(?:ay)?,? |gut,? )*(?:was|wer|wo|wohin|wann|warum|wieso"
    r"|welche[rsn]?|wie|wieviel|kann|konnen|konnten|darf|durfen|soll|muss|mussen|gibt|ist|sind"
    r"|werde ich|worum|wozu|womit|worauf|erklaren|erzahlen|haben sie|wird)\b",
    ordinals=(
        r"\berste[srn]?\b",
        r"\bzweite[srn]?\b",
        r"\bdritte[srn]?\b",
        r"\bvierte[srn]?\b",
        r"\bletzte[srn]?\b",
    ),
    injection=r"\b(?:(?:ignorier\w*|vergiss|vergessen sie|missacht\w*)\b.{0,40}"
    r"\b(?:anweisungen|regeln|vorgaben|instruktionen)|du bist jetzt|sie sind jetzt"
    r"|tu so als|tun sie so|(?:ihre|deine) (?:anweisungen|regeln|vorgaben)|neue anweisungen"
    r"|prompt)\b",
    emergency=r"\b(?:notfall|ich (?:bin verletzt|blute)|ich habe mich (?:geschnitten|verletzt"
    r"|verbrannt)|es brennt|keine luft|(?:ist|wurde) (?:verletzt|bewusstlos))\b",
    filler=frozenset(
        "der die das den dem des ein eine einen einem einer und oder aber von zu zum zur im in an"
        " am auf mit bei fur uber als ist sind war sein es er sie wir ich du mich mir mein meine"
        " ihr ihre ihnen man was wer wo wann warum wie welche welcher wenn dann nicht nein ja kein"
        " keine video schulung ausbilder kann darf soll muss werde wird haben habe hat tun mache"
        " machen passiert gibt etwas alles nichts immer nie mehr sehr schon noch vor nach bitte"
        " sagen wissen sich so auch nur ganz viel viele".split()
    ),
    first_topics=(
        Topic(
            "real",
            r"\b(?:sind sie|bist du|ist das|spreche ich).{0,30}\b(?:echt\w*|mensch\w*|person|robot"
            r"|roboter|bot|maschine|computer|avatar|ki|aufnahme)\b",
            (
                "Ich bin ein KI-Avatar, also kein echter Mensch. Ihre Ausbilder sind es aber.",
                "Ich bin ein Avatar, und eine KI spricht durch mich. Was möchten Sie noch wissen?",
            ),
        ),
        Topic(
            "long",
            r"\b(?:wie lange? (?:dauert|ist|geht)|wie viele (?:minuten|stunden)|dauer|wie viel zeit"
            r"|dauert (?:das|es))\b",
            (
                "Es ist ein kurzes Video. Wie lange genau, weiß ich nicht, aber der Player zeigt "
                "es, sobald es sich öffnet. Haben Sie gerade ein wenig Zeit?",
                "Es ist kurz. Die genaue Dauer sehen Sie im Player.",
            ),
        ),
        Topic(
            "nervous",
            r"\b(?:nervos\w*|angst\w*|aufgeregt|besorgt|sorgen?|stress\w*|uberfordert"
            r"|(?:zu|so|sehr) schwer|(?:zu|so|sehr) schwierig|dumme frage|unsicher)\b",
            (
                "Das ist am ersten Tag ganz normal. Sie müssen noch nichts wissen, und niemand "
                "erwartet es. Was macht Ihnen am meisten Sorgen?",
                "Danke, dass Sie es mir sagen. Eins nach dem anderen; Ihre Ausbilder helfen Ihnen.",
            ),
        ),
        Topic(
            "break",
            r"\b(?:pause|anhalten|unterbrechen|spater (?:machen|ansehen)|noch einmal ansehen)\b",
            (
                "Sie können jederzeit eine Pause machen und durchatmen. Niemand stoppt die Zeit. "
                "Möchten Sie noch etwas wissen?",
                "Ja, machen Sie eine Pause, wann immer Sie eine brauchen. Ihre Schulung wartet.",
            ),
        ),
        Topic(
            "test",
            r"\b(?:prufung\w*|einen test|der test|quiz|zertifikat|note|durchfallen|bestehen)\b",
            (
                "Ob es eine Prüfung gibt, weiß ich nicht. Das sagen Ihnen Ihre Ausbilder. Das "
                "Video ist nur zum Ansehen da.",
            ),
        ),
        Topic(
            "who",
            r"\b(?:wer sind sie|wer bist du|wie heissen sie|wie heisst du|ihr name"
            r"|stellen sie sich vor)\b",
            (
                "Ich bin {guide}, ein KI-Avatar, und begrüße Sie zu {training}. Worauf freuen Sie "
                "sich am meisten?",
                "Mein Name ist {guide}. Ich begrüße Menschen, bevor ihre Schulung beginnt.",
            ),
        ),
        Topic(
            "my_name",
            r"\b(?:wie heisse ich|mein name|meinen namen|wer ich bin|wer bin ich)\b",
            ("{name_known}",),
        ),
        Topic(
            "role",
            r"\b(?:meine? (?:tatigkeit|aufgabe|stelle|job|arbeit)|welche schulung|welcher kurs)\b",
            ("{role_known}",),
        ),
    ),
    topics=(
        Topic(
            "about",
            r"\b(?:worum geht|was (?:lerne|erwartet|kommt|erfahre)|erzahlen sie|erklaren sie"
            r"|wie lauft)\b|\b(?:das video|die schulung|der schulung|dem video)\b",
            (
                "Zuerst zeigt Ihnen ein kurzes Video das Wichtigste. Es öffnet sich über die "
                "Schaltfläche, die zum Video führt. Was möchten Sie noch wissen?",
                "Sie sehen das Video, und danach übernehmen Ihre Ausbilder. Möchten Sie noch etwas "
                "wissen?",
            ),
        ),
        Topic(
            "trainer",
            r"\b(?:ausbilder\w*|lehrer\w*|chef\w*|vorgesetzte\w*|hilfe)\b",
            ("Ihre Ausbilder helfen Ihnen gern, gleich nach dem Video.",),
        ),
        Topic(
            "thanks",
            r"\b(?:danke\w*|vielen dank)\b",
            ("Sehr gern{comma_name}. Möchten Sie noch etwas wissen?",),
        ),
        Topic(
            "how_are_you",
            r"\bwie geht(?:'s| es)\b",
            ("Mir geht es gut, danke. Und wie geht es Ihnen heute?",),
        ),
        Topic(
            "hello",
            r"\b(?:hallo|guten (?:morgen|tag|abend)|gruss gott|moin|servus)\b",
            ("Hallo{comma_name}! Schön, dass Sie da sind. Was möchten Sie wissen?",),
        ),
        Topic(
            "good",
            r"\b(?:mir geht es gut|gut,? danke|freue mich|neugierig|gespannt)\b",
            ("Das freut mich. Worauf sind Sie am meisten gespannt?",),
        ),
        Topic(
            "yes",
            r"^\W*(?:ja|klar|gern\w*|bitte|okay|ok)\b",
            ("Wunderbar. Fragen Sie mich gern alles zu {training}.",),
        ),
        Topic(
            "no",
            r"^\W*(?:nein|nichts)\b",
            ("In Ordnung. Drücken Sie die Schaltfläche zum Video, wann immer Sie möchten.",),
        ),
    ),
    the_training="Ihrer Schulung",
    some_training="Ihrer Schulung",
    hello="Hallo{comma_name}! Was möchten Sie wissen?",
    of_course="Gern. ",
    thanks=("Danke.", "Gut zu wissen, danke.", "Verstehe, danke."),
    corrected="Danke, das habe ich geändert.",
    skipped="Das ist völlig in Ordnung, das lassen wir.",
    once_more="Entschuldigung, das habe ich nicht ganz verstanden.",
    nothing_left="Das war alles, was ich fragen wollte. Möchten Sie noch etwas wissen?",
    what_else="Was möchten Sie wissen?",
    farewell="Wunderbar{comma_name}. Drücken Sie die Schaltfläche zum Video, und viel Freude!",
    unknown=(
        "Das weiß ich leider nicht, aber Ihre Ausbilder helfen Ihnen weiter. Was möchten Sie zu "
        "{training} wissen?",
        "Das ist eine gute Frage für Ihre Ausbilder; ich kenne nur die Begrüßung und das Video. "
        "Möchten Sie dazu etwas wissen?",
    ),
    stay="Ich bleibe {guide} und bei {training}. Was möchten Sie darüber wissen?",
    help_now="Bitte hören Sie auf und holen Sie sofort Hilfe bei den Menschen in Ihrer Nähe. Das "
    "geht vor.",
    switched="Gern, sprechen wir Deutsch.",
    only="Das tut mir leid, diese Sprache spreche ich hier nicht. Wir können so weitermachen.",
)
