"""English."""

from agent.demo.interlocutor.tongue.shape import Tongue, Topic

ENGLISH = Tongue(
    language="en",
    yes=r"\b(?:yes|yeah|yep|yup|sure|of course|okay|ok|right|definitely|absolutely|certainly"
    r"|i (?:have|do|did|will|am|can|would)(?! ?not)|i've (?!never|not)|i'm going to|it is(?! not)"
    r"|a few times|once or twice|sometimes|correct)\b(?! not)",
    no=r"\b(?:no|nope|never|not (?:yet|really|at all|once)"
    r"|i (?:have|do|did|will|am|can|would) not|i'm not|it is not"
    r"|(?:haven't|don't|didn't|won't|can't|isn't|wouldn't))\b",
    none=r"\b(?:none|never|no experience|not (?:yet|at all|any)|haven't|zero)\b|^no\b",
    unsure=r"\b(?:(?:don't|do not) know|no idea|not sure|can't say|undecided|haven't decided)\b",
    negative=r"^(?:not|no|never|none)\b",
    skip=r"\b(?:rather not|prefer not|don't want to (?:say|answer|tell|talk)|skip|pass"
    r"|next question|none of your business|keep that to myself|won't (?:say|tell))\b",
    go_on=r"\b(?:continue|go on|move on|carry on|get started|start (?:the|my|with)"
    r"|let'?s (?:go|start|begin)|begin|proceed"
    r"|(?:show|open|play|watch) (?:me )?(?:the |my )?(?:training|video)"
    r"|(?:i'?m|i am|we'?re) ready|ready to|next step)",
    nothing_more=r"\b(?:no(?:thing)? (?:more|else|further|questions?)|that'?s (?:all|it|everything)"
    r"|no,? thank|i'?m (?:good|fine|done))|^(?:no|nope|not really|nothing)\W*$",
    bye=r"\b(?:bye|goodbye|see you|farewell)\b",
    again=r"\b(?:say (?:that|it) again|again\W*$|repeat|pardon|sorry\?|what did you say"
    r"|slower|more slowly|simpler|didn'?t (?:hear|catch|get|understand))",
    correction=r"\b(?:i meant?|i should have said|correction|let me correct|i misspoke"
    r"|i was wrong|i made a mistake|that(?:'s| is| was) (?:wrong|not right)|actually)\b[\s,:.;]*",
    question=r"^(?:and |but |so |ok(?:ay)?,? |well,? )*(?:what|who|where|when|why|which|whose|how"
    r"|can|could|may|should|shall|do (?:i|you|we|they)|does|did (?:i|you)|is|are|will|would"
    r"|am i|tell me|explain|must i)\b",
    ordinals=(r"\bfirst\b", r"\bsecond\b", r"\bthird\b", r"\bfourth\b", r"\blast\b"),
    injection=r"\b(?:(?:ignore|forget|disregard|override)\b.{0,40}\b(?:instructions?|rules|prompt"
    r"|above|before)|system prompt|you are now|pretend (?:to|you|that)|act as|jailbreak"
    r"|developer mode|your (?:instructions|rules|prompt)|new instructions)\b",
    emergency=r"\b(?:emergency|i(?:'m| am) (?:hurt|injured|bleeding)|i(?:'ve| have)? (?:just )?"
    r"(?:cut|hurt|burned|burnt|injured) (?:myself|my)|there(?:'s| is) a fire|can't breathe"
    r"|chest pain|(?:he|she|somebody|someone) is (?:hurt|injured|unconscious|bleeding))\b",
    filler=frozenset(
        "the a an and or but of to for from in on at by with about as is are was be been it its"
        " this that these those there they them he she i you we me my your our do does did has have"
        " had can could may might should would will shall must what who where when why which how"
        " if then than so not no yes any some all video training trainer tell know need want like"
        " just please get go make ever always much many thing things okay well up out here am"
        " over happens happen i'm it's what's".split()
    ),
    first_topics=(
        Topic(
            "real",
            r"\b(?:are you|you are|you're|is this|am i talking).{0,25}"
            r"\b(?:real|human|person|robot|bot|machine|computer|avatar|ai|a\.i|recording|alive)\b",
            (
                "I'm an AI avatar, so no, I'm not a real person. Your trainers are, though.",
                "I'm an avatar, and an AI speaks through me. What else would you like to know?",
            ),
        ),
        Topic(
            "long",
            r"\bhow (?:long|many (?:minutes|hours)).{0,30}\b(?:it|this|video|take|last|training)\b"
            r"|\b(?:duration|how much time|take (?:long|all day))\b",
            (
                "It's a short video. I don't know the exact length, but the player shows it as "
                "soon as it opens. Do you have a little time now?",
                "A short one. You'll see the exact length in the player once the video opens.",
            ),
        ),
        Topic(
            "nervous",
            r"\b(?:nervous|anxious|afraid|scared|worried|stress\w*|overwhelm\w*"
            r"|(?:will|might|going to) fail|(?:too|so|very|that|it|be) (?:difficult|hard)|too much"
            r"|dumb|stupid)\b",
            (
                "That's completely normal on a first day. You don't have to know anything yet, and "
                "nobody expects you to. What worries you most?",
                "Thank you for telling me. Take it one step at a time; your trainer is there to "
                "help.",
            ),
        ),
        Topic(
            "break",
            r"\b(?:pause|take a break|have a break|stop (?:it|the video)|rewind"
            r"|watch (?:it )?again|do (?:it|this) later|come back)\b",
            (
                "You can pause whenever you like and take a breath. Nobody is timing you. "
                "Is there anything else on your mind?",
                "Yes, take a break whenever you need one. Your training will still be there.",
            ),
        ),
        Topic(
            "test",
            r"\b(?:an? (?:test|exam|quiz)|the (?:test|exam|quiz)|certificate|graded?|score)\b",
            (
                "I don't know whether there is a test. Your trainer can tell you. "
                "The video itself is only for watching.",
            ),
        ),
        Topic(
            "who",
            r"\b(?:who are you|what(?:'s| is) your name|your name|introduce yourself)\b",
            (
                "I'm {guide}, an AI avatar, and I'm here to welcome you to {training}. "
                "May I ask what you are looking forward to?",
                "My name is {guide}. I welcome people before their training starts.",
            ),
        ),
        Topic("my_name", r"\b(?:my name|who am i|know me|know who i)\b", ("{name_known}",)),
        Topic(
            "role",
            r"\b(?:my (?:role|job|position|team)|which (?:training|course)|what training)\b",
            ("{role_known}",),
        ),
    ),
    topics=(
        Topic(
            "about",
            r"\b(?:what (?:is|will|does|happens?|can i expect|do i|should i|am i|are we)|"
            r"what's (?:in|the|this|it|next)|tell me (?:more|about)|about the (?:video|training)|"
            r"explain|learn|topics?|how does (?:it|this)|expect)\b.{0,60}"
            r"\b(?:it|this|video|training|today|expect|next|learn|here)\b"
            r"|\b(?:the )?(?:video|training)\b",
            (
                "{training_cap} starts with a short video that shows you the essentials. It opens "
                "when you press Continue to Training Video. What else would you like to know?",
                "First you watch the video, and after that your trainer takes over. "
                "Shall I tell you something else, or are you ready?",
            ),
        ),
        Topic(
            "trainer",
            r"\b(?:trainer|teacher|instructor|boss|manager|contact|support|ask someone)\b",
            ("Your trainer will be glad to help you with that, right after the video.",),
        ),
        Topic(
            "thanks",
            r"\b(?:thank|thanks|thank you|cheers|appreciate)\b",
            ("You're very welcome{comma_name}. Is there anything else you'd like to know?",),
        ),
        Topic(
            "how_are_you",
            r"\bhow (?:are|do) you\b",
            ("I'm well, thank you for asking. And how do you feel about today?",),
        ),
        Topic(
            "hello",
            r"\b(?:hello|hi|hey|good (?:morning|afternoon|evening))\b",
            ("Hello{comma_name}! It's good to have you here. What would you like to know?",),
        ),
        Topic(
            "good",
            r"\b(?:i'?m (?:fine|good|great|well|ok|okay)|feel (?:fine|good|great)|looking forward"
            r"|curious|happy)\b",
            ("That's lovely to hear. What are you most curious about?",),
        ),
        Topic(
            "yes",
            r"^\W*(?:yes|yeah|yep|sure|okay|ok|please|of course)\b",
            ("Wonderful. Ask me anything about {training}, or press Continue when you are ready.",),
        ),
        Topic(
            "no",
            r"^\W*(?:no|nope|not really|nothing)\b",
            ("All right. Then press Continue to Training Video whenever you like, and enjoy it.",),
        ),
    ),
    the_training="your {training} training",
    some_training="your training",
    hello="Hello{comma_name}! What would you like to know?",
    of_course="Of course. ",
    thanks=("Thank you.", "Good to know, thank you.", "I see, thank you."),
    corrected="Thank you, I have corrected that.",
    skipped="That's quite all right, we'll leave that.",
    once_more="I'm sorry, I didn't quite get that.",
    nothing_left="That's all I wanted to ask. Is there anything you would still like to know?",
    what_else="What would you like to know?",
    farewell="Wonderful{comma_name}. Just press Continue to Training Video, and enjoy {training}!",
    unknown=(
        "I'm afraid I don't know that, but your trainer will. What would you like to know about "
        "{training}?",
        "That's a good question for your trainer; I only know about the welcome and the video. "
        "Is there anything about those I can tell you?",
    ),
    stay="I'll stay {guide} and keep to {training}. What would you like to know about it?",
    help_now="Please stop and get help from the people around you at once. That comes first.",
    switched="Of course, let's speak English.",
    only="I'm sorry, I don't speak that language here. We can go on as we are.",
)
