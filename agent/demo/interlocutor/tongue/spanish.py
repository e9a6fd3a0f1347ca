"""Spanish."""

from agent.demo.interlocutor.tongue.shape import Tongue, Topic

SPANISH = Tongue(
    language="es",
    yes=r"\b(?:si(?! no)|claro|por supuesto|desde luego|vale|correcto|exacto|(?<!no )lo he"
    r"|(?<!no )(?:la|las|los) (?:he|tengo)|alguna vez|a veces|(?<!no )tengo|ya lo creo)\b",
    no=r"\b(?:no|nunca|jamas|todavia no|aun no|para nada|ninguna vez|tampoco)\b",
    none=r"\b(?:ningun[oa]?|nunca|nada|todavia no|aun no|cero)\b|^no\b",
    unsure=r"\b(?:no (?:lo )?se|ni idea|no estoy segur[oa]|no lo tengo claro|aun no lo se)\b",
    negative=r"^(?:no|todavia no|aun no|nunca|nada|ningun)",
    skip=r"\b(?:prefiero no|no quiero (?:decir|contestar|responder|contar)|salt(?:a|ar|emos|arla)"
    r"|paso de|siguiente pregunta|me lo callo)",
    go_on=r"\b(?:vamos(?! a ver)|continu(?:a|ar|emos)|sigamos|seguir|adelante|empe(?:cemos|zar)"
    r"|pas(?:emos|ar|amos) al video|ver el video|estoy list[oa]|(?:pon|abre|muestra)\w* el video)",
    nothing_more=r"\b(?:nada mas|eso es todo|ninguna (?:otra )?(?:pregunta|mas)|no,? gracias"
    r"|no tengo (?:mas )?preguntas|ya esta|no quiero saber)|^(?:no|nada|no mucho)\W*$",
    bye=r"\b(?:adios|hasta luego|hasta pronto|nos vemos|chao)\b",
    again=r"\b(?:rep(?:ite|etir|itas|ita|etirlo)|otra vez\W*$|de nuevo\W*$|como dices|que has dicho"
    r"|mas (?:despacio|lento|facil|sencillo)|no te he (?:entendido|oido)|perdona\?)",
    correction=r"\b(?:queria decir|quise decir|quiero decir|me referia a|me refiero a"
    r"|me he equivocado|me equivoque|correccion|eso no es correcto|en realidad)\b[\s,:.;]*",
    question=r"^(?:y |pero |entonces,? |vale,? |oye,? |bueno,? )*(?:que|quien|donde|cuando|por que"
    r"|cual|cuales|como|cuant[oa]s?|puedo|puedes|podria|debo|tengo que|hay|es necesario"
    r"|a que|de que|en que|con que|dime|explica(?:me)?|eres|estas)\b",
    ordinals=(
        r"\bprimer[oa]?\b",
        r"\bsegund[oa]\b",
        r"\btercer[oa]?\b",
        r"\bcuart[oa]\b",
        r"\bultim[oa]\b",
    ),
    injection=r"\b(?:(?:ignora|olvida|descarta)\w*\b.{0,40}\b(?:instrucciones|reglas|normas)"
    r"|ahora eres|finge|haz como si|actua como|tus (?:instrucciones|reglas)"
    r"|nuevas instrucciones|prompt)\b",
    emergency=r"\b(?:emergencia|estoy (?:herid[oa]|sangrando)|me he (?:cortado|hecho dano|quemado)"
    r"|hay (?:un )?(?:incendio|fuego)|no puedo respirar|esta (?:herid[oa]|inconsciente|sangrando))"
    r"\b",
    filler=frozenset(
        "el la los las lo un una unos unas y o pero de del a al en con por para sobre como que se"
        " es son era ser esta estan hay esto eso este esta ese esa ellos yo tu me te mi mis su sus"
        " nos hago hace hacer tengo tiene tener que quien donde cuando cual cuanto cuanta si no mas"
        " muy ya video formacion formador decir saber puedo puede debo antes despues todo toda"
        " nada algo siempre nunca he has ha les le pasa cosa cosas va voy quiero bien".split()
    ),
    first_topics=(
        Topic(
            "real",
            r"\b(?:eres|es esto|estoy hablando con).{0,25}\b(?:real|human[oa]|persona|robot|bot"
            r"|maquina|ordenador|avatar|ia|inteligencia|grabacion|de verdad)\b",
            (
                "Soy un avatar de inteligencia artificial, así que no soy una persona de verdad. "
                "Tus formadores sí lo son.",
                "Soy un avatar, y habla por mí una inteligencia artificial. ¿Qué más quieres "
                "saber?",
            ),
        ),
        Topic(
            "long",
            r"\b(?:cuanto (?:dura|tiempo|tarda)|cuant[oa]s (?:minutos|horas)|duracion"
            r"|es larg[oa]|dura mucho)\b",
            (
                "Es un vídeo corto. No sé cuánto dura exactamente, pero el reproductor lo muestra "
                "en cuanto se abre. ¿Tienes un poco de tiempo ahora?",
                "Es corto. En el reproductor verás cuánto dura.",
            ),
        ),
        Topic(
            "nervous",
            r"\b(?:nervios\w*|ansios\w*|miedo|asustad\w*|preocup\w*|estres\w*|agobi\w*|inquiet\w*"
            r"|(?:muy|demasiado|tan) dificil|pregunta tonta|inseguridad)\b",
            (
                "Es completamente normal el primer día. No hace falta que sepas nada todavía, y "
                "nadie lo espera. ¿Qué es lo que más te preocupa?",
                "Gracias por contármelo. Ve paso a paso; tu formador está ahí para ayudarte.",
            ),
        ),
        Topic(
            "break",
            r"\b(?:pausa|descans\w+|parar (?:el video|un momento)|mas tarde|verlo otra vez"
            r"|rebobinar)\b",
            (
                "Puedes pausarlo cuando quieras y respirar. Nadie te cronometra. "
                "¿Hay algo más que quieras saber?",
                "Sí, descansa cuando lo necesites. Tu formación te espera.",
            ),
        ),
        Topic(
            "test",
            r"\b(?:examen|examenes|prueba final|un test|el test|certificado|nota|aprobar"
            r"|suspender)\b",
            ("No sé si hay un examen. Te lo dirá tu formador. El vídeo es solo para verlo.",),
        ),
        Topic(
            "who",
            r"\b(?:quien eres|como te llamas|tu nombre|presentate)\b",
            (
                "Soy {guide}, un avatar de inteligencia artificial, y te doy la bienvenida a "
                "{training}. ¿Qué te hace más ilusión?",
                "Me llamo {guide}. Doy la bienvenida antes de que empiece la formación.",
            ),
        ),
        Topic(
            "my_name",
            r"\b(?:como me llamo|mi nombre|quien soy|sabes quien)\b",
            ("{name_known}",),
        ),
        Topic(
            "role",
            r"\b(?:mi (?:puesto|trabajo|equipo)|que (?:formacion|curso))\b",
            ("{role_known}",),
        ),
    ),
    topics=(
        Topic(
            "about",
            r"\b(?:de que (?:va|trata)|que (?:voy a )?(?:aprend\w+|esperar?|veo|vere|viene)"
            r"|cuentame|explicame|como funciona)\b|\b(?:el video|la formacion|el curso)\b",
            (
                "Primero ves un vídeo corto con lo esencial. Se abre con el botón que lleva al "
                "vídeo. ¿Qué más te gustaría saber?",
                "Ves el vídeo, y después sigue tu formador. ¿Te cuento algo más?",
            ),
        ),
        Topic(
            "trainer",
            r"\b(?:formador|formadora|profesor\w*|jef[ea]|responsable|ayuda)\b",
            ("Tu formador te ayudará con mucho gusto, justo después del vídeo.",),
        ),
        Topic(
            "thanks",
            r"\bgracias\b",
            ("De nada{comma_name}. ¿Quieres saber algo más?",),
        ),
        Topic(
            "how_are_you",
            r"\bque tal\b|\bcomo estas\b",
            ("Muy bien, gracias. ¿Y tú, cómo te sientes hoy?",),
        ),
        Topic(
            "hello",
            r"\b(?:hola|buen(?:os|as) (?:dias|tardes|noches)|buenas)\b",
            ("¡Hola{comma_name}! Me alegra que estés aquí. ¿Qué te gustaría saber?",),
        ),
        Topic(
            "good",
            r"\b(?:estoy (?:bien|content\w+)|genial|muy bien|con ganas|ilusion)\b",
            ("Qué bien. ¿Qué te da más curiosidad?",),
        ),
        Topic(
            "yes",
            r"^\W*(?:si|claro|vale|por favor)\b",
            ("Estupendo. Pregúntame lo que quieras sobre {training}.",),
        ),
        Topic(
            "no",
            r"^\W*(?:no|nada)\b",
            ("De acuerdo. Cuando quieras, pulsa el botón que lleva al vídeo, y que lo disfrutes.",),
        ),
    ),
    the_training="tu formación",
    some_training="tu formación",
    hello="¡Hola{comma_name}! ¿Qué te gustaría saber?",
    of_course="Claro. ",
    thanks=("Gracias.", "Muy bien, gracias.", "Entiendo, gracias."),
    corrected="Gracias, ya lo he corregido.",
    skipped="No pasa nada, lo dejamos.",
    once_more="Perdona, no lo he entendido bien.",
    nothing_left="Eso es todo lo que quería preguntarte. ¿Te gustaría saber algo más?",
    what_else="¿Qué te gustaría saber?",
    farewell="Estupendo{comma_name}. Pulsa el botón que lleva al vídeo, ¡y que lo disfrutes!",
    unknown=(
        "Eso no lo sé, pero tu formador te lo dirá. ¿Qué te gustaría saber de {training}?",
        "Es una buena pregunta para tu formador; yo solo sé de la bienvenida y del vídeo. "
        "¿Quieres saber algo de eso?",
    ),
    stay="Sigo siendo {guide} y me quedo con {training}. ¿Qué te gustaría saber de ella?",
    help_now="Para, por favor, y pide ayuda enseguida a quienes estén cerca. Eso es lo primero.",
    switched="Claro, hablemos en español.",
    only="Lo siento, ese idioma no lo hablo aquí. Podemos seguir así.",
)
