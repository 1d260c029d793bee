//! #[derive(Input)]: a request shape with AWS's constraints.
