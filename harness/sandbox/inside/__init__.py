"""What runs inside a sandbox before the script does."""
