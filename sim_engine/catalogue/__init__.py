"""What a component declares, and the catalogue made of the declarations."""
