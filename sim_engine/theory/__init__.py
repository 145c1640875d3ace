"""What formulas say, beside what was measured."""
