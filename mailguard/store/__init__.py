"""The ledger: tables, migrations and queries. Rows never leave; domain values do."""
