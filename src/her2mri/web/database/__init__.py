"""What the reading room keeps: tables, connections and migrations, the same on SQLite and PostgreSQL."""
