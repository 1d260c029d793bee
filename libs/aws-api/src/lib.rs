//! The wire, errors, operations and the one request pipeline.
