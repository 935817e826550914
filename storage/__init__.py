"""Rows: models, queries, transactions, migrations. Knows no Telegram and no HTTP."""
