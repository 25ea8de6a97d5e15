"""The same rooms on a Kubernetes cluster. Tried against a stand-in for the API, never on a cluster."""
