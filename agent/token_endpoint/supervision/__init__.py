"""Background tasks that repair dispatches and remove orphaned avatars."""
