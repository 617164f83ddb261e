"""What every written result shares: a folder that appears whole, tables and numbers as read, the page's look."""
