"""Update sets: written, read, and the hand-over beside them."""
