"""The dozen or two operations that a component's path is made of."""
