"""What is kept: the database, files, the record of changes, the outbox, signing keys."""
