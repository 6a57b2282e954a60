"""好差评: one honest rating per case and stage, follow-up of bad ones, numbers that name who did not rate."""
