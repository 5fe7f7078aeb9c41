"""What registers tell of plates, as a judge holds it: millions of vehicles, day passes, permits."""
