"""What a platform says about one greeting: who is greeted, for which training, in which language.

The project provides one function and names it in TRAINING_GREETER_GREETING:

    def greeting(request: HttpRequest, session_id: str) -> Greeting | None:
        session = TrainingSession.objects.filter(pk=session_id, trainee=request.user).first()
        return session and Greeting.of(request.user, session, continue_url=session.video_url)

It decides who may see which session: `None` means that this trainee has no such session.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Greeting:
    """The fields of one greeting. All are optional except `trainee_id`.

    They come from the platform's database, never from the browser. See the token endpoint's
    documentation (docs/integration.md, "Fields") for their meaning.
    """

    trainee_id: Any
    """The platform's id of the trainee: an integer, a UUID or text."""
    trainee_name: str = ""
    """The name that the agent speaks, usually the first name. Do not use a username."""
    role: str = ""
    industry: str = ""
    training_type: str = ""
    locale: str = ""
    """BCP 47 tag of the trainee's language, such as `es` or `de-CH`."""
    continue_url: str = ""
    """Address of the training video."""
    consent_transcript: bool = False
    """The trainee agreed that the text of the conversation is kept."""
    consent_recording: bool = False
    """The trainee agreed that both voices are recorded."""

    @classmethod
    def of(cls, trainee: Any, session: Any, **others: Any) -> Greeting:
        """Take the fields from the session's attributes with the same names, if there are any.

        Args:
            trainee: the user; the agent speaks their `first_name`.
            session: your model of a training session.
            others: fields with another name in your model.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        known = {name: getattr(session, name) for name in names if hasattr(session, name)}
        known |= {"trainee_id": trainee.pk, "trainee_name": getattr(trainee, "first_name", "")}
        return cls(**(known | others))

    def fields(self) -> dict[str, Any]:
        """Return the request body, which is also the JWT's claims, without empty fields."""
        texts = {
            "role": self.role,
            "industry": self.industry,
            "training_type": self.training_type,
            "locale": self.locale,
            "continue_url": self.continue_url,
        }
        return {
            "trainee": {"id": str(self.trainee_id), "name": self.trainee_name},
            "consent": {"transcript": self.consent_transcript, "recording": self.consent_recording},
            **{name: text for name, text in texts.items() if text},
        }
