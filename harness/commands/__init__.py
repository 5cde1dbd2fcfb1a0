"""The commands, one module for each reader: parse, call one function, print, choose the exit code."""
