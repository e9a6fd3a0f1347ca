"""What avatars cost: their seconds in the ledger, the daily budget, and Beyond Presence's bill."""
