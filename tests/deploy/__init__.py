"""The production files: compose file, image, Prometheus, Grafana. No Docker engine is needed."""
