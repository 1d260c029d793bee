//! GetResourcePolicy, PutResourcePolicy, DeleteResourcePolicy, ValidateResourcePolicy: who else may do what with a secret.
//!
//! What a policy allows or denies is decided with every operation on its secret: `secret_access.rs`.

mod delete;
mod get;
mod put;
mod validate;

pub use delete::{DeleteResourcePolicy, DeleteResourcePolicyInput};
pub use get::{GetResourcePolicy, GetResourcePolicyInput};
pub use put::{PutResourcePolicy, PutResourcePolicyInput};
pub use validate::{ValidateResourcePolicy, ValidateResourcePolicyInput};
