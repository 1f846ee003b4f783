"""One verb a file: plain functions whose collaborators and ``now`` come in as arguments."""
