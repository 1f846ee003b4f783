"""What AWS is told, and the same on a laptop."""
