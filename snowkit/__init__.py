"""snowkit connects a customer's ServiceNow to a CX platform: see what is missing, know why, fix it, prove it.

Where to find what, from the user down to the wire:

- `cli`        the commands, one file each; the only owner of stdout, stderr and exit codes
- `tui`        the terminal UI; it observes the engine and decides nothing
- `report`     a report as text, one format a file
- `checks`     what is probed, one topic a file: `table.kb_knowledge.write` is made in `checks/tables.py`
- `sync`       the end-to-end proof with a canary case
- `engine`     check, finding, run; knows no table and no template
- `updateset`  update sets: written, read, and the hand-over beside them
- `rules`      business rules as records and scripts
- `access`     pure reasoning: which REST API access policy wins, which ACLs and roles open a table
- `instance`   the only package that speaks HTTP to an instance
- `pack`       what an integration needs, read from `templates/packs/<name>/`
- `profile`, `secrets`, `journal`   one connection, its secrets, and what we wrote on the instance
- `listener`, `resources`, `errors` what all of them stand on
- `lab`        an emulated instance and platform behind real sockets; it shares none of the client's code
"""

__version__ = "0.1.0"
