"""What all pages share: the frame, the style, the page for errors."""
