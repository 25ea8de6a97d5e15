"""Buckets and policies as code: who of the gateway's parts may do what in S3."""
