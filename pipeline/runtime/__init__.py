"""The loop that carries every stage: consume → stage → produce → flush → commit. Knows Kafka, knows no plate."""
