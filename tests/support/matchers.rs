//! Matchers of tests: to make one takes longer than all that a test does with it.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use stagewatch::{
    api::job::{Pattern, ProfileName},
    core::logs::Matcher,
};

/// The matcher of a container, made once for each and its patterns.
pub fn matcher(profile: ProfileName, patterns: &[Pattern], container: &str) -> Arc<Matcher> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Matcher>>>> = LazyLock::new(Mutex::default);
    let key = format!("{profile:?} {container} {patterns:?}");
    let mut made = MADE.lock().unwrap();
    let make = || Arc::new(Matcher::compile(profile, patterns, container).unwrap());
    Arc::clone(made.entry(key).or_insert_with(make))
}
