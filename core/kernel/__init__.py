"""The ground floor: values, the clock, languages, settings, logs, the ledger. It imports nothing of Plenaria but itself."""
