//! What people do often, and the real parts that the live tests run against.
//!
//! The binary is `cargo xtask`; the library is for the live tests, which find their parts by [`rig::Rig::from_env`].

pub mod rig;
pub mod say;
