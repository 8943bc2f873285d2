"""The demo: a house with people in it, made through the operations that everybody uses."""
