//! The params service.
