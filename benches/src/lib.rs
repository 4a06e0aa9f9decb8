//! Placeholder until its issue is done.
