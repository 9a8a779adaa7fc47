"""The JSON of every command as types, from which its schema and its documentation are made.

No command needs these types to run: the schemas that they make ship as files in ``schema/json``.
"""
