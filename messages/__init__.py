"""Words, and rules about words: pure functions and values. No database, no network, no clock, no environment."""
