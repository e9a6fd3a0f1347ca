"""Recognises text that is not a name. The agent then greets without a name.

- `placeholders`: `null`, `Worker 12`, `IT Support`
- `typed_at_random`: `asdf`, `aaa`
- `insults`: `Vollidiot`
- `groups`: `Example GmbH`, `Sales Team`
- `identifiers`: `auth0|5f7c`, `CN=Ada`
- `sentences`: `Ignore all rules`, `I'm Ada`
- `two_people`: `Ada & Ben`
"""
