"""What the agent does during a greeting: one file per behaviour.

To add a behaviour, write a class that takes a `Greeting` and subscribes to its events, and add it
to the list. Handlers of one event run in the order of the list: `FallBackToVoice` changes the
output before `RepeatLostLine` says the line again.

A new line for it to say is a field of `SharedTexts` in `agent/scripts/schema.py`, with its text in
each file of `prompts/_common/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agent.greeting.behaviours.answer_open_turn import AnswerOpenTurn
from agent.greeting.behaviours.answer_typed_text import AnswerTypedText
from agent.greeting.behaviours.apologise_without_reply import ApologiseWithoutReply
from agent.greeting.behaviours.check_in_after_silence import CheckInAfterSilence
from agent.greeting.behaviours.close_conversation import CloseConversation
from agent.greeting.behaviours.end_monologue import EndMonologue
from agent.greeting.behaviours.fall_back_to_text import FallBackToText
from agent.greeting.behaviours.fall_back_to_voice import FallBackToVoice
from agent.greeting.behaviours.finish_reply import FinishReply
from agent.greeting.behaviours.limit_time import LimitTime
from agent.greeting.behaviours.record_with_consent import RecordWithConsent
from agent.greeting.behaviours.recover_recognition import RecoverRecognition
from agent.greeting.behaviours.repeat_after_return import RepeatAfterReturn
from agent.greeting.behaviours.repeat_lost_line import RepeatLostLine
from agent.greeting.behaviours.use_chosen_name import UseChosenName
from agent.greeting.greeting import Greeting

BEHAVIOURS: Final[tuple[Callable[[Greeting], object], ...]] = (
    FallBackToVoice,
    FallBackToText,
    RepeatLostLine,
    RepeatAfterReturn,
    AnswerTypedText,
    UseChosenName,
    RecoverRecognition,
    ApologiseWithoutReply,
    CheckInAfterSilence,
    AnswerOpenTurn,
    EndMonologue,
    FinishReply,
    LimitTime,
    CloseConversation,
    RecordWithConsent,
)
