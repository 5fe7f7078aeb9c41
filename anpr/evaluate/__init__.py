"""Measuring engines on labelled pictures: labels in, figures and a sheet of the failures out."""
