"""Starts the whole of 掌上办 on one machine: embedded servers, sandboxes, web, workers, scheduler."""
