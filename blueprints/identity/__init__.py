"""Logging in and out, phone number, real name; officers' login."""
