"""Reading plates: picture bytes to frames, frames to plate readings, behind exchangeable engines."""
