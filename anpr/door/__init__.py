"""The ingest door: cameras and patrol cars upload reads and frames over HTTP (docs/ingest.md, docs/decisions/0037)."""
