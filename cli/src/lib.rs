//! The keywright command.
