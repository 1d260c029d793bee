//! The event record, the journal, the relay to Kafka and the sources to read from.
