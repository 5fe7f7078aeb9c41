"""Questions of investigators: who was at several scenes, who travels with whom, what passed, two ways compared."""
