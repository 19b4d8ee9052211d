"""One module a scenario; tests/fault/run --list shows them."""
