"""The one schema everything derives from: tables, columns, public domains and grids, code lists."""
