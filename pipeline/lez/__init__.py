"""Low-emission-zone law: rules as data, decided for the moment of the passage as known at a moment."""
