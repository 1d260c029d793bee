//! Query requests and answers.

mod answers;
mod requests;
