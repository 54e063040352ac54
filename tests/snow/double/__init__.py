"""A double of Snowflake for the tests: fakesnow translates and runs queries, and what stands here enforces who may do what.

account.py     what the account knows: users, roles, grants, policies, stages, external tables
governing.py   the statements about those, a closed list
reading.py     queries, with masks and row policies put into them, and refused where a right is missing
server.py      what the client speaks with; a statement that nobody knows is an error, never a success

Where it stands for Snowflake it is our reading of the documentation. Not emulated: the rights of a policy's owner on what its body reads,
row policies on the rows that UPDATE, DELETE and MERGE touch, sessions of temporary tables, time travel, tags, costs.
"""
