"""A synthetic London, written as the files that hospitals, practices and councils send."""
