"""The argument, from runs: experiments as a table, runs that resume, verdicts by rule, and the report made of them.

`ltm evidence` runs what is missing and writes the report. Nothing in the report is written by hand but questions,
rules, and what others have published.
"""
