"""What the interlocutor understands and says in each language; nothing in here decides anything."""

from agent.demo.interlocutor.tongue.english import ENGLISH
from agent.demo.interlocutor.tongue.french import FRENCH
from agent.demo.interlocutor.tongue.german import GERMAN
from agent.demo.interlocutor.tongue.shape import Tongue
from agent.demo.interlocutor.tongue.spanish import SPANISH

TONGUES: dict[str, Tongue] = {t.language: t for t in (ENGLISH, SPANISH, FRENCH, GERMAN)}

__all__ = ["TONGUES", "Tongue"]
