"""`bench pages`: what a page costs in process, session and database included, however much there is."""
