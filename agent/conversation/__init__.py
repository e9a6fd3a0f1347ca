"""What is said: the agent, its function tools and the answers it records."""
