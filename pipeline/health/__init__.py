"""Camera health: counts of reads against what is usual of each camera. Pure: no clock, no network."""
