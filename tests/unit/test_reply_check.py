"""Speech, and what a model writes instead."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from agent.core.job_metadata import JobMetadata
from agent.scripts import RenderedScript, script_for
from agent.scripts.library import COMMON, PROMPTS
from agent.speech.asides import ASIDES, without_asides
from agent.speech.not_speech import SIGNS, NotSpeech, NotSpeechError
from agent.speech.reply_check import ReplyCheck

FUNCTIONS = ["record_truck", "skip_question", "end_greeting", "switch_language", "speak_slower"]
TRAININGS = sorted(f.name for f in PROMPTS.iterdir() if f.is_dir() and f.name != COMMON)


def script(training: str = "forklift", locale: str = "en") -> RenderedScript:
    asked = {"training_type": training, "locale": locale, "trainee": {"name": "Ada"}}
    return script_for(JobMetadata.model_validate(asked))


def passed_on(text: str, instructions: str, *, size: int = 5) -> Iterator[str]:
    """The pieces that are passed on of a reply that comes in small chunks."""
    check = ReplyCheck(instructions, FUNCTIONS)
    for at in range(0, len(text), size):
        yield check.add(text[at : at + size])
    yield check.end()


@pytest.mark.parametrize(("pattern", "example"), SIGNS.items())
def test_each_sign_has_an_example(pattern: str, example: str) -> None:
    assert re.search(pattern, example, re.I)
    with pytest.raises(NotSpeechError):
        NotSpeech([]).refuse("Fine. ", example, is_last=False)


@pytest.mark.parametrize(("pattern", "example"), ASIDES.items())
def test_each_aside_has_an_example(pattern: str, example: str) -> None:
    assert re.search(pattern, example, re.I)
    left, _ = without_asides(example[:1], f"{example[1:]} Yes", is_last=True)
    assert left.strip() == "Yes"


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        "print(default_api.record_truck(value=True))",
        "```tool_code\nprint(default_api.end_greeting())\n```",
        "```python\nend_greeting()\n```",
        "```json\n{}\n```",
        "tool_code\nprint(default_api.end_greeting())",
        "<ctrl42>call\nprint(default_api.end_greeting())",
        "<tool_call>end_greeting</tool_call>",
        "<think>They said yes.</think> Great.",
        "EndGreeting()",
        "endGreeting",
        "null",
        "undefined.",
        "It&nbsp;is short.",
        "$$E=mc$$",
        "\\n\\nHello",
        "<function=end_greeting>",
        '{"name": "record_truck", "args": {"value": "reach"}}',
        '[{"functionCall": {"name": "end_greeting"}}]',
        "record_truck(value='reach')",
        "call:end_greeting",
        "look_up(question='truck')",
        "thought\nThe trainee wants to go on.",
        "| Part | Check |\n|---|---|\n| Tyres | daily |",
        "**Planning the answer**\nI should ask for the truck.",
        "Thinking: they said yes.",
        "Gedanken: Sie fährt schon.",
        "Okay, the user wants to go on, so I end it.",
        "The trainee said yes.",
        "The user is asking for a break. I should agree.",
        "User: yes\nAssistant: great",
        "System: end the greeting",
        "Nutzer: ja",
        "Action: end_greeting",
        "<thinking>They said yes.</thinking> Great.",
        "[thinking] They said yes. [/thinking]",
        "Réflexion : il veut continuer.",
        "Der Nutzer hat ja gesagt. Ich frage weiter.",
        "Bueno, el usuario quiere continuar.",
        "L'utilisateur a dit oui.",
        "answer = True",
        "answer = 'yes'",
        "x = 3\ny = 4",
        "total += 1",
        "from agent import tools\ntools.run",
        "class Answer:\n  pass",
        "await tools.run",
        '"value": true, "id": "truck"',
        "Part | Check\n--- | ---",
        "<|channel|>analysis",
        "END_OF_TURN",
        "true",
        "null. ",
        "undefined.\n",
        "**Refining the Response**\n\nMy focus is now on the question.",
        "Okay, so the user wants to go on.",
    ],
)
def test_code_is_refused_before_anything_is_passed_on(text: str, size: int) -> None:
    said: list[str] = []
    with pytest.raises(NotSpeechError):
        said.extend(passed_on(text, script().instructions, size=size))
    assert "".join(said) == ""


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr"])
@pytest.mark.parametrize("training", TRAININGS)
def test_instructions_are_refused_before_anything_is_passed_on(training: str, locale: str) -> None:
    instructions = script(training, locale).instructions
    said: list[str] = []
    with pytest.raises(NotSpeechError):
        said.extend(passed_on(instructions, instructions))
    assert "".join(said) == ""


def test_code_after_speech_is_refused() -> None:
    check = ReplyCheck(script().instructions, FUNCTIONS)
    assert check.add("Thank you, Ada. ") == "Thank you, Ada. "
    with pytest.raises(NotSpeechError):
        check.add("```tool_code\n")


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("console.log('done')", ""),
        ("recordTruck(question, 'yes')", ""),
        ("result = tool.run('a')", "result = "),
        ("import json\ndef f(x): return x", ""),
        ("def f(x): return x", ""),
        ("for i in range(3): pass", "for i in "),
        ("~~~python\nx\n~~~", ""),
        ("SELECT * FROM users;", ""),
        ("[record truck: yes]", ""),
        ("(calls record truck)", ""),
        ("[skip question]", ""),
        ("(calls recordTruck)", ""),
        ("go on. *record truck*", "go on. "),
        ("*writes the answer down*", ""),
        ("*notiert die Antwort*", ""),
        ("*anota la respuesta*", ""),
        ("*note la réponse*", ""),
        ("this:\nPart | Check\n--- | ---", "this:\nPart "),
        ("truck_type = reach", ""),
        (r"it is \frac{1}{2}", "it is "),
        ("if it is True:\n    ask_next", ""),
        ("let x = 3;\nx += 1", "let x "),
        ("truck_type is next", ""),
        ("we go on\nUser: yes", "we go on\n"),
    ],
)
def test_code_in_mid_answer_is_not_passed_on(code: str, said: str, size: int) -> None:
    pieces: list[str] = []
    with pytest.raises(NotSpeechError):
        pieces.extend(passed_on(f"Thank you, Ada. Then {code}", script().instructions, size=size))
    assert f"Thank you, Ada. Then {said}".startswith("".join(pieces))


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("(pause) Good, we go on.", "Good, we go on."),
        ("[laughs softly] That is funny.", "That is funny."),
        ("*smiles* Hello, Ada.", "Hello, Ada."),
        ("I see. *nods* Then we go on. (short pause) Ready?", "I see. Then we go on. Ready?"),
        ("*lächelt* Gut, wir fangen an.", "Gut, wir fangen an."),
        ("Claro. (se ríe) Seguimos.", "Claro. Seguimos."),
        ("Bien sûr. [sourit] On continue.", "Bien sûr. On continue."),
        ("Please *smile* at guests (pause button), in break (pause at ten).", ""),
        ("[warmly] We go on. [end of turn]", "We go on."),
        ("We go on. (The trainee seems nervous.) Ready? (yes/no)", "We go on. Ready?"),
        ("*leans forward* So, shall we? *waits for an answer*", "So, shall we?"),
        ("(d'un ton chaleureux) Bonjour.", "Bonjour."),
        ("We go on. (It takes ten minutes.) Ready? (Say yes.)", ""),
        (
            "Gut. (Das dauert zehn Minuten.) Weiter? (Trainee scheint müde.)",
            "Gut. (Das dauert zehn Minuten.) Weiter?",
        ),
        ("Gears: 1. slow, 2. fast, 3. reverse. Steps: 1. Check it. 2. Lift it. 3) Park it.", ""),
        ("Sie haben zwei Termine. 1. Mai um neun. 2. Mai um zehn.", ""),
        ("Wir haben zwei Etagen.\n1. Stock: Lager.\n2. Stock: Büro.", ""),
        ("3. Mai um neun. Wo? 1. Stock. Treffpunkt: 1. Stock, vom 1. bis 2. Mai.", ""),
        ("• Check it.\n‣ Lift it (slowly).\n– Park it.", "Check it. Lift it (slowly). Park it."),
        ('<speak>It is short.<break time="1s"/>Ready?</speak>', "It is short. Ready?"),
        ("See [our page](https://example.com/a) on it. Use (or not) 1. and 2.", ""),
    ],
)
def test_asides_are_left_out(written: str, said: str, size: int) -> None:
    text = "".join(passed_on(written, script().instructions, size=size))
    assert text.split() == (said or written).split()


@pytest.mark.parametrize("size", [3, 1_000])
@pytest.mark.parametrize("locale", ["en", "de", "es", "fr"])
@pytest.mark.parametrize("training", TRAININGS)
def test_everything_a_script_says_is_speech(training: str, locale: str, size: int) -> None:
    told = script(training, locale)
    items = re.findall(r"^- ([A-ZÄÖÜÉ¿¡«][^\n(]+)$", told.instructions, re.M)
    facts = [item for item in items if not any(name in item for name in FUNCTIONS)]
    texts = [told.opening, told.closing, *(question.ask for question in told.questions), *facts]
    for text in [*texts, " ".join(facts)]:
        assert "".join(passed_on(text, told.instructions, size=size)) == text


@pytest.mark.parametrize(
    "text",
    [
        "Your training is a short video that opens when you press the button.",
        "You are welcome, Ada. You are doing fine.",
        "Good - and now the forks: 1 < 2, isn't it?",
        "Thoughts like these are normal. I print nothing (really).",
        "The user manual is in the cab. Assistant trainers, too: they help.",
        "So the trainee's locker is here. Model 3 is at https://x.example/a_b, I think.",
        "You import and export goods, e.g.(steel) from our selection. We import.\nNow select one.",
        "I can speak slower, skip a question or switch language, if you like.",
        "It costs $3.50 (about 3 euros) at 10.30 a.m. or 15:30, i.e. (at most) a range (3 to 5 m).",
        "Please *always* wear *your helmet*! The trainee(s) and iPhone(s) stay here.",
        "Der Import ist z.B.(oft) bzw. (selten) 3,50 € teuer, um 9.30 Uhr (Mitarbeiter(innen)).",
        "Usted importa p.ej.(acero); el trabajador(a) paga 3.50 € a las 9.30 h. *Anota tu nombre*",
        "L'import coûte 3,50 € (par ex. le samedi) à 9h30, M.(Dupont) et l'employé(e) le savent.",
        "*Notes and all. Regulation 9(2) and 29 CFR 1910.178(1) say so, don't they?",
        "The safety function calls for a second key. This tool calls for care.",
        "There are two screens. The user says yes or no on each one. The user's message is on top.",
        "The user has no password yet. The user is on the phone.",
        "So the user says what is wrong, and you write it down.",
        "You answer the user's question first. Press Start. End greeting. Switch language.",
        "Press the button (skip question), or say *skip question*.",
        "To start, press the green button. Then wait. Press the green button.",
        "Wie viele Fehler? null. Und danach? Null.",
        "Dr. Berg defines it. Def Leppard is a band. Wait for me in the range (near the door).",
    ],
)
def test_speech_is_passed_on_unchanged(text: str) -> None:
    assert "".join(passed_on(text, script().instructions, size=4)) == text


@pytest.mark.parametrize("size", [1, 4, 9, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        "Bring these:\n- a helmet;\n- gloves;\n- boots.",
        "Bitte mitbringen:\n- Helm;\n- Handschuhe;\n  - dünne;\n    1. aus Leder.",
        "Traiga lo siguiente:\n- casco;\n- guantes.",
        "Il vous faut :\n- un casque ;\n- des gants.",
        "**Sicherheit**\nImmer einen Helm tragen.",
        "Red = stop, green = go. 1 kg = 2.2 pounds. The area is 5 m^2, up to 10^6 of them.",
        "Save weekly_report.xlsx in shift_plans/2026 or C:\\Training\\new. Then press E_STOP.",
        "Here is your PC. System: Windows 11. User: your badge number. Password: on the card.",
        "An END_STOP is a switch. Select two from the list. True. So, you want to go on.",
        "It has di(2-ethylhexyl) phthalate and poly(1,4-phenylene). Choose File | Save As.",
        "- return the key\n- from 6 to 8 we rest\n- class begins at nine",
        "Return the key.\nFrom 6 to 8 we rest. E = 5 V.\nImport it.",
    ],
)
def test_lists_formulas_and_file_names_are_speech(text: str, size: int) -> None:
    assert "".join(passed_on(text, script().instructions, size=size)) == text


@pytest.mark.parametrize("size", [1, 4, 9, 1_000])
@pytest.mark.parametrize(
    "text",
    [
        "Visit www.firm.com/first_steps today.",
        "The form is at https://firm.com/sign_in?x=1 now. Then we go on.",
        "Write to first.last_name_of_yours@firm.com first. Then we go on.",
        "Write to first_last@firm.co.uk today.",
    ],
)
def test_addresses_are_speech(text: str, size: int) -> None:
    assert "".join(passed_on(text, script().instructions, size=size)) == text


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    "text", ["- First you watch it.\n- Then we talk.", "# Your day\nFirst you watch a film."]
)
def test_lists_and_headings_are_speech(text: str, size: int) -> None:
    assert "".join(passed_on(text, script().instructions, size=size)) == text


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize("turn", ["\nUser: yes", " Trainee: Yes, I am.", " User: ja, bitte."])
def test_reply_ends_before_what_the_trainee_may_say(turn: str, size: int) -> None:
    check, said = ReplyCheck(script().instructions, FUNCTIONS), ""
    text = f"Fine. We go on.{turn}"
    for at in range(0, len(text), size):
        said += check.add(text[at : at + size])
        if check.is_over:
            break
    assert check.is_over
    assert (said + check.end()).strip() == "Fine. We go on."


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    "mark", ["<end_of_turn>", " <|im_end|>", " </s>", "<eos>\n<start_of_turn>user", " END_OF_TURN"]
)
def test_reply_ends_before_a_mark_of_the_model(mark: str, size: int) -> None:
    check, said, text = ReplyCheck(script().instructions, FUNCTIONS), "", f"We go on.{mark}"
    for at in range(0, len(text), size):
        said += check.add(text[at : at + size])
        if check.is_over:
            break
    assert check.is_over
    assert (said + check.end()).strip() == "We go on."


def test_first_clause_is_passed_on_at_once_and_the_rest_in_whole_sentences() -> None:
    said = ["Well, ", "a lot, if not all, ask that. ", "The belt is for you. ", "It stays on."]
    pieces = passed_on("".join(said), script().instructions, size=4)
    assert [piece for piece in pieces if piece] == said


@pytest.mark.parametrize(
    "said",
    [
        ["Okay, ", "let us go on."],
        ["Gut, ", "dann machen wir weiter."],
        ["Bien, ", "passons à la suite."],
        ["Okay, ", "the forklift comes next."],
    ],
)
def test_first_word_is_passed_on_once_it_is_no_thought(said: list[str]) -> None:
    pieces = passed_on("".join(said), script().instructions, size=4)
    assert [piece for piece in pieces if piece] == said


def test_hundreds_of_line_breaks_cost_no_time() -> None:
    check = ReplyCheck(script().instructions, FUNCTIONS)
    began = time.process_time()
    for _ in range(250):
        check.add("\n" * 4)
    assert time.process_time() - began < 5  # without the limit on backtracking: minutes


def test_complete_sentence_is_passed_on_before_more_comes() -> None:
    check = ReplyCheck(script().instructions, FUNCTIONS)
    assert check.add("Good question.") == "Good question."


@pytest.mark.parametrize("size", [1, 7, 1_000])
@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("You check the forks. Then you lift the", "You check the forks. "),
        ("You check the forks. Then you lift it.", "You check the forks. Then you lift it."),
        ("You check the forks. Bring these:\na helmet\nglo", "You check the forks. "),
    ],
)
def test_incomplete_sentence_of_a_reply_cut_short_is_left_out(
    written: str, said: str, size: int
) -> None:
    check = ReplyCheck(script().instructions, FUNCTIONS)
    pieces = [check.add(written[at : at + size]) for at in range(0, len(written), size)]
    assert "".join([*pieces, check.end(cut_short=True)]).strip() == said.strip()
    assert check.has_sentence


def test_reply_cut_short_in_its_first_sentence_has_no_sentence() -> None:
    check = ReplyCheck(script().instructions, FUNCTIONS)
    check.add("First you check the forks and the ")
    check.end(cut_short=True)
    assert not check.has_sentence


@pytest.mark.parametrize("size", [1, 13, 1_000])
def test_sentence_after_a_repeated_one_begins_with_a_space(size: int) -> None:
    text = "Now check the forks again. Now check the forks again. Then go on."
    said = "".join(passed_on(text, script().instructions, size=size))
    assert said == "Now check the forks again. Then go on."


@pytest.mark.parametrize("size", [3, 1_000])
def test_repeated_sentence_is_passed_on_once(size: int) -> None:
    text = "Of course. Would you like to go on? Yes, yes. Would you like to go on? Of course."
    said = "".join(passed_on(text, script().instructions, size=size))
    assert said == "Of course. Would you like to go on? Yes, yes. Of course."


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize(("words", "times"), [("I am fine. ", 4), ("Yes. ", 10)])
def test_reply_ends_if_it_goes_round_in_circles(words: str, times: int, size: int) -> None:
    check, said, text = ReplyCheck("", []), "", words * 20
    for at in range(0, len(text), size):
        said += check.add(text[at : at + size])
        if check.is_over:
            break
    assert (said + check.end()).count(words.strip()) == times - 1


@pytest.mark.parametrize("size", [1, 4, 1_000])
@pytest.mark.parametrize("words", ["so ", "go on and ", "and the forks "])
def test_reply_that_goes_round_in_its_first_sentence_is_refused(words: str, size: int) -> None:
    with pytest.raises(NotSpeechError):
        list(passed_on(words * 20, "", size=size))


@pytest.mark.parametrize(
    "text",
    [
        "No, no, no. Well, well, well. Left, right, left, right, left, right, and so on. Ha ha ha!",
        "No, no, no, no, no, no, no, no, no, that's fine.",
        "Call 0 0 0 0 0 0 0 0 0 0 0 0 for help.",
        "Your number is 2 2 2 2 2 2 2 2. The code is 12 13 12 13 12 13 12 13.",
    ],
)
def test_words_said_a_few_times_are_speech(text: str) -> None:
    assert "".join(passed_on(text, "")) == text


@pytest.mark.parametrize("text", ["...", "(It is short.)", "👍", " ?! ", "— … —", "🙂 ", ""])
def test_symbols_and_asides_alone_are_not_passed_on(text: str) -> None:
    assert list(passed_on(text, script().instructions, size=1))[-1] == ""
    assert "".join(passed_on(text, script().instructions)) == ""


@pytest.mark.parametrize("text", ["...", "👍", " ?! ", "— … —", "🙂 "])
def test_symbols_after_speech_are_not_passed_on(text: str) -> None:
    said = "".join(passed_on(f"Well done. {text}", script().instructions))
    assert said.rstrip() == "Well done."


def test_symbols_between_sentences_go_with_the_next_words() -> None:
    check = ReplyCheck(script().instructions, FUNCTIONS)
    assert check.add("Well done. ") == "Well done. "
    assert check.add("… ") == ""
    assert check.add("Now we go on. ") == "… Now we go on. "


@pytest.mark.parametrize("size", [3, 1_000])
def test_reply_after_a_function_call_does_not_repeat_what_was_said_before_it(size: int) -> None:
    before = "Thank you, noted. Which type of truck was it?"
    check = ReplyCheck(script().instructions, FUNCTIONS, before)
    text = "Thank you, noted. Thank you. Which type of truck was it? Take your time."
    pieces = [check.add(text[at : at + size]) for at in range(0, len(text), size)]
    assert "".join([*pieces, check.end()]).split() == "Thank you. Take your time.".split()
    assert check.has_repetition
