"""The process of the stand-ins with which tests control them."""
