//! The real stack through official clients; the load generator.
