//! AWS Signature Version 4: canonical form, signing, verification; pure.
