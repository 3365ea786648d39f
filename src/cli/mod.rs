//! One file a command: what each prints, and with which code it ends.

pub mod crds;
pub mod validate;

/// What a command that only computes has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// For stdout.
    pub text: String,
    /// For the shell.
    pub code: u8,
}
