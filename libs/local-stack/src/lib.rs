//! Runs Postgres and Apache Kafka from the machine's own binaries, for dev and tests.
