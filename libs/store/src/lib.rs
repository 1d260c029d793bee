//! Postgres: pool, TLS, migrations, transactions with outbox, change notifications.
