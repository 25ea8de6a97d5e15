"""The reference: a page of Flask that asks nobody anything, about as long as a short page of ours."""

from flask import Flask

WORDS = "<!DOCTYPE html><html lang=en><title>Bare</title><p>" + "This page knows nothing. " * 250

application = Flask(__name__)


@application.get("/")
def page() -> str:
    """The same words for everybody."""
    return WORDS
