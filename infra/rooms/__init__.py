"""What rooms are made with on this machine."""
