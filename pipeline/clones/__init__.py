"""One plate on two vehicles: what is kept of passages, what can not be of one car, and how likely it is no misread."""
