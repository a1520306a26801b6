"""What all calls of the API share: how input is read, how errors look, the statistics."""
