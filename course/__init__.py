"""The courseware's own tool: runs, compares and verifies the steps."""
