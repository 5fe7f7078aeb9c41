"""Traffic of a large city or a country by columns: a hundred thousand encoded reads a second from a seed, with truth.

`plan` says what is simulated; `geography` who lives where, `vehicles` what they are; `demand` when they set out;
`network` and `driving` move them along the roads; `watching` tells what the cameras make of them, `texts` how plates
are read; `encoding` makes the messages; `traffic` is where it comes together, window of event time by window.
"""
