"""The six scenes of the errand, in their order."""
