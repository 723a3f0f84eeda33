"""What an integration needs, as strict models read from `templates/packs/<name>/`."""
