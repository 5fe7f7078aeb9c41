"""The hotlist as a matcher holds it: who is wanted, found by what cameras may have made of the plate."""
