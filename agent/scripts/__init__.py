"""Scripts: what the agent says, written as data in `prompts/` and selected for each trainee.

- `schema`: the fields of a script file
- `library`, `front_matter`: read the files; `finding` and `explain` word what is wrong with one
- `for_trainee`: the script for a trainee; if it cannot be used, the next best one
- `selection`, `word_forms`: rank scripts, locales and industries for a trainee
- `rendering`, `script_texts`, `templates`: fill a script with the trainee's values, always as plain
  text; `quoting` prepares them for the LLM, `speakable` for a voice
- `disclosure`: finds and inserts what every opening must say
- `rendered_script`: the result, and what the page says before the greeting
- `checks`: the checks of `python -m agent prompts check`
"""

from __future__ import annotations

from agent.scripts.for_trainee import script_for, script_in, unusable_files, welcome_for
from agent.scripts.library import PROMPTS, Library, load_library
from agent.scripts.rendered_script import Introduction, RenderedScript, Welcome, introduction_of
from agent.scripts.schema import (
    ChoiceQuestion,
    Limits,
    NumberQuestion,
    Question,
    TextQuestion,
    YesNoQuestion,
)
from agent.scripts.selection import ScriptSelection

__all__ = [
    "PROMPTS",
    "ChoiceQuestion",
    "Introduction",
    "Library",
    "Limits",
    "NumberQuestion",
    "Question",
    "ScriptSelection",
    "RenderedScript",
    "TextQuestion",
    "Welcome",
    "YesNoQuestion",
    "introduction_of",
    "load_library",
    "script_for",
    "script_in",
    "unusable_files",
    "welcome_for",
]
