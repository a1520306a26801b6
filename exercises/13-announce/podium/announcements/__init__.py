"""What an organiser says to the people of a talk."""
