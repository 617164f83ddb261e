"""Who may do what: accounts, passwords, roles and sessions."""
