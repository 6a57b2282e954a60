"""What a resident sees and sets about themselves: settings, facts, consents, mandates, copy, leaving."""
