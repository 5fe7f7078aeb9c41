"""A believable past of a city's passages, by columns: hundreds of thousands of rows a second from a seed.

`plan` says how many days, cameras and vehicles so many rows are; `trips` drives; `plates` spells; `garble` misreads;
`passages` tells what the pipeline would have told of it.
"""
