//! The Query protocol of IAM and STS: form-encoded requests, XML answers.
