"""Pure reasoning about access: which policy wins, which ACLs and roles open a table."""
