"""Stages, vision engines, matching, law and the runtime that carries them."""
