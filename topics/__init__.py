"""What Kafka topics exist and how each is set up: one YAML file per topic, its loader and its creator.

`spec.all_topics()` gives them all, checked; `admin` creates them on a broker and reports where it differs.
"""
