//! Telling people: a message that is made goes out, and comes back as what became of it.

pub mod telegram;
