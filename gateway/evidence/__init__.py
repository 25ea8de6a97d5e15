"""Pure proofs: packages, the audit chain, commitments. Imports nothing of ours."""
