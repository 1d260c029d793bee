//! The derive and the checks together.
