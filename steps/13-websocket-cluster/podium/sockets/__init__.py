"""Push: what happens in a talk reaches who is connected, without being asked for."""
