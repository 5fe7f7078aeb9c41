"""Cases: hits of one vehicle become one thing that somebody must deal with. Pure: no clock, no network, no Faust."""
