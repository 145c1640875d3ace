"""The web half: stores, shares, authorises, runs and streams designs. It contains no simulation."""
