"""`make new-step`: the frame of one more step, with a mark wherever something is to be written."""
