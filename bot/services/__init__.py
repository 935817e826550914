"""Use-cases: plain functions that check permission and state, change rows and return a value.

They never commit, await or read a clock; entry points call them through the runtime's door.
"""
