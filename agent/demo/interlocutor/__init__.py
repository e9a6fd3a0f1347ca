"""A scripted interlocutor: plays the model of the demo well enough to be worth talking to.

In English, Spanish, French and German it answers from what the instruction says, asks the script's
questions and calls the declared functions. It understands by patterns, says when it does not know,
and refuses to invent facts about anybody's training. The same conversation gets the same reply.
"""

from agent.demo.interlocutor.brief import Facts
from agent.demo.interlocutor.conversation import Reply, Response, ToolCall, Turn
from agent.demo.interlocutor.model import reply

__all__ = ["Facts", "Reply", "Response", "ToolCall", "Turn", "reply"]
