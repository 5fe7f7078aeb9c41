"""The program: settings, command line, embedded parts, wiring of stages into workers."""
