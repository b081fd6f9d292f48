"""What runs attempts: threads and warm worker processes, and the one way in which a program is started."""
