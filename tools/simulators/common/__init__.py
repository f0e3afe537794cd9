"""What the simulators share: sockets, faults, switches, clock, request journal, control endpoint, process."""
