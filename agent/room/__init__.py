"""The LiveKit room: the page contract, the trainee, and the server API of one room."""
